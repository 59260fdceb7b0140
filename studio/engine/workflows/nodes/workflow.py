"""Another workflow as one step of this one."""

from __future__ import annotations

from typing import Any

from studio.engine.errors import BadParameter
from studio.engine.params import Params, WorkflowRef, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Ports, any_port
from studio.engine.workflows.node import node


class WorkflowParams(Params):
    workflow: WorkflowRef = param(..., Text("Workflow", "工作流"))
    version: int | None = param(
        None, Text("Version", "版本"), ge=1, help=Text("Empty takes the newest.", "留空表示最新版本。")
    )
    inputs: list[str] = param(
        ["question"], Text("Inputs", "输入"), help=Text("Fields of its start.", "该工作流开始节点的字段。")
    )
    outputs: list[str] = param(
        ["answer"], Text("Outputs", "输出"), help=Text("Names of what it gives back.", "该工作流返回的内容。")
    )


def workflow_ports(params: WorkflowParams) -> Ports:
    return Ports(
        inputs=[any_port(name, optional=True) for name in params.inputs],
        outputs=[any_port(name) for name in params.outputs],
    )


@node(
    title=Text("Sub-workflow", "子工作流"),
    category="control",
    icon="workflow",
    doc=Text(
        "Runs another workflow, in the version you name, as one step.", "把另一个工作流（可指定版本）作为一个节点运行。"
    ),
    cached=False,
    ports=workflow_ports,
    summary=lambda params: params.workflow,
)
async def workflow(context: Context, params: WorkflowParams, /, **values: Any) -> None:
    """Run it to its end. It has a run of its own; after a crash that one goes on rather than begin again."""
    given = {name: value for name, value in values.items() if value is not None}
    found = await context.call_workflow(params.workflow, params.version, given)
    missing = [name for name in params.outputs if name not in found]
    if missing:
        raise BadParameter(
            Text(
                f"“{params.workflow}” gave no {', '.join(missing)}; it has: {', '.join(found) or 'nothing'}.",
                f"“{params.workflow}”没有返回 {'、'.join(missing)}；它返回：{'、'.join(found) or '无'}。",
            )
        )
    return {name: found[name] for name in params.outputs}  # type: ignore[return-value]
