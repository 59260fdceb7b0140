"""Threads go out as Markdown, JSON and JSONL, and come in from ChatGPT, Open WebUI, LM Studio and this studio."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from studio.engine.errors import BadParameter, Invalid
from tests.chat.conftest import QUESTION, Place


def chatgpt() -> list[dict[str, Any]]:
    """As ChatGPT exports: a hidden system node, a tool, two answers of which the second is shown, an image."""

    def node(id: str, parent: str | None, children: list[str], message: dict[str, Any] | None) -> dict[str, Any]:
        return {"id": id, "parent": parent, "children": children, "message": message}

    def said(role: str, parts: list[Any], at: float, kind: str = "text", **more: Any) -> dict[str, Any]:
        return {
            "id": f"m-{at}", "author": {"role": role, "name": None, "metadata": {}}, "create_time": at, "update_time": None,
            "content": {"content_type": kind, "parts": parts}, "status": "finished_successfully", "end_turn": True,
            "weight": 1.0, "metadata": {"model_slug": "gpt-4o"} | more, "recipient": "all", "channel": None,
        }  # fmt: skip

    image = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1", "width": 1, "height": 1}
    return [
        {
            "title": "水泵保修", "create_time": 1_700_000_000.5, "update_time": 1_700_000_900.0, "moderation_results": [],
            "current_node": "a2", "conversation_id": "c-1", "id": "c-1", "default_model_slug": "gpt-4o", "is_archived": False,
            "mapping": {
                "root": node("root", None, ["sys"], None),
                "sys": node("sys", "root", ["u1"], said("system", [""], 1.0, is_visually_hidden_from_conversation=True)),
                "u1": node("u1", "sys", ["think"], said("user", [image, "保修多久？"], 1_700_000_001.0, "multimodal_text")),
                "think": node("think", "u1", ["a1", "a2"], said("assistant", [], 1_700_000_002.0, "thoughts")),
                "a1": node("a1", "think", [], said("assistant", ["12 个月"], 1_700_000_003.0)),
                "a2": node("a2", "think", [], said("assistant", ["24 个月"], 1_700_000_004.0)),
            },
        }
    ]  # fmt: skip


def open_webui() -> list[dict[str, Any]]:
    messages = {
        "q": {"id": "q", "parentId": None, "childrenIds": ["a", "b"], "role": "user", "content": "How long?",
              "timestamp": 1_710_000_000, "models": ["qwen3:8b"]},
        "a": {"id": "a", "parentId": "q", "childrenIds": [], "role": "assistant", "content": "A year.", "model": "qwen3:8b",
              "modelName": "Qwen3 8B", "timestamp": 1_710_000_001, "done": True},
        "b": {"id": "b", "parentId": "q", "childrenIds": [], "role": "assistant", "content": "Two years.",
              "model": "qwen3:8b", "timestamp": 1_710_000_002, "done": True},
    }  # fmt: skip
    chat = {"id": "", "title": "Pumps", "models": ["qwen3:8b"], "params": {}, "tags": [], "timestamp": 1_710_000_000_000,
            "history": {"messages": messages, "currentId": "a"}, "messages": [messages["q"], messages["a"]]}  # fmt: skip
    return [{"id": "7e0c", "user_id": "u", "title": "Pumps", "chat": chat, "updated_at": 1_710_000_010,
             "created_at": 1_710_000_000, "share_id": None, "archived": False, "pinned": True, "meta": {}}]  # fmt: skip


def lm_studio() -> dict[str, Any]:
    answer = {
        "type": "multiStep", "role": "assistant", "senderInfo": {"senderName": "qwen3-8b"},
        "steps": [
            {"type": "contentBlock", "stepIdentifier": "1", "content": [{"type": "text", "text": "Let me think."}],
             "style": {"type": "thinking", "ended": True}},
            {"type": "contentBlock", "stepIdentifier": "2", "content": [{"type": "text", "text": "Two years."}],
             "defaultShouldIncludeInContext": True, "shouldIncludeInContext": True,
             "genInfo": {"indexedModelIdentifier": "qwen/qwen3-8b", "identifier": "qwen3-8b"}},
            {"type": "debugInfoBlock", "stepIdentifier": "3", "debugInfo": "x"},
        ],
    }  # fmt: skip
    short = {
        "type": "multiStep",
        "role": "assistant",
        "steps": [{"type": "contentBlock", "content": [{"type": "text", "text": "One."}]}],
    }
    question = {"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "How long?"}]}
    return {
        "name": "Pumps", "pinned": False, "createdAt": 1_720_000_000_000, "preset": "", "tokenCount": 12, "systemPrompt": "",
        "messages": [{"versions": [question], "currentlySelected": 0}, {"versions": [short, answer], "currentlySelected": 1}],
        "usePerChatPredictionConfig": True, "clientInput": "", "notes": [], "plugins": [],
    }  # fmt: skip


async def test_chatgpt_comes_in_with_its_branches_and_shows_the_one_it_showed(place: Place) -> None:
    [thread] = await place.chat.import_threads(json.dumps(chatgpt()).encode())
    question, answer = await place.chat.messages(thread.id)
    assert (thread.title, thread.created_at) == ("水泵保修", 1_700_000_000.5)
    assert question.content == "*[image]*\n\n保修多久？"
    assert (answer.content, answer.model) == ("24 个月", "gpt-4o")
    assert len((await place.chat.versions(thread.id))[answer.id]) == 2
    assert [hit.thread_id for hit in await place.chat.find("24 个月")] == [thread.id]


async def test_the_zip_that_chatgpt_sends_comes_in_as_it_is_and_only_once(place: Place) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("conversations.json", json.dumps(chatgpt()))
        archive.writestr("user.json", "{}")
        archive.writestr("chat.html", "<html>")
    assert len(await place.chat.import_threads(packed.getvalue())) == 1
    assert await place.chat.import_threads(packed.getvalue()) == []


async def test_open_webui_comes_in(place: Place) -> None:
    [thread] = await place.chat.import_threads(json.dumps(open_webui()).encode())
    question, answer = await place.chat.messages(thread.id)
    assert thread.pinned
    assert (question.content, answer.content, answer.model) == ("How long?", "A year.", "Qwen3 8B")
    assert question.created_at == 1_710_000_000
    assert await place.chat.branches(thread.id) == 2


async def test_lm_studio_comes_in_without_its_thoughts(place: Place) -> None:
    [thread] = await place.chat.import_threads(json.dumps(lm_studio()).encode())
    question, answer = await place.chat.messages(thread.id)
    assert (thread.title, thread.created_at) == ("Pumps", 1_720_000_000)
    assert (question.content, answer.content, answer.model) == ("How long?", "Two years.", "qwen3-8b")
    assert len((await place.chat.versions(thread.id))[answer.id]) == 2


async def test_one_goes_on_in_a_thread_that_was_brought_in(place: Place) -> None:
    [thread] = await place.chat.import_threads(json.dumps(open_webui()).encode())
    await place.ask("And then?", thread.id)
    assert [message.content for message in await place.chat.messages(thread.id)][:3] == [
        "How long?",
        "A year.",
        "And then?",
    ]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"hello", b"PK\x03\x04broken", b'{"mapping": {"a": 1}}', b"[" * 100_000]
)
async def test_a_file_of_nobodys_is_refused_with_what_is_known(place: Place, content: bytes) -> None:
    with pytest.raises(Invalid):
        await place.chat.import_threads(content)
    assert await place.chat.threads() == []


async def test_everything_of_a_thread_goes_out_and_comes_in_again(place: Place) -> None:
    await place.ask()
    [thread] = await place.chat.threads()
    answer = (await place.chat.messages(thread.id))[-1]
    [event async for event in place.chat.answer_again(thread.id, answer.id)]
    before, versions = await place.chat.messages(thread.id), await place.chat.versions(thread.id)
    kept = await place.chat.export(thread.id, "json")
    await place.chat.delete(thread.id)
    await place.chat.empty_trash()
    [back] = await place.chat.import_threads(kept.encode())
    assert await place.chat.messages(back.id) == before
    assert await place.chat.versions(back.id) == versions


async def test_markdown_has_the_words_and_the_cited_sources(place: Place) -> None:
    await place.ask()
    [thread] = await place.chat.threads()
    written = await place.chat.export(thread.id)
    assert written.startswith(f"# {QUESTION}\n\n## You · ")
    assert "It is 24 months. [1]" in written
    assert "- [1] handbook.pdf, page 13: The warranty on the K7 pump is 24 months" in written


async def test_jsonl_for_fine_tuning_has_whole_answers_without_marks(place: Place) -> None:
    await place.ask()
    [thread] = await place.chat.threads()
    [line] = (await place.chat.export(thread.id, "jsonl")).splitlines()
    assert json.loads(line)["messages"] == [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": "It is 24 months."},
    ]
    with pytest.raises(BadParameter, match="docx"):
        await place.chat.export(thread.id, "docx")
