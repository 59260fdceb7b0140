"""Whatever is sent to whatever route: a sentence in the reader's language with the right status, never a fault of ours."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest

CHINESE = {"Accept-Language": "zh-CN"}
IDS = ["nothing", "a" * 3000, "名\n字", "' OR 1=1 --", "\0", "🙂", "-1", "99999999999999999999"]
BODIES = [
    b"", b"{}", b"[]", b"null", b"{", b"\xff\xfe", b'{"a":NaN}', b"[" * 50_000, b'{"name":null,"message":5,"paths":{}}',
    b'{"name":"a\\u0000b","path":"x\\u0000","url":"\\u0000","query":"\\ud800","question":"\\ud800","message":" "}',
]  # fmt: skip
QUERIES = ["page=0", "page=x", "page_size=99999999", "limit=-1", "limit=x", "offset=-5", "q=%00"]
SLOW = ("/api/v1/sample", "/api/v1/models/engines", "/api/v1/models/hub")  # what they need is not here
CHINESE_WORDS = re.compile("[\u4e00-\u9fff]")


def routes(http: httpx.Client) -> list[tuple[str, str]]:
    paths: dict[str, Any] = http.get("/openapi.json").json()["paths"]
    found = [(method, path) for path, methods in paths.items() for method in methods]
    return [(method, path) for method, path in found if not path.startswith(SLOW) and not path.endswith("/events")]


def fault(answer: httpx.Response) -> str:
    """What is wrong with an answer; "" when nothing is."""
    if answer.status_code < 400:
        return ""
    said = answer.json()
    words = said["error"]["message"] if "error" in said else said["message"]
    code = int(said["error"]["code"] if "error" in said else said["code"])
    if answer.status_code == 500:
        return f"our fault: {words}"
    if code // 100 != answer.status_code:
        return f"status {answer.status_code} with {code}"
    return "" if CHINESE_WORDS.search(words) else f"not in Chinese: {words}"


def test_every_route_refuses_what_it_cannot_take_in_the_readers_words(http: httpx.Client) -> None:
    wrong: dict[str, str] = {}
    for method, path in routes(http):
        given = [re.sub(r"{\w+}", quote(one, safe=""), path) for one in IDS] if "{" in path else [path]
        bodies = BODIES if method in ("post", "put") else [b""]
        tries = [(given[0], body) for body in bodies] + [(place, b"{}") for place in given[1:]]
        tries += [(f"{given[0]}?{query}", b"") for query in QUERIES] if method == "get" else []
        for place, body in tries:
            answer = http.request(method, place, content=body, headers=CHINESE)
            if found := fault(answer):
                wrong[f"{method} {path} {body[:40]!r}"] = found
    assert not wrong, "\n".join(f"{place}: {found}" for place, found in wrong.items())


def test_what_is_missing_and_where_there_is_nothing_is_said_in_both_languages(http: httpx.Client) -> None:
    def said(method: str, path: str, language: str) -> str:
        answer = http.request(method, path, headers={"Accept-Language": language})
        return str(answer.json()["message"])

    assert said("POST", "/api/v1/search", "en") == "“query”: A value is needed."
    assert said("POST", "/api/v1/search", "zh") == "“query”：此项必填。"
    assert said("GET", "/api/v1/datasets?page=0", "zh") == "“page”：不能小于 1。"
    assert (
        said("GET", "/no/such/route", "en")
        == "There is nothing at GET /no/such/route. /docs lists the routes there are."
    )
    assert said("PUT", "/health", "zh") == "此处不支持 PUT /health。现有路由见 /docs。"


ODD = {
    "half a character": "\ud800x",
    "a zero byte": "a\0b",
    "a long name": "x" * 5000,
    "signs": "🙂\u202e",
    "line ends": "\n\n",
}


@pytest.mark.parametrize("words", list(ODD.values()), ids=list(ODD))
def test_odd_names_and_paths_are_taken_or_refused_in_words_and_spoil_no_list(http: httpx.Client, words: str) -> None:
    step = {"id": words, "type": words, "config": {"key": words}}
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "conversations", {"title": words, "folder": words, "tools": [words]}),
        ("POST", "collections", {"name": words}),
        ("POST", "collections", {"name": "odd"}),
        ("POST", "collections/odd/documents", {"paths": [f"/tmp/{words}"]}),
        ("POST", "collections/odd/preview", {"path": f"/tmp/{words}.txt"}),
        ("POST", "collections/odd/export", {"path": f"/tmp/no/such/{words}"}),
        ("POST", "collections/import", {"path": f"/tmp/{words}", "name": words}),
        ("POST", "documents/upload", {"content": f"{words} pump", "file_name": words, "collection": "odd"}),
        ("POST", "search", {"query": words, "collection": "odd"}),
        ("POST", "datasets", {"name": words, "path": "s3://b/x/"}),
        ("POST", "datasets", {"name": "odd", "path": f"/tmp/{words}"}),
        ("POST", "sql/execute", {"sql": f"select '{words}'"}),
        ("POST", "workflows", {"name": words, "definition": {"version": "1.0", "nodes": [step], "edges": []}}),
        ("POST", "models", {"path": f"/tmp/{words}"}),
        ("PUT", "settings", {"key": words, "value": words}),
    ]
    wrong = []
    for method, path, body in asked:
        answer = http.request(method, f"/api/v1/{path}", content=json.dumps(body), headers=CHINESE)
        if found := fault(answer):
            wrong.append(f"{method} {path}: {found}")
    for path in ("conversations", "collections", "documents", "datasets", "workflows", "executions", "models"):
        if found := fault(http.get(f"/api/v1/{path}", headers=CHINESE)):
            wrong.append(f"GET {path}: {found}")
    assert not wrong, "\n".join(wrong)
