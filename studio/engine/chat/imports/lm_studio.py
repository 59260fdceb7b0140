"""`….conversation.json` of LM Studio: a list of messages, each with its versions and the one that is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, cast

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
from studio.engine.chat.message import Message, Step
from studio.engine.text import Text


class LmStudio(ImportFormat):
    name = "lm_studio"
    title = Text.same("LM Studio")

    def matches(self, data: Any) -> bool:
        messages = data.get("messages") if isinstance(data, dict) else None
        if not isinstance(messages, list):
            return False
        return "createdAt" in data if not messages else isinstance(messages[0], dict) and "versions" in messages[0]

    def threads(self, data: Any) -> Iterator[Whole]:
        began = float(data.get("createdAt") or 0) / 1000
        key = str(data.get("createdAt") or data.get("name"))
        thread_id = stable_id("conv", "lm_studio", key)
        messages: list[Message] = []
        shown: str | None = None
        for place, message in enumerate(data["messages"]):
            versions = [
                said
                for number, version in enumerate(message["versions"])
                if (said := _message(thread_id, f"{place}-{number}", shown, version, began + place))
            ]
            messages += versions
            chosen = stable_id("msg", thread_id, f"{place}-{message.get('currentlySelected', 0)}")
            there = [said.id for said in versions]
            shown = chosen if chosen in there else there[0] if there else shown
        messages = with_rules(messages, _rules(data), self.title)
        yield thread_of(
            "lm_studio", key, data.get("name") or "", messages, shown, created_at=began,
            updated_at=_last(data) or began + len(messages), pinned=bool(data.get("pinned")),
        )  # fmt: skip


def _last(data: dict[str, Any]) -> float:
    """When it was last written to; 0 where that is not said."""
    return max(float(data.get(name) or 0) for name in ("assistantLastMessagedAt", "userLastMessagedAt")) / 1000


def _message(thread_id: str, key: str, parent: str | None, version: dict[str, Any], at: float) -> Message | None:
    role, words = version.get("role"), _words(version)
    calls = _calls(version) if role == "assistant" else []
    if role not in ("user", "assistant") or not (words or calls):
        return None
    known = cast(Literal["user", "assistant"], role)
    model = _model(version) if role == "assistant" else ""
    made = message_of(thread_id, stable_id("msg", thread_id, key), parent, known, words, at, model)
    return made.model_copy(update={"steps": calls})


def _words(version: dict[str, Any]) -> str:
    """A question's content, or the blocks of an answer's steps without its thoughts."""
    texts = [_part(part) for block in _blocks(version) for part in _content(block)]
    return "\n\n".join(text for text in texts if text)


def _blocks(version: dict[str, Any]) -> list[dict[str, Any]]:
    blocks = [version, *(step for step in version.get("steps") or [] if step.get("type") == "contentBlock")]
    return [block for block in blocks if (block.get("style") or {}).get("type") != "thinking"]


def _content(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Its parts; early versions wrote a text as it is."""
    content = block.get("content") or []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _part(part: dict[str, Any]) -> str:
    """A text; a file or a picture is only named."""
    if part.get("type") in ("file", "image"):
        return named(part.get("fileIdentifier") or part.get("name") or part.get("fileType") or part["type"])
    return str(part.get("text") or "") if part.get("type") == "text" else ""


def _calls(version: dict[str, Any]) -> list[Step]:
    """The tools that an answer called, each with what came back."""
    parts = [part for block in _blocks(version) for part in _content(block)]
    back = {part.get("toolCallId"): part for part in parts if part.get("type") == "toolCallResult"}
    return [
        tool_step(
            str(part.get("name") or "tool"), part.get("parameters"),
            _text((back.get(part.get("callId")) or {}).get("content")),
        )
        for part in parts
        if part.get("type") == "toolCallRequest"
    ]  # fmt: skip


def _text(result: Any) -> str:
    return result if isinstance(result, str) else "" if result is None else json.dumps(result, ensure_ascii=False)


def _rules(data: dict[str, Any]) -> str:
    """The system prompt: of the chat's own settings, or of early versions."""
    fields = (data.get("perChatPredictionConfig") or {}).get("fields") or []
    kept = next((field.get("value") for field in fields if field.get("key") == "llm.prediction.systemPrompt"), "")
    return str(kept or data.get("systemPrompt") or "")


def _model(version: dict[str, Any]) -> str:
    named = (version.get("senderInfo") or {}).get("senderName")
    infos = [step.get("genInfo") or {} for step in version.get("steps") or []]
    return str(named or next((info.get("indexedModelIdentifier") for info in infos if info), "") or "")
