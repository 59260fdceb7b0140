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


async def test_what_newer_exports_of_chatgpt_carry_beside_the_words_is_left_out(place: Place) -> None:
    """The shape of exports of 2025: custom instructions, thoughts, code for a tool, its output, citations, voice."""
    conversation = chatgpt()[0]
    mapping, now = conversation["mapping"], 1_700_000_010.0

    def more(id: str, parent: str, role: str, content: dict[str, Any], recipient: str = "all", **metadata: Any) -> None:
        mapping[parent]["children"].append(id)
        author = {"role": role, "name": "python" if role == "tool" else None, "metadata": {}}
        mapping[id] = {"id": id, "parent": parent, "children": [], "message": {
            "id": id, "author": author, "create_time": None if metadata else now, "update_time": None, "content": content,
            "status": "finished_successfully", "end_turn": None, "weight": 1, "metadata": metadata, "recipient": recipient,
            "channel": None,
        }}  # fmt: skip

    context = {
        "content_type": "user_editable_context",
        "user_profile": "I mend pumps.",
        "user_instructions": "Be short.",
    }
    more("context", "sys", "user", context, is_visually_hidden_from_conversation=True, is_user_system_message=True)
    voice = {"content_type": "audio_transcription", "text": "And in 华南?", "direction": "in", "decoding_id": None}
    sound = {
        "content_type": "audio_asset_pointer",
        "asset_pointer": "sediment://file_1",
        "size_bytes": 9,
        "format": "wav",
    }
    more("u2", "a2", "user", {"content_type": "multimodal_text", "parts": [voice, sound]})
    more("plan", "u2", "assistant", {"content_type": "thoughts", "thoughts": [{"summary": "Hm", "content": "…"}]})
    more("code", "plan", "assistant", {"content_type": "code", "language": "unknown", "text": "print(47)"}, "python")
    more("out", "code", "tool", {"content_type": "execution_output", "text": "47"})
    more("recap", "out", "assistant", {"content_type": "reasoning_recap", "content": "Thought for 4s"})
    cited = "47 were returned. \ue200filecite\ue202turn0file0\ue201"
    more("a3", "recap", "assistant", {"content_type": "text", "parts": [cited]}, content_references=[])
    conversation["current_node"], conversation["title"] = "a3", None
    [thread] = await place.chat.import_threads(json.dumps(conversation).encode())
    shown = await place.chat.messages(thread.id)
    assert [message.content.strip() for message in shown[2:]] == ["And in 华南?\n\n*[audio]*", "47 were returned."]
    assert thread.title == "保修多久？", "without a title it is called as its first question"


async def test_open_webui_comes_in_with_ratings_and_without_thoughts_also_from_before_it_had_branches(
    place: Place,
) -> None:
    export = open_webui()
    history = export[0]["chat"]["history"]
    thoughts = '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n> Hm\n</details>\n'
    history["messages"]["a"] |= {"content": f"{thoughts}A year.", "annotation": {"rating": 1, "tags": ["clear"]},
                                 "statusHistory": [], "sources": [], "usage": {}}  # fmt: skip
    history["messages"]["b"] |= {"annotation": {"rating": -1}}
    early = {"id": "old", "title": "Old", "created_at": 1_690_000_000, "updated_at": 1_690_000_009, "chat": {
        "title": "Old", "models": ["llama2"], "timestamp": 1_690_000_000_000, "messages": [
            {"id": "1", "role": "user", "content": "Hi"}, {"id": "2", "role": "assistant", "content": "Hello", "model": "llama2"},
        ]}}  # fmt: skip
    first, second = await place.chat.import_threads(json.dumps([*export, early]).encode())
    answer = (await place.chat.messages(first.id))[-1]
    assert (answer.content, answer.feedback) == ("A year.", "up")
    assert sorted(each.feedback for each in await place.chat._threads.every(first.id)) == ["", "down", "up"]
    assert [(each.role, each.content) for each in await place.chat.messages(second.id)] == [
        ("user", "Hi"), ("assistant", "Hello"),
    ]  # fmt: skip


async def test_lm_studio_comes_in_with_files_named_and_tools_left_out(place: Place) -> None:
    conversation = lm_studio()
    call = [
        {"type": "text", "text": "Let me look."},
        {"type": "toolCallRequest", "callId": 1, "name": "search", "parameters": {}},
    ]
    result = [{"type": "toolCallResult", "toolCallId": 1, "content": "[]"}]
    conversation["messages"][1]["versions"][1]["steps"][1:1] = [
        {"type": "contentBlock", "stepIdentifier": "a", "content": call},
        {
            "type": "toolStatus",
            "stepIdentifier": "b",
            "callId": 1,
            "statusState": {"status": {"type": "toolCallSucceeded"}},
        },
        {"type": "contentBlock", "stepIdentifier": "c", "content": result},
    ]
    file = {"type": "file", "fileIdentifier": "1720 - pump.pdf", "fileType": "text/plain", "sizeBytes": 9}
    conversation["messages"][0]["versions"][0]["content"].insert(0, file)
    conversation |= {"name": "", "userLastMessagedAt": 1_720_000_005_000, "assistantLastMessagedAt": 1_720_000_009_000}
    [thread] = await place.chat.import_threads(json.dumps(conversation).encode())
    question, answer = await place.chat.messages(thread.id)
    assert question.content == "*[1720 - pump.pdf]*\n\nHow long?"
    assert answer.content == "Let me look.\n\nTwo years."
    assert (thread.title, thread.updated_at) == ("How long?", 1_720_000_009)


async def test_open_webui_brings_files_tools_errors_and_the_system_prompt(place: Place) -> None:
    """What 0.6 and later write: `files` beside the words, tool traces in them, a system message in the tree, an error."""
    export = open_webui()
    chat = export[0]["chat"]
    there = chat["history"]["messages"]
    image = {"type": "image", "url": "data:image/png;base64,AAAA"}
    document = {"type": "file", "id": "f", "file": {"id": "f", "filename": "pump.pdf"}, "status": "uploaded"}
    there["q"]["files"] = [image, document]
    trace = (
        '<details type="tool_calls" done="true" id="c1" name="get_stock" arguments="&quot;{\\&quot;part\\&quot;: 7}&quot;" '
        'result="&quot;12 left&quot;" files="" embeds="">\n<summary>Tool Executed</summary>\n</details>\n'
    )
    there["a"]["content"] = f"{trace}Twelve."
    there["s"] = {"id": "s", "parentId": "a", "childrenIds": ["q2"], "role": "system", "content": "Be brief."}
    there["q2"] = {"id": "q2", "parentId": "s", "childrenIds": ["e"], "role": "user", "content": "More?",
                   "timestamp": 1_710_000_003}  # fmt: skip
    there["e"] = {"id": "e", "parentId": "q2", "childrenIds": [], "role": "assistant", "content": "",
                  "error": {"content": "Server is gone"}, "timestamp": 1_710_000_004}  # fmt: skip
    chat["history"]["currentId"], chat["params"] = "e", {"system": "You mend pumps."}
    [thread] = await place.chat.import_threads(json.dumps(export).encode())
    shown = await place.chat.messages(thread.id)
    assert [each.content for each in shown] == [
        "*[image]*\n\n*[pump.pdf]*\n\nHow long?", "Twelve.", "More?", "Server is gone",
    ]  # fmt: skip
    rules, call = shown[1].steps
    assert (rules.title.en, rules.detail.en) == ("System prompt in Open WebUI", "You mend pumps.")
    assert (call.kind, call.title.en, call.arguments, call.text) == ("tool", "get_stock", {"part": 7}, "12 left")


async def test_lm_studio_brings_tools_pictures_the_system_prompt_and_plain_texts(place: Place) -> None:
    conversation = lm_studio()
    parts = [
        {"type": "toolCallRequest", "callId": 4, "name": "get_stock", "parameters": {"part": 7}},
        {"type": "toolCallResult", "toolCallId": 4, "content": [{"type": "text", "text": "12 left"}]},
    ]
    answer = conversation["messages"][1]["versions"][1]
    answer["steps"][1:1] = [{"type": "contentBlock", "content": [part]} for part in parts]
    picture = {"type": "file", "fileIdentifier": "1720 - pump.png", "fileType": "image", "sizeBytes": 9}
    conversation["messages"][0]["versions"][0]["content"].insert(0, picture)
    early = {"type": "singleStep", "role": "assistant", "content": "As it was."}
    conversation["messages"].append({"versions": [early]})
    fields = [{"key": "llm.prediction.systemPrompt", "value": "You mend pumps."}]
    conversation["perChatPredictionConfig"] = {"fields": fields}
    [thread] = await place.chat.import_threads(json.dumps(conversation).encode())
    question, said, last = await place.chat.messages(thread.id)
    assert (question.content, last.content) == ("*[1720 - pump.png]*\n\nHow long?", "As it was.")
    [call] = said.steps
    assert (call.title.en, call.arguments) == ("get_stock", {"part": 7}) and "12 left" in call.text
    other = next(each for each in await place.chat._threads.every(thread.id) if each.content == "One.")
    assert other.steps[0].detail.en == "You mend pumps.", "it is said once, at the first answer"
    assert await place.chat.import_threads(json.dumps(lm_studio() | {"messages": []}).encode()) == [], "an empty chat"


async def test_a_bad_file_is_refused_with_the_place_that_is_bad(place: Place) -> None:
    first, second = open_webui()[0], open_webui()[0]
    second |= {"id": "8f", "title": "Valves"}
    second["chat"]["history"]["messages"]["a"]["timestamp"] = "yesterday"
    braces = json.dumps([first, second]).replace('"yesterday"', '"{x}"')
    cut = json.dumps([first], indent=1)[:-40]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("conversations-000.json", json.dumps(chatgpt()))
        archive.writestr("conversations-001.json", "[{]")
    for content, place_of_it in (
        (json.dumps([first, second]).encode(), "conversation 2 “Valves”"),
        (braces.encode(), "could not convert string to float: '{x}'"),
        (cut.encode(), f"line {cut.count(chr(10)) + 1}, column"),
        (packed.getvalue(), "“conversations-001.json” in the ZIP is no JSON: line 1, column 3"),
        (
            json.dumps([chatgpt()[0], {"title": "Odd", "mapping": {"a": {"message": {"content": {}}}}}]).encode(),
            "“Odd”",
        ),
    ):
        with pytest.raises(Invalid) as told:
            await place.chat.import_threads(content)
        assert place_of_it in told.value.message.en
        assert told.value.message.zh != told.value.message.en
    assert await place.chat.threads() == [], "nothing is brought in by halves"


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


async def test_what_a_person_thought_of_an_answer_is_kept_and_goes_out(place: Place) -> None:
    done = (await place.ask())[-1].message
    thread = done.thread_id
    before = (await place.chat.thread(thread)).updated_at
    assert (await place.chat.rate(thread, done.id, "down")).feedback == "down"
    assert (await place.chat.thread(thread)).updated_at == before, "a rating brings no thread to the front"
    await place.close()
    await place.open()
    assert (await place.chat.messages(thread))[-1].feedback == "down"
    turns = json.loads(await place.chat.export(thread, "jsonl"))["messages"]
    assert [turn.get("weight") for turn in turns] == [None, 0], "it is read and not learnt from"
    assert json.loads(await place.chat.export(thread, "json"))["messages"][-1]["feedback"] == "down"
    assert (await place.chat.edit(thread, done.id, "Better.")).feedback == "", "it was said of the other words"
    await place.chat.rate(thread, done.id, "")
    assert "weight" not in await place.chat.export(thread, "jsonl")
    with pytest.raises(BadParameter):
        await place.chat.rate(thread, done.parent_id or "", "up")


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
    [again] = await place.chat.import_threads(f"{line}\n".encode())
    said = await place.chat.messages(again.id)
    assert [(each.role, each.content) for each in said] == [("user", QUESTION), ("assistant", "It is 24 months.")]
    assert again.title == QUESTION and await place.chat.import_threads(line.encode()) == [], "it is there once"
    with pytest.raises(BadParameter, match="docx"):
        await place.chat.export(thread.id, "docx")


async def test_jsonl_brings_a_thread_for_each_line_with_its_rules_and_weights(place: Place) -> None:
    def line(*turns: tuple[str, Any], **more: Any) -> str:
        return json.dumps({"messages": [{"role": role, "content": content} | more for role, content in turns]})

    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:"}}]
    lines = [
        line(("system", "Be brief."), ("user", parts), ("assistant", "A pump.")),
        "",
        line(("user", "Q"), ("assistant", "A"), weight=0),
    ]
    first, second = sorted(
        await place.chat.import_threads("\n".join(lines).encode()), key=lambda each: -len(each.title)
    )
    question, answer = await place.chat.messages(first.id)
    assert question.content == "What is this?\n\n*[image_url]*" and first.title == "What is this?"
    assert answer.steps[0].detail.en == "Be brief."
    assert [each.feedback for each in await place.chat.messages(second.id)] == ["", "down"]
    for bad, told in ((f"{lines[0]}\n{{]", "line 2"), (f'{lines[0]}\n{{"prompt": 1}}', "conversation 2")):
        with pytest.raises(Invalid, match=told):
            await place.chat.import_threads(bad.encode())
