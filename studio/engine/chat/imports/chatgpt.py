"""`conversations.json` of ChatGPT: a tree of nodes by id, of which `current_node` is the end that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from studio.engine.chat.importing import ImportFormat, Whole, message_of, named, stable_id, thread_of
from studio.engine.chat.message import Message
from studio.engine.text import Text

MARKS = re.compile(
    "\ue200[^\ue201]*\ue201?"
)  # where a page or a file was cited; what they point to is not in the export
READ = ("text", "multimodal_text", "code")  # content types that a person reads as a message


class ChatGpt(ImportFormat):
    name = "chatgpt"
    title = Text.same("ChatGPT")

    def matches(self, data: Any) -> bool:
        first = data[0] if isinstance(data, list) and data else data
        return isinstance(first, dict) and isinstance(first.get("mapping"), dict)

    def threads(self, data: Any) -> Iterator[Whole]:
        for conversation in data if isinstance(data, list) else [data]:
            yield _thread(conversation)


def _thread(conversation: dict[str, Any]) -> Whole:
    nodes = conversation["mapping"]
    key = str(conversation.get("conversation_id") or conversation.get("id") or conversation.get("create_time"))
    thread_id = stable_id("conv", "chatgpt", key)
    began = float(conversation.get("create_time") or 0)
    messages: list[Message] = []
    last = began
    for node_id in _in_order(nodes):
        words = _words(nodes[node_id].get("message"))
        if words is None:
            continue
        said = nodes[node_id]["message"]
        last = max(last, float(said.get("create_time") or last))
        model = (said.get("metadata") or {}).get("model_slug") or ""
        role = said["author"]["role"]
        parent = _kept_above(nodes, nodes[node_id].get("parent"))
        messages.append(
            message_of(
                thread_id, _id(thread_id, node_id), parent and _id(thread_id, parent), role, words, last,
                model if role == "assistant" else "",
            )
        )  # fmt: skip
    leaf = _kept_above(nodes, conversation.get("current_node"))
    updated = float(conversation.get("update_time") or last)
    return thread_of(
        "chatgpt", key, conversation.get("title") or "", messages, leaf and _id(thread_id, leaf),
        created_at=began, updated_at=updated,
    )  # fmt: skip


def _in_order(nodes: dict[str, Any]) -> list[str]:
    """Parents before their children; a node that hangs on nothing begins a tree of its own."""
    found: list[str] = []
    waiting = [each for each, node in nodes.items() if node.get("parent") not in nodes][::-1]
    seen: set[str] = set()
    while waiting:
        node_id = waiting.pop()
        if node_id in seen:
            continue
        seen.add(node_id)
        found.append(node_id)
        waiting += [child for child in reversed(nodes[node_id].get("children") or []) if child in nodes]
    return found


def _words(message: dict[str, Any] | None) -> str | None:
    """What was said, or None for what is no message of the two: system prompts, tools, thoughts, hidden ones."""
    if not message or message["author"]["role"] not in ("user", "assistant"):
        return None
    if message.get("recipient", "all") != "all" or (message.get("metadata") or {}).get(
        "is_visually_hidden_from_conversation"
    ):
        return None
    content = message.get("content") or {}
    if content.get("content_type") not in READ:
        return None
    if content["content_type"] == "code":
        return f"```{content.get('language') or ''}\n{content.get('text') or ''}\n```"
    parts = [_part(part) for part in content.get("parts") or []]
    return "\n\n".join(part for part in parts if part) or None


def _part(part: Any) -> str:
    """A text; images and sounds are files of their own and only named."""
    if isinstance(part, str):
        return MARKS.sub("", part)
    kind = str((part or {}).get("content_type", ""))
    if kind == "audio_transcription":
        return str(part.get("text") or "")
    return named(kind.removesuffix("_asset_pointer").replace("_", " ")) if kind else ""


def _kept_above(nodes: dict[str, Any], node_id: str | None) -> str | None:
    """The nearest node from here upwards that is a message."""
    seen: set[str] = set()
    while node_id in nodes and node_id not in seen:
        seen.add(node_id or "")
        if _words(nodes[node_id].get("message")) is not None:
            return node_id
        node_id = nodes[node_id].get("parent")
    return None


def _id(thread_id: str, node_id: str) -> str:
    return stable_id("msg", thread_id, node_id)
