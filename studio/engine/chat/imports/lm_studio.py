"""`….conversation.json` of LM Studio: a list of messages, each with its versions and the one that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, cast

from studio.engine.chat.importing import ImportFormat, Whole, message_of, stable_id, thread_of
from studio.engine.chat.message import Message
from studio.engine.text import Text


class LmStudio(ImportFormat):
    name = "lm_studio"
    title = Text.same("LM Studio")

    def matches(self, data: Any) -> bool:
        messages = data.get("messages") if isinstance(data, dict) else None
        return (
            isinstance(messages, list)
            and bool(messages)
            and isinstance(messages[0], dict)
            and "versions" in messages[0]
        )

    def threads(self, data: Any) -> Iterator[Whole]:
        began = float(data.get("createdAt") or 0) / 1000
        key = f"{data.get('createdAt')}-{data.get('name')}"
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
        yield thread_of(
            "lm_studio", key, data.get("name") or "", messages, shown, created_at=began,
            updated_at=began + len(messages), pinned=bool(data.get("pinned")),
        )  # fmt: skip


def _message(thread_id: str, key: str, parent: str | None, version: dict[str, Any], at: float) -> Message | None:
    role, words = version.get("role"), _words(version)
    if role not in ("user", "assistant") or not words:
        return None
    known = cast(Literal["user", "assistant"], role)
    model = _model(version) if role == "assistant" else ""
    return message_of(thread_id, stable_id("msg", thread_id, key), parent, known, words, at, model)


def _words(version: dict[str, Any]) -> str:
    """A question's content, or the blocks of an answer's steps without its thoughts."""
    blocks = [version, *(step for step in version.get("steps") or [] if step.get("type") == "contentBlock")]
    told = [block for block in blocks if (block.get("style") or {}).get("type") != "thinking"]
    texts = [
        part.get("text", "") for block in told for part in block.get("content") or [] if part.get("type") == "text"
    ]
    return "\n\n".join(text for text in texts if text)


def _model(version: dict[str, Any]) -> str:
    named = (version.get("senderInfo") or {}).get("senderName")
    infos = [step.get("genInfo") or {} for step in version.get("steps") or []]
    return str(named or next((info.get("indexedModelIdentifier") for info in infos if info), "") or "")
