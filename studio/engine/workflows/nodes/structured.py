"""An object of a wanted shape, made of a text by a model."""

from __future__ import annotations

import json
from typing import Annotated, Any, NamedTuple

from studio.engine.errors import Invalid
from studio.engine.params import ModelRef, Params, PromptText, SchemaText, param
from studio.engine.text import Text
from studio.engine.workflows.asking import shaped
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Json, node

SCHEMA = Text("JSON schema", "JSON 结构")
EXAMPLE = '{"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}'


class StructuredParams(Params):
    model: ModelRef = param("default", Text("Model", "模型"))
    instruction: PromptText = param("Answer about the text.", Text("Instruction", "指令"))
    json_schema: SchemaText = param(EXAMPLE, SCHEMA)


class Shaped(NamedTuple):
    """The object, and the tokens it took."""

    value: Annotated[Json, Text("Value", "值")]
    usage: Annotated[Json, Text("Usage", "用量")]


async def model_state(context: Context, params: Any) -> str:
    """What a cached answer depends on beside its inputs: which model the name means."""
    return str((await context.models.get(params.model)).id)


def schema_of(text: str) -> dict[str, Any]:
    """A JSON schema that was typed; `Invalid` says what is wrong with it."""
    import jsonschema

    try:
        found = json.loads(text)
        jsonschema.validators.validator_for(found).check_schema(found)
    except (ValueError, jsonschema.SchemaError, TypeError, AttributeError) as error:
        raise Invalid(
            Text(f"The JSON schema does not hold: {str(error)[:200]}", f"JSON 结构无效：{str(error)[:200]}")
        ) from error
    return dict(found)


@node(
    title=Text("Structured output", "结构化输出"),
    category="generate",
    icon="file-json",
    doc=Text("Lets a model answer with an object that holds to a JSON schema.", "让模型返回符合 JSON 结构的对象。"),
    fingerprint=model_state,
    summary=lambda params: params.model,
)
async def structured(text: Annotated[str, Text("Text", "文本")], context: Context, params: StructuredParams) -> Shaped:
    """Ask, check against the schema, and ask again with the reason where it does not hold."""
    return Shaped(*await shaped(context, params.model, params.instruction, text, schema_of(params.json_schema)))
