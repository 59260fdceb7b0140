"""A text as a recording."""

from __future__ import annotations

from contextlib import aclosing
from typing import Annotated, Any, Literal

from studio.engine.errors import BadParameter, Unavailable
from studio.engine.params import ModelRef, Params, PromptLine, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.media import LARGEST
from studio.engine.workflows.node import node
from studio.engine.workflows.nodes.save_file import place_of


class SpeakParams(Params):
    model: ModelRef = param(
        "default",
        Text("Model", "模型"),
        help=Text("One that speaks; “default” is the first that does.", "需要能合成语音的模型；“default”为第一个可用的。"),
    )  # fmt: skip
    voice: str = param(
        "alloy",
        Text("Voice", "音色"),
        help=Text("As the server names it, such as alloy or af_heart.", "以服务的名称为准，如 alloy 或 af_heart。"),
        min_length=1,
    )
    format: Literal["mp3", "wav", "opus", "flac", "aac"] = param(
        "mp3", Text("Format", "格式"),
        choices={"mp3": Text.same("MP3"), "wav": Text.same("WAV"), "opus": Text.same("Opus"), "flac": Text.same("FLAC"), "aac": Text.same("AAC")},
    )  # fmt: skip
    speed: float = param(1.0, Text("Speed", "语速"), ge=0.25, le=4, unit="×")
    instructions: PromptText = param(
        "",
        Text("How to say it", "语气说明"),
        help=Text("Such as: calm, and slowly. Not every model listens to it.", "如：平静、缓慢。并非所有模型都支持。"),
        advanced=True,
    )
    place: PromptLine = param(
        "s3://results/{{run}}-speech",
        Text("Where", "位置"),
        help=Text("s3://bucket/name; {{run}} and {{row}} are filled in.", "s3://桶/名称；会填入 {{run}} 和 {{row}}。"),
        min_length=6,
    )


@node(
    title=Text("Text to speech", "文字转语音"),
    category="generate",
    icon="volume-2",
    doc=Text("Lets a model of a server speak a text, and keeps the recording in a bucket.", "由服务上的模型朗读文字，并把录音存入存储桶。"),
    side_effect=True,
    summary=lambda params: f"{params.model} · {params.voice}",
)  # fmt: skip
async def speak(
    text: Annotated[str, Text("Text", "文本")], context: Context, params: SpeakParams
) -> Annotated[str, Text("Recording", "录音")]:
    """The answer is where the recording is; it is written whole or not at all. `Unavailable` says where no model speaks, and how to
    get one that does; what the server refuses, such as a voice that it does not know, is said in its words."""
    if not text.strip():
        raise BadParameter(Text("There is no text to speak.", "没有可朗读的文字。"))
    place = await place_of(params.place, context, f".{params.format}")
    asked = {"input": text, "voice": params.voice, "response_format": params.format, "speed": params.speed}
    models: Any = context.models
    spoken = await models.speak(
        params.model, asked | ({"instructions": params.instructions} if params.instructions else {})
    )
    try:
        content = await _whole(spoken)
    finally:
        await spoken.close()
    await context.objects.put(place, content)
    return place


async def _whole(spoken: Any) -> bytes:
    content = bytearray()
    async with aclosing(spoken.blocks()) as blocks:
        async for block in blocks:
            content += block
            if len(content) > LARGEST:
                raise Unavailable(
                    Text(f"The recording is larger than {LARGEST >> 20} MB.", f"录音超过 {LARGEST >> 20} MB。"),
                    Text("Speak a shorter text, or take MP3.", "请缩短文字，或使用 MP3。"),
                )
    if not content:
        raise Unavailable(Text("The model sent an empty recording.", "模型返回了空录音。"))
    return bytes(content)
