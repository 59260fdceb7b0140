"""Texts as speech: a server's recording on its way to whoever asked for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.engine.errors import BadParameter, Invalid, NotFound, StudioError, Unavailable
from studio.engine.models.model import Model
from studio.engine.text import Text

if TYPE_CHECKING:
    import httpx

SPEECH_ROUTE = "/v1/audio/speech"
NO_ROUTE = ("no route", "not found", "not served", "invalid url", "unknown url", "not supported", "does not support", "not implemented")  # fmt: skip
HOW_TO_GET_ONE = Text(
    "Choose a model that speaks: add a server that serves one, such as Kokoro or OpenAI's tts-1, under Models.",
    "请选择能合成语音的模型：可在“模型”中添加提供此类模型（如 Kokoro 或 OpenAI 的 tts-1）的服务。",
)


@dataclass
class Spoken:
    """A recording as it comes. Read `blocks` to the end, or call `close`, which ends the connection."""

    media_type: str
    response: httpx.Response
    stack: AsyncExitStack

    async def blocks(self) -> AsyncIterator[bytes]:
        async with self.stack:
            async for block in self.response.aiter_bytes():
                yield block

    async def close(self) -> None:
        await self.stack.aclose()


def media_type_of(model: Model, response: httpx.Response) -> str:
    """What the recording is; `Invalid` where the server sent words or a page instead."""
    told = str(response.headers.get("content-type", "application/octet-stream"))
    if told.startswith(("text/", "application/json")):
        raise Invalid(
            Text(f"“{model.name}” answered with {told}, which is no recording.", f"“{model.name}”返回的是 {told}，不是录音。"),
            HOW_TO_GET_ONE,
        ).fixed_by("model")  # fmt: skip
    return told


def speaks_not(model: Model, error: StudioError | None = None) -> Unavailable:
    return Unavailable(
        Text(f"“{model.name}” does not speak.", f"“{model.name}”不能合成语音。"),
        HOW_TO_GET_ONE,
        details=error.message.en if error else "",
    ).fixed_by("model")


def as_told(model: Model, error: StudioError) -> StudioError:
    """What a server says that has no such route, or whose model speaks not, in our words; anything else, such as a voice that it
    does not know, as it says it."""
    said = f"{error.message.en} {error.details}".lower()
    lacks = isinstance(error, NotFound | BadParameter) and any(words in said for words in NO_ROUTE)
    return speaks_not(model, error) if lacks and "voice" not in said else error
