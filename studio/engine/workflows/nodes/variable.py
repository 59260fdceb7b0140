"""A value that was set before: in this run, in the conversation, or in any run of the workflow."""

from __future__ import annotations

import json
from typing import Annotated, Any

from studio.engine.params import JsonText, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.remembering import Scope, scope_param, through


class VariableParams(Params):
    name: str = param("value", Text("Variable", "变量"), min_length=1, max_length=200)
    scope: Scope = scope_param("workflow")
    default: JsonText = param(
        "null", Text("If it was never set", "未设置时"), help=Text("JSON, or a text as it is.", "JSON，或直接写文本。")
    )


@node(
    title=Text("Get variable", "读取变量"),
    category="control",
    icon="square-function",
    doc=Text("Gives a value that was set before.", "给出之前设置的值。"),
    cached=False,
    summary=lambda params: params.name,
)
async def variable(
    context: Context, params: VariableParams, /, after: Annotated[Anything, Text("After", "先后次序")] = None
) -> Anything:
    """Read it when the step runs; a wire into `after` makes it wait for whatever sets the variable."""
    what = {"scope": params.scope, "variable": params.name}
    default = told(params.default)
    return await through(context, what, lambda memory, owner: memory.get(owner, params.name, default))


def told(text: str) -> Any:
    """A value as a person writes it: JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
