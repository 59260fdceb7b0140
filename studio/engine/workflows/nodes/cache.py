"""The steps in a frame, done only where what they gave under the same key is not kept, or too old."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from studio.engine.params import Params, PromptLine, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.templates import fill

HOUR = 3_600


class CacheParams(Params):
    key: PromptLine = param(
        "{{value}}", Text("Key", "键"), min_length=1,
        help=Text("What is kept is found by this; {{value}} is what came in. Other wires into the frame are no part of it.", "按此键查找已保存的结果，{{value}} 为传入的值；其他连入框内的值不计入键。"),
    )  # fmt: skip
    hours: float = param(
        24.0,
        Text("Kept for", "保存时长"),
        ge=0,
        le=87_600,
        unit="h",
        help=Text("0 keeps it for good.", "0 表示一直保存。"),
    )
    results: list[str] = param(["result"], Text("Results", "结果"), min_length=1)
    shared: str = param(
        "", Text("Shared as", "共用名称"), max_length=200, advanced=True,
        help=Text(
            "Cache steps of that name share what they keep, in all workflows. Empty: this step alone, and only as long as the steps in it stay as they are.",
            "同名的缓存节点在所有工作流中共用结果。留空则仅限此节点，且框内节点更改后重新执行。",
        ),
    )  # fmt: skip


def cache_ports(params: CacheParams) -> Ports:
    names = [*dict.fromkeys(params.results)]
    return Ports(
        inner_outputs=[Port(name="value", type="any", title=Text("Value", "值"))],
        inner_inputs=[Port(name=name, type="any", title=Text.same(name), many=True, optional=True) for name in names],
        outputs=[
            *(Port(name=name, type="any", title=Text.same(name)) for name in names if name != "hit"),
            Port(name="hit", type="boolean", title=Text("Was kept", "命中")),
        ],
    )


@node(
    title=Text("Cache", "缓存"),
    category="control",
    icon="database-zap",
    doc=Text(
        "Does the steps inside the frame only where their result is not kept yet, or is too old.",
        "仅当结果尚未保存或已过期时，才运行框内的节点。",
    ),
    cached=False,
    frame=True,
    ports=cache_ports,
    summary=lambda params: params.key,
)
async def cache(
    context: Context, params: CacheParams, /, value: Annotated[Anything, Text("Value", "值")] = None
) -> None:
    """Give what is kept under the key, of whichever run, restart or face of the studio; else run the frame and keep what it gives.
    The log says which. Side effects in the frame do not happen either where it is kept; a frame that fails keeps nothing."""
    written = await fill(params.key, {"value": value})
    owner = (
        ["shared", params.shared] if params.shared else [await context.workflow_id(), context.step, context.contents()]
    )
    said = json.dumps(["cache", owner, written, params.results])
    key = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    shown = " ".join(written.split())[:60]
    found = await context.kept(key, params.hours * HOUR)
    if found is None:
        context.log(Text(f"not kept yet: {shown}", f"未命中：{shown}"))
        answer = await context.frame(0, {"value": value})
        found = {name: answer.get(name) for name in params.results}
        await context.keep(key, found)
        return {**found, "hit": False}  # type: ignore[return-value]
    context.log(Text(f"was kept: {shown}", f"命中：{shown}"))
    return {**found, "hit": True}  # type: ignore[return-value]
