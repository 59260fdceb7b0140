"""Where a run begins: the fields that it is given."""

from __future__ import annotations

from typing import Any

from studio.engine.errors import BadParameter
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports
from studio.engine.workflows.node import FIELD_TITLES, Asked, StartField, node
from studio.engine.workflows.run_files import FILE_TYPES, given_files
from studio.engine.workflows.values import convert


class StartParams(Params):
    fields: list[StartField] = param(
        [StartField(name="question")],
        Text("Fields", "字段"),
        help=Text(
            "Each field is an output and is asked for when the run starts.", "每个字段都是一个输出，运行开始时填写。"
        ),
        choices=FIELD_TITLES,
    )


def start_ports(params: StartParams) -> Ports:
    fields = _fields(params)
    return Ports(outputs=[Port(name=f.name, type=f.port_type, title=f.title or Text.same(f.name)) for f in fields])


def _fields(params: StartParams) -> list[StartField]:
    return [field if isinstance(field, StartField) else StartField.model_validate(field) for field in params.fields]


@node(
    title=Text("Start", "开始"),
    category="sources",
    icon="circle-play",
    doc=Text("Asks for the fields of a run and hands them on.", "运行开始时填写字段，并传给后续节点。"),
    cached=False,
    ports=start_ports,
    asks=lambda params: Asked(_fields(params)),
    summary=lambda params: ", ".join(field.name for field in params.fields),
)
async def start(context: Context, params: StartParams) -> None:
    """Hand on what the run was given, with defaults for what was left out; `BadParameter` names a missing field."""
    return {field.name: given(field, context.inputs) for field in params.fields}  # type: ignore[return-value]


def given(field: StartField, inputs: dict[str, Any]) -> Any:
    """What a run was given for a field, as its type; its default where that is nothing."""
    value = inputs.get(field.name)
    if value is None:
        value = field.default
    if field.type in FILE_TYPES:
        value = given_files(field.name, value, several=field.type == "files") or None
    if value is None and field.required:
        raise BadParameter(
            Text(f"The field “{field.name}” is empty.", f"字段“{field.name}”为空。"),
            Text("Fill it in and start the run again.", "请填写后重新运行。"),
        ).fixed_by("inputs", field.name)
    return convert(value, field.port_type) if value is not None else None
