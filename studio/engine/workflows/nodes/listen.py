"""The words of a recording."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, NamedTuple

from studio.engine.params import ModelRef, Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.asking import saying
from studio.engine.workflows.context import Context
from studio.engine.workflows.media import asked, parts_of
from studio.engine.workflows.node import Anything, Json, Result, node


class ListenParams(Params):
    model: ModelRef = param(
        "default", Text("Model", "模型"), help=Text("One that hears recordings.", "需要能听录音的模型。")
    )
    instruction: PromptText = param(
        "Write down what is said, word for word, in the language in which it is said. Add nothing.",
        Text("Instruction", "指令"),
        min_length=1,
    )
    max_tokens: int = param(4_096, Text("Max new tokens", "最多生成词元"), ge=1, le=131_072)


class Heard(NamedTuple):
    """What the model heard."""

    text: Annotated[str, Text("Text", "文本")]
    usage: Annotated[Json, Text("Usage", "用量")]


@node(
    title=Text("Speech to text", "语音转文字"),
    category="generate",
    icon="audio-lines",
    doc=Text("Lets a model that hears write down what is said in recordings.", "由能听录音的模型把语音写成文字。"),
    cached=False,  # an address says nothing of what lies there
    summary=lambda params: params.model,
)
async def listen(
    audio: Annotated[Anything, Text("Recordings", "录音")], context: Context, params: ListenParams
) -> AsyncIterator[str | Result[Heard]]:
    """Send the recordings with the instruction; the answer streams. `Invalid` names what is no recording, `Unavailable` says where
    the model hears none, and how to get one that does."""
    parts = await parts_of(audio, "audio", context)
    content = [{"type": "text", "text": params.instruction}, *parts]
    pieces = asked(context, params.model, content, "audio", temperature=0.0, max_tokens=params.max_tokens)
    async for piece in saying(pieces):
        yield piece if isinstance(piece, str) else Result(Heard(piece.text.strip(), piece.usage))
