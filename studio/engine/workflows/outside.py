"""What steps hear from models, servers and tools: recorded as it comes, so that a run can be played again offline."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from studio.engine.errors import BadState, StudioError
from studio.engine.text import Text
from studio.engine.workflows.replay import Recorded
from studio.engine.workflows.store import Ref, Store
from studio.engine.workflows.values import plain

PIECE: dict[str, Any] = {"text": "", "reasoning": "", "finish_reason": None, "usage": None, "tool_calls": []}

Named = Callable[[], Awaitable[str]]
Where = tuple[str, tuple[int, ...]]
Tell = Callable[[Any, str, dict[str, Any]], None]


class Outside:
    """The outside world of one run. With `played`, nothing is asked: the recorded answers are given in their order."""

    def __init__(self, tell: Tell, store: Store, played: Recorded | None = None) -> None:
        self._tell = tell
        self._store = store
        self.played = played
        self._numbers: dict[Where, int] = {}

    async def answer(
        self, where: Where, kind: str, request: Any, work: Callable[[], Awaitable[Any]], named: Named | None = None
    ) -> Any:
        """One question and its answer, plain JSON both. `named` tells which model answered, for the count of its tokens."""
        number = self._next(where)
        if self.played is not None:
            return await self._recorded(where, number, kind, request)
        found = plain(await work())
        usage = found.get("usage") if isinstance(found, dict) else None
        await self._keep(where, number, kind, request, found, await _used(named, usage))
        return found

    async def stream(
        self,
        where: Where,
        kind: str,
        request: Any,
        work: Callable[[], AsyncIterator[Any]],
        named: Named | None = None,
    ) -> AsyncIterator[Any]:
        """The same of an answer that comes in pieces: whatever has `text`, `usage` and `tool_calls`."""
        number = self._next(where)
        if self.played is not None:
            for piece in await self._recorded(where, number, kind, request):
                yield SimpleNamespace(**piece)
            return
        pieces: list[dict[str, Any]] = []
        async for piece in work():
            pieces.append({name: plain(getattr(piece, name, empty)) for name, empty in PIECE.items()})
            yield piece
        usage = next((piece["usage"] for piece in reversed(pieces) if piece["usage"]), None)
        await self._keep(where, number, kind, request, _joined(pieces), await _used(named, usage))

    async def _keep(
        self, where: Where, number: int, kind: str, request: Any, answer: Any, used: dict[str, Any] | None = None
    ) -> None:
        ref = await self._store.put(answer)
        said = {
            "at": list(where[1]),
            "number": number,
            "kind": kind,
            "request": _digest(request),
            "answer": ref.as_dict(),
            **(used or {}),
        }
        self._tell("exchange", where[0], said)

    async def _recorded(self, where: Where, number: int, kind: str, request: Any) -> Any:
        assert self.played is not None
        found = self.played.exchanges.get((*where, number))
        if found is None or found["kind"] != kind or found["request"] != _digest(request):
            raise BadState(
                Text(
                    f"“{where[0]}” asks something that the recorded run did not ask ({kind}).",
                    f"“{where[0]}”提出了录制时没有的请求（{kind}）。",
                ),
                Text("Replay shows a run as it was; start a new run instead.", "回放只能重现原来的运行，请重新运行。"),
            )
        return await self._store.get(Ref.read(found["answer"]))

    def _next(self, where: Where) -> int:
        number = self._numbers.get(where, 0)
        self._numbers[where] = number + 1
        return number


class Models:
    """The models room as a step sees it: what it says is recorded, or played again."""

    def __init__(self, room: Any, outside: Outside, where: Where) -> None:
        self._room = room
        self._outside = outside
        self._where = where

    def chat(self, model: str, messages: list[dict[str, Any]], **options: Any) -> AsyncIterator[Any]:
        request = {"model": model, "messages": messages, "options": options}
        work = functools.partial(self._room.chat, model, messages, **options)
        return self._outside.stream(self._where, "chat", request, work, lambda: self._name(model))

    async def embed(self, model: str, texts: list[str], **options: Any) -> list[list[float]]:
        """The texts as vectors of length 1."""

        async def work() -> Any:
            return (await self._room.embed(model, texts, **options)).tolist()

        request = {"model": model, "texts": texts, "options": options}
        return list(await self._outside.answer(self._where, "embed", request, work))

    async def answer(self, model: str, route: str, body: dict[str, Any]) -> dict[str, Any]:
        request = {"model": model, "route": route, "body": body}
        work = functools.partial(self._room.answer, model, route, body)
        named = functools.partial(self._name, model)
        return dict(await self._outside.answer(self._where, "answer", request, work, named))

    async def _name(self, model: str) -> str:
        """The id of the model that an alias stands for now."""
        try:
            return str((await self._room.get(model)).id)
        except (StudioError, AttributeError):
            return model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._room, name)


async def _used(named: Named | None, usage: Any) -> dict[str, Any] | None:
    """What an answer took, as the journal keeps it: the model, the tokens read and written."""
    if named is None or not isinstance(usage, dict):
        return None
    return {
        "model": await named(),
        "read": int(usage.get("prompt_tokens") or 0),
        "written": int(usage.get("completion_tokens") or 0),
    }


def _joined(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pieces as they have to be played again: texts that follow each other become one."""
    found: list[dict[str, Any]] = []
    for piece in pieces:
        bare = all(value in (None, "", []) for name, value in piece.items() if name != "text")
        if found and bare and found[-1].pop("bare", False):
            found[-1]["text"] += piece["text"]
            found[-1]["bare"] = True
        else:
            found.append({**piece, "bare": bare})
    return [{name: value for name, value in piece.items() if name != "bare"} for piece in found]


def _digest(request: Any) -> str:
    content = json.dumps(plain(request), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]
