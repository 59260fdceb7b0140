"""What a model says goes on to disk and reader in small pieces, also when the model stalls, fails or is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from studio.engine.chat.stream import Joined
from studio.engine.models.model import ChatPiece

LONG = 60.0


def nothing(_: object) -> None:
    """The cost is of no matter here."""


async def test_words_before_a_stall_come_while_the_model_is_silent() -> None:
    going_on = asyncio.Event()

    async def stalls() -> AsyncGenerator[ChatPiece, None]:
        for word in ("One", " two", " three"):
            yield ChatPiece(word)
        await going_on.wait()
        yield ChatPiece(" four")

    joined, said, counted = Joined(stalls(), nothing), "", 0
    while said != "One two three":
        piece = await asyncio.wait_for(anext(joined.__aiter__()), LONG)
        said, counted = said + piece.text, piece.tokens
    assert counted == 3
    going_on.set()
    assert [piece.text async for piece in joined] == [" four"]


async def test_words_before_a_failure_are_kept() -> None:
    async def fails() -> AsyncGenerator[ChatPiece, None]:
        yield ChatPiece("One")
        yield ChatPiece(" two")
        raise ConnectionError("gone")

    said = ""
    with pytest.raises(ConnectionError):
        async for piece in Joined(fails(), nothing):
            said += piece.text
    assert said == "One two"


async def test_stopping_ends_the_models_work_before_it_returns() -> None:
    ended = False

    async def endless() -> AsyncGenerator[ChatPiece, None]:
        nonlocal ended
        try:
            yield ChatPiece("One")
            await asyncio.Event().wait()
        finally:
            ended = True

    joined = Joined(endless(), nothing)
    await asyncio.wait_for(anext(joined.__aiter__()), LONG)
    await joined.aclose()
    assert ended
