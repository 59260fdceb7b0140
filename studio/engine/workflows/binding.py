"""Where a parameter's value comes from when it is not fixed: an input port, a variable of the workflow, or an expression."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from studio.engine.text import Text

BindingKind = Literal["port", "variable", "expression"]

KINDS: dict[BindingKind, Text] = {
    "port": Text("From a port", "来自端口"),
    "variable": Text("From a variable", "来自变量"),
    "expression": Text("Expression", "表达式"),
}


class Binding(BaseModel):
    """`value` names the variable or is the expression; a port has none: it is called like the parameter.

    In an expression `variables.name` is a variable; any other name is an input of the step.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: BindingKind
    value: str = ""
