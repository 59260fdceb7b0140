"""Asking a model for an answer, or for an object of a wanted shape that is checked and asked for again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.engine.errors import BadParameter, StudioError, Unavailable
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.find_json import find_json

TRIES = 3

Messages = list[dict[str, Any]]
Usage = dict[str, Any]


async def complete(context: Context, model: str, messages: Messages, **options: Any) -> tuple[str, Usage]:
    """The whole answer of a model, and the tokens that it took."""
    said = Said()
    async for piece in context.models.chat(model, messages, **options):
        said.take(piece)
    return said.text, said.usage


@dataclass(slots=True)
class Said:
    """A whole answer. `value` is what it was to be read as: its words, or what holds to a schema. `cut` says that it ended at
    its limit."""

    text: str = ""
    reasoning: str = ""
    usage: Usage = field(default_factory=dict)
    cut: bool = False
    value: Any = None

    def take(self, piece: Any) -> None:
        """One more piece of it."""
        self.text += piece.text or ""
        self.reasoning += getattr(piece, "reasoning", "") or ""
        self.usage = as_usage(getattr(piece, "usage", None)) or self.usage
        self.cut = self.cut or getattr(piece, "finish_reason", None) == "length"


async def saying(pieces: AsyncIterator[Any]) -> AsyncIterator[str | Said]:
    """The words of an answer as they come, the whole of it last."""
    said = Said()
    async for piece in pieces:
        said.take(piece)
        if piece.text:
            yield piece.text
    said.value = said.text
    yield said


async def shaped(
    context: Context, model: str, instruction: str, text: str, schema: dict[str, Any], **options: Any
) -> tuple[Any, Usage]:
    """An object that holds to a JSON schema. What does not is shown to the model with the reason, three times at most;
    `Unavailable` has its last words."""
    messages: Messages = [{"role": "system", "content": told(instruction, schema)}, {"role": "user", "content": text}]
    async for piece in shaping(context, model, messages, schema, temperature=0.0, **options):
        if isinstance(piece, Said):
            return piece.value, piece.usage
    raise AssertionError  # it ends with what was said, or an error


async def chosen(
    context: Context,
    model: str,
    instruction: str,
    text: str,
    choices: dict[str, str],
    *,
    key: str,
    examples: Sequence[str] = (),
) -> str:
    """The name of the choice that a model takes for a text; each has what it is for. What the text says is not followed."""
    lines = [f"- {name}: {about}" for name, about in choices.items()]
    schema = {"type": "object", "properties": {key: {"enum": list(choices)}}, "required": [key]}
    found, _ = await shaped(context, model, "\n".join([instruction, *lines, *examples]), between_marks(text), schema)
    return str(found[key])


def between_marks(text: str) -> str:
    """A text as data: an instruction that speaks of “the text between the marks” says that it is not to be followed."""
    return f"<text>\n{text}\n</text>"


def told(instruction: str, schema: dict[str, Any] | None) -> str:
    """The instruction with what the answer has to look like."""
    if schema is None:
        return f"{instruction}\n\nAnswer with JSON only.".strip()
    return f"{instruction}\n\nAnswer with JSON only, of this schema:\n{json.dumps(schema, ensure_ascii=False)}"


async def shaping(
    context: Context, model: str, messages: Messages, schema: dict[str, Any] | None, **options: Any
) -> AsyncIterator[str | Said]:
    """The words of all tries as they come, the last one whole at the end, with their tokens; without a schema any JSON will do. The backend writes under
    the schema's grammar where it can. Tries and errors are those of `shaped`; one that was cut short names the limit."""
    whole: Usage = {}
    talk, said, why = messages, Said(), Text.same("")
    for number in range(TRIES):
        if number:
            yield "\n"
        async for piece in saying(context.models.chat(model, talk, response_format=_form(schema), **options)):
            if isinstance(piece, Said):
                said = piece
            else:
                yield piece
        whole = {name: whole.get(name, 0) + count for name, count in said.usage.items() if isinstance(count, int)}
        try:
            said.value, said.usage = _read(said.text, schema), whole
        except StudioError as error:
            if said.cut and options.get("max_tokens"):
                raise _cut(int(options["max_tokens"]), said.text) from error
            why = Text(error.message.en[:200], error.message.zh[:200])
            context.log(Text("the answer does not fit: {why}", "回答不符合要求：{why}").format(why=why))
            again = f"That does not fit: {error.message.en[:500]}. Answer again, with JSON only."
            talk = [*messages, {"role": "assistant", "content": said.text}, {"role": "user", "content": again}]
            continue
        yield said
        return
    raise _no_shape(why, said.text)


def _form(schema: dict[str, Any] | None) -> dict[str, Any]:
    if schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}


def _read(said: str, schema: dict[str, Any] | None) -> Any:
    """The JSON of an answer, or a `StudioError` that says how it does not fit."""
    import jsonschema

    found = find_json(said)
    try:
        jsonschema.validate(found, {} if schema is None else schema)
    except jsonschema.ValidationError as error:
        raise BadParameter(Text.same(error.message)) from error
    return found


def _no_shape(why: Text, said: str) -> StudioError:
    return Unavailable(
        Text("The model gave no answer of the wanted shape: {why}", "模型未给出符合要求的结果：{why}").format(why=why),
        Text("Take a larger model or a simpler schema.", "请使用更大的模型或更简单的结构。"),
        details=said[:2_000],
    ).fixed_by("model")


def _cut(limit: int, said: str) -> StudioError:
    return Unavailable(
        Text(
            f"The answer was cut at {limit:,} tokens, before its JSON ended.",
            f"回答在 {limit:,} 个词元处被截断，JSON 不完整。",
        ),
        Text("Raise “Max new tokens”, or ask for less.", "请增大“最多生成词元”，或减少所要的内容。"),
        details=said[:2_000],
    ).fixed_by("edit", "max_tokens")


def as_usage(usage: Any) -> Usage:
    """The tokens of an answer as plain numbers."""
    if usage is None:
        return {}
    if isinstance(usage, dict):
        return usage
    dump = getattr(usage, "model_dump", None)
    return dict(dump()) if dump else {key: value for key, value in vars(usage).items() if not key.startswith("_")}
