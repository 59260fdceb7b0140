"""A value set for later steps, later turns of a conversation, or later runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from studio.engine.errors import BadParameter
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.remembering import Scope, by, scope_param, through
from studio.engine.workflows.values import as_words, plain

Way = Literal["set", "append", "add", "merge", "clear"]


class SetVariableParams(Params):
    name: str = param("value", Text("Variable", "变量"), min_length=1, max_length=200)
    scope: Scope = scope_param("workflow")
    way: Way = param(
        "set", Text("How", "方式"),
        choices={
            "set": Text("Set", "设置"), "append": Text("Append to a list", "追加到列表"), "add": Text("Add a number", "累加数字"),
            "merge": Text("Merge into an object", "合并到对象"), "clear": Text("Clear", "清除"),
        },
    )  # fmt: skip


@node(
    title=Text("Set variable", "设置变量"),
    category="control",
    icon="variable",
    doc=Text("Keeps a value under a name, for later steps or later runs.", "以名称保存一个值，供后续节点或运行使用。"),
    cached=False,
    summary=lambda params: params.name,
)
async def set_variable(
    context: Context, params: SetVariableParams, /, value: Annotated[Anything, Text("Value", "值")] = None
) -> Anything:
    """Change it, on disk when this is done, and give what it is now. A run that goes on after a crash changes nothing twice.
    `BadParameter` says where a value does not fit the way."""
    given = plain(value)
    what = {"scope": params.scope, "variable": params.name, "way": params.way, "value": given}
    return await through(
        context,
        what,
        lambda memory, owner: memory.change(owner, params.name, by(context), lambda now: changed(now, given, params)),
    )


def changed(now: Any, given: Any, params: SetVariableParams) -> Any:
    """The new value of a variable that is `now`; None counts as nothing yet."""
    if params.way == "set":
        return given
    if params.way == "clear":
        return None
    if params.way == "append":
        return [*_fits(now, list, [], params), *(given if isinstance(given, list) else [given])]
    if params.way == "merge":
        return {**_fits(now, dict, {}, params), **_fits(given, dict, {}, params)}
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise _unfit(given, params)
    return _fits(now, (int, float), 0, params) + given


def _fits(value: Any, kind: Any, empty: Any, params: SetVariableParams) -> Any:
    if value is None:
        return empty
    if not isinstance(value, kind):
        raise _unfit(value, params)
    return value


def _unfit(value: Any, params: SetVariableParams) -> BadParameter:
    shown = as_words(value)[:60]
    return BadParameter(
        Text(
            f"“{params.name}” cannot “{params.way}” with: {shown}",
            f"变量“{params.name}”无法以“{params.way}”方式处理：{shown}",
        )
    )
