"""Conversations over HTTP: asked, branched, found, exported, imported, streamed."""

from __future__ import annotations

import json
from typing import Any

import httpx

from studio.api.chat import answer
from tests.api.reading import data
from tests.chat.workshop import Workshop

SHORT = {"max_tokens": 4, "temperature": 0, "knowledge": [], "datasets": []}


def events(answer: httpx.Response) -> list[tuple[str, Any]]:
    names = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]
    parts = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    return list(zip(names, parts, strict=True))


def asked(http: httpx.Client, words: str, thread: str = "") -> dict[str, Any]:
    place = {"conversation_id": thread} if thread else {}
    return data(http.post("/api/v1/chat", json={"message": words, **SHORT, **place}))


def test_a_conversation_is_branched_edited_and_switched_back(http: httpx.Client) -> None:
    first = asked(http, "Tell of harbours.")
    thread = first["conversation_id"]
    again = data(
        http.post(f"/api/v1/conversations/{thread}/messages/{first['message_id']}/regenerate", json=SHORT_AGAIN)
    )
    assert again["message_id"] != first["message_id"]
    shown = data(http.get(f"/api/v1/conversations/{thread}"))
    assert shown["versions"][again["message_id"]] == [first["message_id"], again["message_id"]]
    question = shown["messages"][0]
    assert {"id", "role", "content", "tokens", "parent_id", "sources", "created_at"} <= set(question)
    back = data(http.post(f"/api/v1/conversations/{thread}/messages/{first['message_id']}/switch"))
    assert back[-1]["id"] == first["message_id"]
    edited = data(http.put(f"/api/v1/conversations/{thread}/messages/{question['id']}", json={"content": "Of ships."}))
    assert edited["edited"] and edited["parent_id"] is None
    fork = data(http.post(f"/api/v1/conversations/{thread}/messages/{first['message_id']}/fork"), 201)
    assert len(data(http.get(f"/api/v1/conversations/{fork['id']}/messages"))) == 2


SHORT_AGAIN = {"max_tokens": 4, "temperature": 0}


def test_an_answer_is_streamed_with_its_ids_first_and_the_whole_at_the_end(http: httpx.Client) -> None:
    told = events(http.post("/api/v1/chat", json={"message": "Tell of bridges.", "stream": True, **SHORT}))
    names = [name for name, _ in told]
    assert names[0] == "start" and names[-1] == "done" and "piece" in names
    start, done = told[0][1], told[-1][1]
    assert start["message_id"] == done["id"]
    assert "".join(part["text"] for name, part in told if name == "piece") == done["content"]


def test_words_are_found_and_threads_are_kept_in_folders_and_the_trash(http: httpx.Client) -> None:
    thread = asked(http, "What of the 灯塔 at Ushant?")["conversation_id"]
    [hit] = data(http.get("/api/v1/conversations/search", params={"q": "灯塔"}))
    assert hit["thread_id"] == thread
    data(http.put(f"/api/v1/conversations/{thread}", json={"folder": "Sea"}))
    assert [each["id"] for each in data(http.get("/api/v1/conversations", params={"folder": "Sea"}))] == [thread]
    data(http.delete(f"/api/v1/conversations/{thread}"))
    assert thread in [each["id"] for each in data(http.get("/api/v1/conversations/trash"))]
    assert http.get(f"/api/v1/conversations/{thread}").status_code == 404
    assert data(http.post(f"/api/v1/conversations/{thread}/restore"))["folder"] == "Sea"


def test_a_thread_goes_out_and_comes_in(http: httpx.Client) -> None:
    thread = asked(http, "Tell of tides.")["conversation_id"]
    assert "Tell of tides." in http.get(f"/api/v1/conversations/{thread}/export").text
    kept = http.get(f"/api/v1/conversations/{thread}/export", params={"format": "json"}).content
    assert data(http.post("/api/v1/conversations/import", content=kept), 201) == [], "it is there already"
    assert http.post("/api/v1/conversations/import", content=b"{}").status_code == 422
    assert http.get(f"/api/v1/conversations/{thread}/export", params={"format": "docx"}).status_code == 400


def test_a_file_goes_along_and_what_is_read_of_it_is_a_source(http: httpx.Client) -> None:
    file = {"file": ("tide.txt", b"The spring tide at Ushant is 7 metres high.")}
    attached = data(http.post("/api/v1/attachments", files=file), 201)
    assert attached["mode"] == "whole"
    body = {"message": "How high is the spring tide?", "attachments": [attached], **SHORT}
    answer = data(http.post("/api/v1/chat", json=body))
    assert [(source["kind"], source["title"]) for source in answer["sources"]] == [("file", "tide.txt")]


def test_an_answer_is_rated_a_workflow_run_in_its_thread_and_the_thread_kept_as_one(http: httpx.Client) -> None:
    first = asked(http, "Tell of piers.")
    thread = f"/api/v1/conversations/{first['conversation_id']}"
    rating = f"{thread}/messages/{first['message_id']}/feedback"
    assert data(http.put(rating, json={"feedback": "up"}))["feedback"] == "up"
    assert http.put(rating, json={"feedback": "splendid"}).status_code == 400
    greet = {
        "nodes": [
            {"id": "in", "type": "start", "params": {"fields": [{"name": "who"}]}},
            {"id": "say", "type": "prompt", "params": {"template": "Good day, {{ who }}."}},
            {"id": "out", "type": "output"},
        ],
        "edges": [
            {"source": "in", "source_port": "who", "target": "say", "target_port": "who"},
            {"source": "say", "source_port": "text", "target": "out", "target_port": "result"},
        ],
    }
    made = data(http.post("/api/v1/workflows", json={"name": "Greeting", "definition": greet}), 201)
    assert made["published"] is False
    published = data(http.put(f"/api/v1/workflows/{made['id']}", json={"published": True}))
    assert (published["published"], published["version"]) == (True, made["version"])
    body = {"workflow_id": made["id"], "inputs": {"who": "Ada"}}
    assert data(http.post(f"{thread}/run", json=body))["reply"] == "Good day, Ada."
    told = events(http.post(f"{thread}/run", json={**body, "stream": True}))
    names = [name for name, _ in told]
    assert list(dict.fromkeys(names)) == ["start", "working", "step", "piece", "done"]
    assert http.post(f"{thread}/run", json={"workflow_id": "wf-none"}).status_code == 404
    kept = data(http.post(f"{thread}/workflow"), 201)
    assert [node["type"] for node in kept["definition"]["nodes"]] == ["start", "prompt", "llm", "answer"]


def test_what_is_not_there_is_not_found(http: httpx.Client) -> None:
    before = len(data(http.get("/api/v1/conversations")))
    for named in ({"knowledge": ["nobody"]}, {"datasets": ["nobody"]}, {"model": "nobody"}):
        answer = http.post("/api/v1/chat", json={"message": "Hello?", **SHORT, **named})
        assert answer.status_code == 404 and "nobody" in answer.text, "it is not answered without what was named"
    assert len(data(http.get("/api/v1/conversations"))) == before
    thread = data(http.post("/api/v1/conversations", json={"title": "Empty"}), 201)["id"]
    for path in (f"conversations/{thread}/messages/msg-0/switch", f"conversations/{thread}/messages/msg-0/fork"):
        assert http.post(f"/api/v1/{path}").status_code == 404
    assert http.post("/api/v1/approvals/approval-0", json={"decision": "once"}).status_code == 404
    assert http.post("/api/v1/approvals/approval-0", json={"decision": "perhaps"}).status_code == 400


def test_an_answer_from_a_collection_is_streamed_with_what_was_retrieved_first(http: httpx.Client) -> None:
    text = {
        "content": "The lamp of the lighthouse turns once in ten seconds.",
        "file_name": "lamp.md",
        "collection": "default",
    }
    document = data(http.post("/api/v1/documents/upload", json=text), 201)
    try:
        body = {"question": "How often does the lamp of the lighthouse turn?", "top_k": 1, "stream": True}
        told = events(http.post("/api/v1/rag/query", json=body))
    finally:
        http.delete(f"/api/v1/documents/{document['doc_id']}")
        http.delete(f"/api/v1/collections/{document['collection_id']}")
    names = [name for name, _ in told]
    assert names[:2] == ["retrieved", "start"] and names[-1] == "done"
    [chunk] = told[0][1]["sources"]
    assert chunk["file_name"] == "lamp.md" and told[0][1]["retrieved_count"] == 1
    assert {"text", "score", "doc_id", "file_name", "page", "span", "metadata"} <= set(chunk)
    [source] = told[-1][1]["sources"]
    assert source["document_id"] == document["doc_id"] and source["digest"]


def test_a_question_that_is_refused_leaves_no_empty_conversation(http: httpx.Client) -> None:
    before = data(http.get("/api/v1/conversations", params={"page_size": 1000}))
    refused = [
        http.post("/api/v1/chat", json={"message": " \n"}),
        http.post("/api/v1/chat", json={"message": "Hello?", "documents": ["doc-gone"]}),
        http.post("/api/v1/chat", json={"message": "Hello?", "model": "gone", "stream": True}),
    ]
    assert [answer.status_code for answer in refused] == [400, 404, 404]
    assert data(http.get("/api/v1/conversations", params={"page_size": 1000})) == before


async def test_a_conversation_that_is_asked_without_a_stream_gets_its_title_too(workshop: Workshop) -> None:
    workshop.models.title = "Harbours"
    workshop.models.words = ["Harbours are deep."]
    thread = (await workshop.chat.create()).id
    await answer(workshop.engine, workshop.chat.ask(thread, "Please tell me all that you know of harbours."))
    await workshop.chat.titled()
    assert (await workshop.chat.thread(thread)).title == "Harbours"
