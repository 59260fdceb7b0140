"""Asking a model for an answer, or for an object of a wanted shape that is checked and asked for again."""

from __future__ import annotations

import json
from typing import Any

from studio.engine.errors import StudioError, Unavailable
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.find_json import find_json

TRIES = 3

Messages = list[dict[str, Any]]
Usage = dict[str, Any]


async def complete(context: Context, model: str, messages: Messages, **options: Any) -> tuple[str, Usage]:
    """The whole answer of a model, and the tokens that it took."""
    text = ""
    usage: Usage = {}
    async for piece in context.models.chat(model, messages, **options):
        text += piece.text or ""
        usage = as_usage(getattr(piece, "usage", None)) or usage
    return text, usage


async def shaped(
    context: Context, model: str, instruction: str, text: str, schema: dict[str, Any], **options: Any
) -> tuple[Any, Usage]:
    """An object that holds to a JSON schema. What does not is shown to the model with the reason, three times at most;
    `Unavailable` has its last words."""
    import jsonschema

    told = f"{instruction}\n\nAnswer with JSON only, of this schema:\n{json.dumps(schema, ensure_ascii=False)}"
    messages: Messages = [{"role": "system", "content": told}, {"role": "user", "content": text}]
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    whole: Usage = {}
    said = why = ""
    for _ in range(TRIES):
        said, usage = await complete(context, model, messages, temperature=0.0, response_format=wanted, **options)
        whole = {name: whole.get(name, 0) + count for name, count in usage.items() if isinstance(count, int)}
        try:
            found = find_json(said)
            jsonschema.validate(found, schema)
        except (StudioError, jsonschema.ValidationError) as error:
            why = error.message.en if isinstance(error, StudioError) else error.message
            context.log(f"the answer does not fit: {why[:200]}")
            messages = [
                *messages[:2],
                {"role": "assistant", "content": said},
                {"role": "user", "content": f"That does not fit: {why[:500]}. Answer again, with JSON only."},
            ]
            continue
        return found, whole
    raise Unavailable(
        Text(f"The model gave no answer of the wanted shape: {why[:200]}", f"模型未给出符合要求的结果：{why[:200]}"),
        Text("Take a larger model or a simpler schema.", "请使用更大的模型或更简单的结构。"),
        details=said[:2_000],
    )


def as_usage(usage: Any) -> Usage:
    """The tokens of an answer as plain numbers."""
    if usage is None:
        return {}
    if isinstance(usage, dict):
        return usage
    dump = getattr(usage, "model_dump", None)
    return dict(dump()) if dump else {key: value for key, value in vars(usage).items() if not key.startswith("_")}
