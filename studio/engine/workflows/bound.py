"""Parameters that are bound: the ports that this gives a step, what can be wrong with it, and their values in a run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from studio.engine import params as declared
from studio.engine.errors import Fix, StudioError
from studio.engine.params import ParamField
from studio.engine.text import Text
from studio.engine.workflows import expressions
from studio.engine.workflows.binding import Binding
from studio.engine.workflows.graph import Node, Port, PortType, Problem, any_port

if TYPE_CHECKING:
    from studio.engine.workflows.node import NodeType
    from studio.engine.workflows.plan import Step

VARIABLES = "variables"
PORT_TYPES: dict[str, PortType] = {
    "toggle": "boolean",
    "integer": "number",
    "number": "number",
    "list": "json",
    "pairs": "json",
    "fields": "json",
    "json": "json",
}


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound parameter, ready to run. `ports` are the inputs that are taken for it and for nothing else."""

    name: str
    binding: Binding
    port: str
    ports: tuple[str, ...]


def fixed_params(kind: NodeType, node: Node) -> dict[str, Any]:
    """The parameters without what is bound: a template that comes from elsewhere makes no ports."""
    if not node.bound:
        return node.params
    texts = [field.name for field in declared.fields_of(kind.params) if field.kind in ("editor", "text")]
    return {**node.params, **{name: "" for name in texts if name in node.bound}}


def bound_ports(kind: NodeType, node: Node, inputs: Iterable[Port]) -> list[Port]:
    """The inputs that a step has for its bound parameters, beside those it has anyway."""
    taken = {port.name for port in inputs}
    fields = {field.name: field for field in declared.fields_of(kind.params)}
    found: dict[str, Port] = {}
    for name, binding in node.bound.items():
        field = fields.get(name)
        if field is None:
            continue
        if binding.kind == "port":
            port = _port_name(name, taken)
            found[port] = Port(name=port, type=_port_type(field), title=field.title)
        elif binding.kind == "expression":
            asked = [wanted for wanted in _asked(binding.value) if wanted not in taken]
            found |= {wanted: any_port(wanted) for wanted in asked}
    return list(found.values())


def bound_of(kind: NodeType, node: Node) -> tuple[Bound, ...]:
    """The bound parameters of a step, for its plan."""
    fixed = kind.ports(fixed_params(kind, node)).inputs
    own = {port.name for port in fixed}
    extra = {port.name for port in bound_ports(kind, node, fixed)}
    made = []
    for name, binding in node.bound.items():
        port = _port_name(name, own) if binding.kind == "port" else ""
        asked = _asked(binding.value) if binding.kind == "expression" else [port]
        made.append(Bound(name, binding, port, tuple(wanted for wanted in asked if wanted in extra)))
    return tuple(made)


def resolved(step: Step, inputs: dict[str, Any], given: dict[str, Any]) -> tuple[Step, dict[str, Any]]:
    """The step with the values of its bound parameters, and the inputs that are left for its function.

    `given` are the variables of the run. Raises `Invalid` that names the parameter whose value does not hold.
    """
    values = dict(step.node.params)
    known = {**inputs, VARIABLES: given}
    for bound in step.bound:
        if bound.binding.kind == "port":
            values[bound.name] = inputs[bound.port]
        elif bound.binding.kind == "variable":
            values[bound.name] = given.get(bound.binding.value)
        else:
            values[bound.name] = expressions.evaluate(bound.binding.value, known)
    try:
        params = declared.check(step.type.params, values)
    except StudioError as error:
        error.fixed_by("edit", next(iter(declared.problems_in_words(step.type.params, values)), ""))
        raise
    used = {port for bound in step.bound for port in bound.ports}
    rest = {name: value for name, value in inputs.items() if name not in used}
    return replace(step, params=params, _said=None), rest


def problems_of(kind: NodeType, node: Node, variables: dict[str, Any]) -> Iterator[Problem]:
    """What is wrong with the bindings themselves."""
    if not node.bound:
        return
    fields = {field.name: field.title for field in declared.fields_of(kind.params)}
    for name, binding in node.bound.items():
        title = fields.get(name)
        if title is None:
            why = Text(f"It has no setting “{name}” to bind.", f"没有可绑定的设置“{name}”。")
            yield _problem(node, why, Fix("unbind", name))
            continue
        wanted = [binding.value] if binding.kind == "variable" else _variables(binding)
        for variable in wanted:
            if variable not in variables:
                why = Text(
                    f"{title.en}: there is no variable “{variable}”.", f"{title.zh}：没有名为“{variable}”的变量。"
                )
                yield _problem(node, why, Fix("variable", variable) if variable else Fix("edit", name))
        if binding.kind == "expression" and not _parses(binding.value):
            why = Text(f"{title.en}: the expression does not parse.", f"{title.zh}：表达式有语法错误。")
            yield _problem(node, why, Fix("edit", name))


def _port_name(name: str, taken: set[str]) -> str:
    return f"{name}_value" if name in taken else name


def _port_type(field: ParamField) -> PortType:
    return PORT_TYPES.get(field.kind, "text")


def _asked(expression: str) -> list[str]:
    """The inputs that an expression asks for."""
    return [name for name in expressions.names(expression) if name != VARIABLES]


def _variables(binding: Binding) -> list[str]:
    """The variables that an expression speaks of."""
    if binding.kind != "expression" or not _parses(binding.value):
        return []
    return [
        part.attr
        for part in ast.walk(ast.parse(binding.value.strip(), mode="eval"))
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == VARIABLES
    ]


def _parses(expression: str) -> bool:
    try:
        ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _problem(node: Node, message: Text, fix: Fix) -> Problem:
    return Problem(node_id=node.id, message=message, fix=fix)
