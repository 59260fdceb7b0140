"""A run on its canvas, also where its workflow is in the trash or gone: the run keeps the graph that it ran with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from studio.engine.text import Text
from studio.engine.workflows.execution import Execution, Workflow
from studio.ui.widgets.ask import Ask

if TYPE_CHECKING:
    from studio.engine.workflows.service import Workflows
    from studio.ui.views.runs import Runs

Where = Literal["kept", "trash", "gone"]
RESTORE = Text("Restore", "恢复")
MAKE = Text("Make a workflow", "生成工作流")
IN_TRASH = Text("“{name}” is in the trash", "“{name}”在回收站中")
GONE = Text("“{name}” is not kept any more", "“{name}”已不再保存")
FIRST = Text("Restore the workflow to see this run on its canvas.", "恢复该工作流后即可在画布上查看此次运行。")
AGAIN = Text(
    "The run keeps the graph that it ran with: make a new workflow of it to see the run on its canvas.",
    "此次运行保留了当时的工作流图：可用它生成新的工作流，在画布上查看此次运行。",
)


def show_on_canvas(view: Runs, run: Execution, step: str = "") -> None:
    """Open its workflow with this run on it, or ask about bringing the workflow back first."""
    studio = view.studio

    def opened(workflow: Workflow) -> None:
        studio.open("workflow", workflow.id, execution=run.id, node=step or None)

    def found(where: Where) -> None:
        if where == "kept":
            studio.open("workflow", run.workflow_id, execution=run.id, node=step or None)
            return
        trashed, workflows = where == "trash", studio.engine.workflows
        title = (IN_TRASH if trashed else GONE).format(name=run.workflow_name or run.id)
        view.question = Ask(title, RESTORE if trashed else MAKE, FIRST if trashed else AGAIN, parent=studio.window)
        back = workflows.restore if trashed else lambda _: _made(workflows, run)
        view.question.accepted.connect(lambda: studio.bridge.run(view, back(run.workflow_id), opened))
        view.question.open()

    studio.bridge.run(view, _whereabouts(studio.engine.workflows, run.workflow_id), found)


async def _whereabouts(workflows: Workflows, workflow_id: str) -> Where:
    if any(one.id == workflow_id for one in await workflows.list()):
        return "kept"
    return "trash" if any(one.id == workflow_id for one in await workflows.trash()) else "gone"


async def _made(workflows: Workflows, run: Execution) -> Workflow:
    return await workflows.create(run.workflow_name, await workflows.definition(run.id))
