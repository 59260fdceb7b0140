"""Threads of other programs: each format is one file in `imports/`."""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from studio.engine.chat.branches import Leafed, Tree
from studio.engine.chat.message import Message, Thread
from studio.engine.errors import Invalid, TooLarge
from studio.engine.registry import Registry
from studio.engine.text import Text

MOST_BYTES = 512 * 1024 * 1024
Whole = tuple[Thread, list[Message]]


class ImportFormat(ABC):
    """Reads what one program exports. `data` is the parsed JSON of a file."""

    name: ClassVar[str]
    title: ClassVar[Text]

    @abstractmethod
    def matches(self, data: Any) -> bool:
        """Whether a file is of this format."""

    @abstractmethod
    def threads(self, data: Any) -> Iterator[Whole]:
        """Its threads with all messages on all branches. What is of no use here, such as images, is left out."""


def _is_format(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, ImportFormat) and value is not ImportFormat


formats: Registry[type[ImportFormat]] = Registry(
    "thread format", "studio.engine.chat.imports", _is_format, lambda each: each.name
)


def read(content: bytes) -> list[Whole]:
    """The threads of an exported file, or of the ZIP that it came in. Raises `Invalid` for a file of nobody's."""
    found: list[Whole] = []
    for part in _parts(content):
        try:
            data = json.loads(part)
        except (ValueError, RecursionError) as error:
            raise _not_known(str(error)) from error
        reader = next((each() for each in formats if each().matches(data)), None)
        if reader is None:
            raise _not_known("")
        try:
            found += [(thread, messages) for thread, messages in reader.threads(data) if messages]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _broken(reader, error) from error
    return found


def stable_id(kind: str, *parts: object) -> str:
    """The same id each time the same thing is brought in, so that nothing is there twice."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
    return f"{kind}-{digest[:12]}"


def thread_of(origin: str, key: str, title: str, messages: list[Message], leaf_id: str | None, **fields: Any) -> Whole:
    """A thread whose messages hang together: those without a parent of theirs begin it."""
    there = {message.id for message in messages}
    leaf = leaf_id if leaf_id in there else None
    if leaf is None and messages:
        tree = Tree(Leafed(each.id, each.parent_id, each.created_at) for each in messages)
        leaf = tree.newest_leaf(max(messages, key=lambda each: each.created_at).id)
    now = time.time()
    times = {"created_at": messages[0].created_at if messages else now, "updated_at": now}
    thread = Thread(
        id=stable_id("conv", origin, key), title=title[:100], title_by="person", leaf_id=leaf, **{**times, **fields}
    )
    return thread, messages


def message_of(
    thread_id: str, message_id: str, parent_id: str | None, role: Literal["user", "assistant"], content: str, at: float,
    model: str = "",
) -> Message:  # fmt: skip
    return Message(
        id=message_id, thread_id=thread_id, parent_id=parent_id, role=role, content=content, created_at=at, model=model
    )


def _parts(content: bytes) -> list[bytes]:
    if len(content) > MOST_BYTES:
        raise TooLarge(Text("The file is larger than 512 MB.", "文件超过 512 MB。"))
    if not content.startswith(b"PK"):
        return [content]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [each for each in archive.infolist() if _is_conversations(each.filename)]
            if sum(each.file_size for each in names) > MOST_BYTES:
                raise TooLarge(Text("The file is larger than 512 MB.", "文件超过 512 MB。"))
            return [archive.read(each) for each in names] or [b""]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _not_known(str(error)) from error


def _is_conversations(name: str) -> bool:
    """`conversations.json` of ChatGPT (`conversations-000.json` in large exports), `….conversation.json` of LM Studio."""
    last = name.rpartition("/")[2]
    return (last.endswith(".json") and last.startswith(("conversations", "chat-export"))) or last.endswith(
        ".conversation.json"
    )


def _not_known(details: str) -> Invalid:
    known = ", ".join(each.title.en for each in formats)
    return Invalid(
        Text("This file is no export of a program that is known.", "无法识别该文件的导出格式。"),
        Text(f"Known are: {known}.", f"支持：{'、'.join(each.title.zh for each in formats)}。"),
        details,
    )


def _broken(reader: ImportFormat, error: Exception) -> Invalid:
    return Invalid(
        Text(
            f"The file looks like one of {reader.title.en} and does not hold together.",
            f"该文件像是 {reader.title.zh} 的导出，但内容不完整。",
        ),
        details=f"{type(error).__name__}: {error}",
    )
