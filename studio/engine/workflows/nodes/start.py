"""Where a run begins: the fields that it is given."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from studio.engine.errors import BadParameter
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports
from studio.engine.workflows.node import node
from studio.engine.workflows.values import convert

FieldType = Literal["text", "number", "boolean", "json", "any"]


class StartField(BaseModel):
    """One thing that whoever starts the run fills in."""

    model_config = ConfigDict(extra="forbid")

    name: str
    type: FieldType = "text"
    title: Text | None = None
    default: Any = None
    required: bool = True


class StartParams(Params):
    fields: list[StartField] = param(
        [StartField(name="question")],
        Text("Fields", "字段"),
        help=Text(
            "Each field is an output and is asked for when the run starts.", "每个字段都是一个输出，运行开始时填写。"
        ),
    )


def start_ports(params: StartParams) -> Ports:
    fields = [field if isinstance(field, StartField) else StartField.model_validate(field) for field in params.fields]
    return Ports(outputs=[Port(name=f.name, type=f.type, title=f.title or Text.same(f.name)) for f in fields])


@node(
    title=Text("Start", "开始"),
    category="sources",
    icon="circle-play",
    doc=Text("Asks for the fields of a run and hands them on.", "运行开始时填写字段，并传给后续节点。"),
    cached=False,
    ports=start_ports,
    summary=lambda params: ", ".join(field.name for field in params.fields),
)
async def start(context: Context, params: StartParams) -> None:
    """Hand on what the run was given, with defaults for what was left out; `BadParameter` names a missing field."""
    return {field.name: _value(field, context.inputs) for field in params.fields}  # type: ignore[return-value]


def _value(field: StartField, given: dict[str, Any]) -> Any:
    value = given.get(field.name)
    if value is None:
        value = field.default
    if value is None and field.required:
        raise BadParameter(
            Text(f"The field “{field.name}” is empty.", f"字段“{field.name}”为空。"),
            Text("Fill it in and start the run again.", "请填写后重新运行。"),
        )
    return convert(value, field.type) if value is not None else None
