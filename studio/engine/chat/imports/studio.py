"""What this studio exports as JSON, with all branches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio.engine.chat.exporting import MARK
from studio.engine.chat.importing import ImportFormat, Whole
from studio.engine.chat.message import Message, Thread
from studio.engine.text import Text


class OwnThreads(ImportFormat):
    name = "studio"
    title = Text("this studio", "本程序")

    def matches(self, data: Any) -> bool:
        return isinstance(data, dict) and data.get("format") == MARK

    def threads(self, data: Any) -> Iterator[Whole]:
        thread = Thread.model_validate(data["thread"]).model_copy(update={"deleted_at": None, "allowed": []})
        yield thread, [_settled(Message.model_validate(each), thread.id) for each in data["messages"]]


def _settled(message: Message, thread_id: str) -> Message:
    status = "stopped" if message.status == "streaming" else message.status
    return message.model_copy(update={"thread_id": thread_id, "status": status})
