"""Threads of other programs: each format is one file in `imports/`."""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from studio.engine.chat.branches import Leafed, Tree
from studio.engine.chat.message import Message, Step, Thread
from studio.engine.errors import Invalid, TooLarge
from studio.engine.registry import Registry
from studio.engine.text import Text

NAMED = re.compile(r"\*\[[^\]]*\]\*\s*")  # a picture or a file that is only named
MOST_BYTES = 512 * 1024 * 1024
Whole = tuple[Thread, list[Message]]


class ImportFormat(ABC):
    """Reads what one program exports. `data` is the parsed JSON of a file; of one with JSON Lines, their list."""

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
    """The threads of an exported file, or of the ZIP that it came in. Raises `Invalid` for a file of nobody's, and names the
    conversation that does not hold together; then nothing is brought in."""
    found: list[Whole] = []
    for name, part in _parts(content):
        try:
            data = _parsed(part)
        except (ValueError, RecursionError) as error:
            raise _no_json(name, error) from error
        reader = next((each() for each in formats if each().matches(data)), None)
        if reader is None:
            raise _not_known(name)
        found += _threads(reader, data, name)
    return found


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":  # a line of its own after a whole first one
            raise
        return [_line(number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()]


def _line(number: int, line: bytes) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        error.lineno = number
        raise


def _threads(reader: ImportFormat, data: Any, name: str) -> list[Whole]:
    found: list[Whole] = []
    try:
        for whole in reader.threads(data):
            found.append(whole)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken(reader, data, len(found), name, error) from error
    return [(thread, messages) for thread, messages in found if messages]


def stable_id(kind: str, *parts: object) -> str:
    """The same id each time the same thing is brought in, so that nothing is there twice."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
    return f"{kind}-{digest[:12]}"


def thread_of(origin: str, key: str, title: str, messages: list[Message], leaf_id: str | None, **fields: Any) -> Whole:
    """A thread whose messages hang together: those without a parent of theirs begin it. One without a title is called as
    its first question."""
    there = {message.id for message in messages}
    leaf = leaf_id if leaf_id in there else None
    if leaf is None and messages:
        tree = Tree(Leafed(each.id, each.parent_id, each.created_at) for each in messages)
        leaf = tree.newest_leaf(max(messages, key=lambda each: each.created_at).id)
    now = time.time()
    times = {"created_at": messages[0].created_at if messages else now, "updated_at": now}
    asked = next((each.content for each in messages if each.role == "user"), "")
    asked = " ".join((NAMED.sub("", asked) or asked).split())
    thread = Thread(
        id=stable_id("conv", origin, key),
        title=(title or asked)[:100],
        title_by="person",
        leaf_id=leaf,
        **{**times, **fields},
    )
    return thread, messages


def message_of(
    thread_id: str, message_id: str, parent_id: str | None, role: Literal["user", "assistant"], content: str, at: float,
    model: str = "",
) -> Message:  # fmt: skip
    return Message(
        id=message_id, thread_id=thread_id, parent_id=parent_id, role=role, content=content, created_at=at, model=model
    )


def named(words: object) -> str:
    """A picture or a file in a message: it is no part of the export, so only its name stands there."""
    return f"*[{words}]*"


def tool_step(name: str, arguments: Any, result: str) -> Step:
    """A tool that was called elsewhere, as its card."""
    given = arguments if isinstance(arguments, dict) else {"arguments": arguments} if arguments else {}
    return Step(kind="tool", title=Text.same(name), tool=name, arguments=given, text=result)


def with_rules(messages: list[Message], rules: str, program: Text) -> list[Message]:
    """A system prompt is said at the first answer: threads here have none of their own."""
    first = next((place for place, each in enumerate(messages) if each.role == "assistant"), None)
    if not rules.strip() or first is None:
        return messages
    title = Text(f"System prompt in {program.en}", f"{program.zh} 中的系统提示词")
    step = Step(kind="context", title=title, detail=Text.same(rules.strip()))
    told = messages[first].model_copy(update={"steps": [step, *messages[first].steps]})
    return [*messages[:first], told, *messages[first + 1 :]]


def _parts(content: bytes) -> list[tuple[str, bytes]]:
    """The files in it that hold conversations, with their names in a ZIP."""
    if len(content) > MOST_BYTES:
        raise TooLarge(Text("The file is larger than 512 MB.", "文件超过 512 MB。"))
    if not content.startswith(b"PK"):
        return [("", content)]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [each for each in archive.infolist() if _is_conversations(each.filename)]
            if sum(each.file_size for each in names) > MOST_BYTES:
                raise TooLarge(Text("The file is larger than 512 MB.", "文件超过 512 MB。"))
            if not names:
                raise _not_known("", "no conversations.json or .conversation.json in the ZIP")
            return [(each.filename, archive.read(each)) for each in names]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _not_known("", str(error)) from error


def _is_conversations(name: str) -> bool:
    """`conversations.json` of ChatGPT (`conversations-000.json` in large exports), `….conversation.json` of LM Studio."""
    last = name.rpartition("/")[2]
    return (last.endswith(".json") and last.startswith(("conversations", "chat-export"))) or last.endswith(
        ".conversation.json"
    )


def _file(name: str) -> Text:
    return Text(f"“{name}” in the ZIP", f"ZIP 中的“{name}”") if name else Text("This file", "该文件")


def _not_known(name: str, details: str = "") -> Invalid:
    known = ", ".join(each.title.en for each in formats)
    return Invalid(
        Text("{file} is no export of a program that is known.", "无法识别{file}的导出格式。").format(file=_file(name)),
        Text(f"Known are: {known}.", f"支持：{'、'.join(each.title.zh for each in formats)}。"),
        details,
    )


def _no_json(name: str, error: Exception) -> Invalid:
    where = Text("nested too deeply", "嵌套过深")
    if isinstance(error, json.JSONDecodeError):
        where = Text(f"line {error.lineno}, column {error.colno}", f"第 {error.lineno} 行，第 {error.colno} 列")
    elif isinstance(error, UnicodeDecodeError):
        where = Text(f"byte {error.start:,} is no UTF-8", f"第 {error.start:,} 个字节不是 UTF-8")
    return Invalid(
        Text("{file} is no JSON: {where}.", "{file}不是 JSON：{where}。").format(file=_file(name), where=where),
        Text("Export it again; it may have been cut off.", "请重新导出，文件可能不完整。"),
        str(error),
    )


def _broken(reader: ImportFormat, data: Any, place: int, name: str, error: Exception) -> Invalid:
    """Names the conversation by its number and, where it has one, its title."""
    one = data[place] if isinstance(data, list) and place < len(data) else data
    title = str((one.get("title") or one.get("name") or "") if isinstance(one, dict) else "")[:80]
    called = Text(f" “{title}”", f"“{title}”") if title else Text.same("")
    return Invalid(
        Text(
            f"{{file}} looks like one of {reader.title.en}, but its conversation {place + 1}{{called}} does not hold "
            f"together: {{why}}.",
            f"{{file}}像是 {reader.title.zh} 的导出，但其中第 {place + 1} 个对话{{called}}不完整：{{why}}。",
        ).format(file=_file(name), called=called, why=_why(error)),
        Text(
            "Nothing was brought in. Export it again, or take that one out.",
            "未导入任何内容。请重新导出，或去掉该对话。",
        ),
        details=f"{type(error).__name__}: {error}",
    )


def _why(error: Exception) -> Text:
    if isinstance(error, KeyError):
        return Text(f"{error} is missing", f"缺少 {error}")
    return Text.same(str(error).splitlines()[0][:160] if str(error) else type(error).__name__)
