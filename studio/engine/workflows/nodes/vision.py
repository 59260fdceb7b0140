"""What is to be seen in a picture, or the words that stand in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, NamedTuple

from studio.engine.params import ModelRef, Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.asking import saying
from studio.engine.workflows.context import Context
from studio.engine.workflows.media import asked, parts_of
from studio.engine.workflows.node import Anything, Json, Result, node


class VisionParams(Params):
    model: ModelRef = param(
        "default", Text("Model", "模型"), help=Text("One that sees pictures.", "需要能看图片的模型。")
    )
    instruction: PromptText = param(
        "Read all text in the picture and keep its lines. If there is none, describe the picture in a few sentences.",
        Text("Instruction", "指令"),
        min_length=1,
    )
    longest_side: int = param(
        1_536, Text("Longest side", "最长边"), ge=128, le=8_192, unit="px", advanced=True,
        help=Text("Larger pictures are made smaller.", "更大的图片会被缩小。"),
    )  # fmt: skip
    max_tokens: int = param(1_024, Text("Max new tokens", "最多生成词元"), ge=1, le=131_072)


class Seen(NamedTuple):
    """What the model says of the pictures."""

    text: Annotated[str, Text("Text", "文本")]
    usage: Annotated[Json, Text("Usage", "用量")]


@node(
    title=Text("Vision", "看图识字"),
    category="generate",
    icon="scan-eye",
    doc=Text(
        "Lets a model that sees read the text in pictures, or say what is in them.",
        "由能看图片的模型读出图中文字，或描述图片。",
    ),
    cached=False,  # an address says nothing of what lies there
    summary=lambda params: params.model,
)
async def vision(
    image: Annotated[Anything, Text("Pictures", "图片")],
    context: Context,
    params: VisionParams,
    question: Annotated[str, Text("Question", "问题")] = "",
) -> AsyncIterator[str | Result[Seen]]:
    """Send the pictures with the instruction (and a question, where one comes in); the answer streams. Pictures are looked at, made
    smaller and sent without what cameras write into them. `Unavailable` says where the model sees none, and how to get one."""
    parts = await parts_of(image, "image", context, params.longest_side)
    words = f"{params.instruction}\n\n{question}".strip()
    content = [{"type": "text", "text": words}, *parts]
    pieces = asked(context, params.model, content, "image", temperature=0.0, max_tokens=params.max_tokens)
    async for piece in saying(pieces):
        yield piece if isinstance(piece, str) else Result(Seen(piece.text, piece.usage))
