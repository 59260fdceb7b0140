"""“Export chats” of Open WebUI: rows with a `chat`, whose `history` is a tree and `currentId` the end that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio.engine.chat.importing import ImportFormat, Whole, message_of, stable_id, thread_of
from studio.engine.chat.message import Message
from studio.engine.text import Text

SECONDS = 100_000_000_000  # a time above this is in milliseconds


class OpenWebUi(ImportFormat):
    name = "open_webui"
    title = Text.same("Open WebUI")

    def matches(self, data: Any) -> bool:
        first = data[0] if isinstance(data, list) and data else data
        chat = first.get("chat", first) if isinstance(first, dict) else None
        return isinstance(chat, dict) and isinstance((chat.get("history") or {}).get("messages"), dict)

    def threads(self, data: Any) -> Iterator[Whole]:
        for row in data if isinstance(data, list) else [data]:
            yield _thread(row)


def _thread(row: dict[str, Any]) -> Whole:
    chat = row.get("chat", row)
    history = chat["history"]
    key = str(row.get("id") or chat.get("id") or chat.get("timestamp"))
    thread_id = stable_id("conv", "open_webui", key)
    began = _seconds(row.get("created_at") or chat.get("timestamp") or 0)
    kept = {each: said for each, said in history["messages"].items() if said.get("role") in ("user", "assistant")}
    messages: list[Message] = [
        message_of(
            thread_id, stable_id("msg", thread_id, each), _parent(thread_id, kept, said), said["role"],
            str(said.get("content") or ""), _seconds(said.get("timestamp") or began),
            str(said.get("modelName") or said.get("model") or "") if said["role"] == "assistant" else "",
        )
        for each, said in kept.items()
    ]  # fmt: skip
    messages.sort(key=lambda message: message.created_at)
    current = history.get("currentId")
    leaf = stable_id("msg", thread_id, current) if current in kept else None
    return thread_of(
        "open_webui", key, row.get("title") or chat.get("title") or "", messages, leaf, created_at=began,
        updated_at=_seconds(row.get("updated_at") or began), pinned=bool(row.get("pinned")),
    )  # fmt: skip


def _parent(thread_id: str, kept: dict[str, Any], said: dict[str, Any]) -> str | None:
    parent = said.get("parentId")
    return stable_id("msg", thread_id, parent) if parent in kept else None


def _seconds(value: Any) -> float:
    """Open WebUI counts in seconds, some of its older exports in milliseconds."""
    number = float(value)
    return number / 1000 if number > SECONDS else number
