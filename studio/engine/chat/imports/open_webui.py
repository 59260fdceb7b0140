"""“Export chats” of Open WebUI: rows with a `chat`, whose `history` is a tree and `currentId` the end that is shown."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from studio.engine.chat.importing import (
    ImportFormat,
    Whole,
    message_of,
    named,
    stable_id,
    thread_of,
    tool_step,
    with_rules,
)
from studio.engine.chat.message import Feedback, Message, Step
from studio.engine.text import Text

CALL = re.compile(r"<details type=\"tool_calls\"(?P<attributes>[^>]*)>")
ATTRIBUTE = re.compile(r"(\w+)=\"([^\"]*)\"")
ASIDE = re.compile(r"<details type=\"(?:reasoning|tool_calls|code_interpreter)\".*?</details>\s*", re.DOTALL)
RATINGS: dict[Any, Feedback] = {1: "up", -1: "down", "1": "up", "-1": "down"}
SECONDS = 100_000_000_000  # a time above this is in milliseconds


class OpenWebUi(ImportFormat):
    name = "open_webui"
    title = Text.same("Open WebUI")

    def matches(self, data: Any) -> bool:
        first = data[0] if isinstance(data, list) and data else data
        chat = first.get("chat", first) if isinstance(first, dict) else None
        return isinstance(chat, dict) and (
            isinstance((chat.get("history") or {}).get("messages"), dict)
            or ("models" in chat and bool(_in_a_row(chat)))
        )

    def threads(self, data: Any) -> Iterator[Whole]:
        for row in data if isinstance(data, list) else [data]:
            yield _thread(row)


def _thread(row: dict[str, Any]) -> Whole:
    chat = row.get("chat", row)
    history = chat.get("history") or {}
    there = history.get("messages") or _in_a_row(chat)
    key = str(row.get("id") or chat.get("id") or chat.get("timestamp"))
    thread_id = stable_id("conv", "open_webui", key)
    began = _seconds(row.get("created_at") or chat.get("timestamp") or 0)
    kept = {each: said for each, said in there.items() if said.get("role") in ("user", "assistant")}
    messages = [_message(thread_id, each, there, said, began) for each, said in kept.items()]
    messages.sort(key=lambda message: message.created_at)
    messages = with_rules(messages, _rules(chat, there), OpenWebUi.title)
    current = history.get("currentId") or next(reversed(kept), None)
    leaf = stable_id("msg", thread_id, current) if current in kept else None
    return thread_of(
        "open_webui", key, row.get("title") or chat.get("title") or "", messages, leaf, created_at=began,
        updated_at=_seconds(row.get("updated_at") or began), pinned=bool(row.get("pinned")),
    )  # fmt: skip


def _message(thread_id: str, key: str, there: dict[str, Any], said: dict[str, Any], began: float) -> Message:
    role = said["role"]
    error = said.get("error")
    problem = error.get("content") if isinstance(error, dict) else None
    files = [_file(each) for each in said.get("files") or [] if isinstance(each, dict)]
    words = "\n\n".join([*files, *(each for each in (_words(said.get("content")), problem and str(problem)) if each)])
    answered = role == "assistant"
    model = str(said.get("modelName") or said.get("model") or "") if answered else ""
    parent = _parent(thread_id, there, said)
    at = _seconds(said.get("timestamp") or began)
    made = message_of(thread_id, stable_id("msg", thread_id, key), parent, role, words, at, model)
    rated = RATINGS.get((said.get("annotation") or {}).get("rating"), "")
    return made.model_copy(update={"feedback": rated, "steps": _calls(said.get("content")) if answered else []})


def _file(file: dict[str, Any]) -> str:
    """A picture or a document that went along; newer versions keep the name below `file`."""
    kept = file.get("file") if isinstance(file.get("file"), dict) else {}
    return named(file.get("name") or (kept or {}).get("filename") or file.get("type") or "file")


def _calls(content: Any) -> list[Step]:
    """The tools that an answer called, out of the traces in its text."""
    found = []
    for trace in CALL.finditer(content) if isinstance(content, str) else ():
        given = {name: html.unescape(value) for name, value in ATTRIBUTE.findall(trace["attributes"])}
        found.append(
            tool_step(given.get("name", "tool"), _plain(given.get("arguments", "")), _text(given.get("result")))
        )
    return found


def _plain(written: Any) -> Any:
    """A value as it was given; some versions wrote it as JSON within JSON."""
    try:
        return _plain(json.loads(written)) if isinstance(written, str) else written
    except ValueError:
        return written


def _text(result: str | None) -> str:
    value = _plain(result or "")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rules(chat: dict[str, Any], there: dict[str, Any]) -> str:
    """The system prompt: of the chat's own settings, or as a message."""
    params = chat.get("params") if isinstance(chat.get("params"), dict) else {}
    said = next((_words(each.get("content")) for each in there.values() if each.get("role") == "system"), "")
    return str((params or {}).get("system") or chat.get("system") or said)


def _in_a_row(chat: dict[str, Any]) -> dict[str, Any]:
    """The messages of an early version, which had no branches: each hangs on the one before."""
    found: dict[str, Any] = {}
    messages = chat.get("messages")
    for place, said in enumerate(messages if isinstance(messages, list) else []):
        if not isinstance(said, dict) or "role" not in said:
            return {}
        found[str(said.get("id") or place)] = {**said, "parentId": next(reversed(found), None)}
    return found


def _words(content: Any) -> str:
    """What was said, without thoughts and the traces of tools; pictures of a message with several parts are only named."""
    if isinstance(content, list):
        parts = [part if isinstance(part, dict) else {"text": part} for part in content]
        content = "\n\n".join(str(part.get("text") or named(part.get("type", ""))) for part in parts)
    return ASIDE.sub("", str(content or "")).strip()


def _parent(thread_id: str, there: dict[str, Any], said: dict[str, Any]) -> str | None:
    """The nearest message above that is one of the two's."""
    above, seen = said.get("parentId"), set()
    while above in there and above not in seen:
        if there[above].get("role") in ("user", "assistant"):
            return stable_id("msg", thread_id, above)
        seen.add(above)
        above = there[above].get("parentId")
    return None


def _seconds(value: Any) -> float:
    """Open WebUI counts in seconds, some of its older exports in milliseconds."""
    number = float(value)
    return number / 1000 if number > SECONDS else number
