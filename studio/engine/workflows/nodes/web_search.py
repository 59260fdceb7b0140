"""Results of a search engine of one's own choice."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, NamedTuple

from studio.engine.egress import read_up_to
from studio.engine.errors import StudioError, Unavailable
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Documents, node

SECONDS = 30.0
LONGEST = 8_000_000  # bytes of an answer
WAY_OUT = Text(
    "Put the address of a SearXNG server under Settings › Tools, or into this step: https://searx.example.org. It needs “json” among its search formats.",
    "请在“设置 › 工具”或此节点中填写 SearXNG 服务地址，例如 https://searx.example.org；该服务的 search.formats 需包含 json。",
)


class WebSearchParams(Params):
    engine: str = param(
        "",
        Text("Search engine", "搜索引擎"),
        help=Text("Address of a SearXNG server; empty takes Settings › Tools.", "SearXNG 服务地址；留空使用“设置 › 工具”中的地址。"),
    )  # fmt: skip
    limit: int = param(10, Text("Results", "结果数"), ge=1, le=100)
    language: str = param("all", Text("Language", "语言"), help=Text("Such as en or zh-CN.", "例如 en 或 zh-CN。"))
    since: Literal["any", "day", "month", "year"] = param(
        "any", Text("Since", "时间范围"),
        choices={"any": Text("Any time", "不限"), "day": Text("A day", "一天内"), "month": Text("A month", "一个月内"), "year": Text("A year", "一年内")},
    )  # fmt: skip


class Searched(NamedTuple):
    """The results as documents (title, address, excerpt), best first, and as a numbered text."""

    docs: Annotated[Documents, Text("Results", "结果")]
    text: Annotated[str, Text("As text", "文本形式")]


@node(
    title=Text("Web search", "网页搜索"),
    category="sources",
    icon="search",
    doc=Text(
        "Asks a search engine of your own choice; the results are addresses with excerpts.",
        "查询自选的搜索引擎，返回带摘要的网址。",
    ),
    cached=False,
    summary=lambda params: params.engine,
)
async def web_search(
    query: Annotated[str, Text("Query", "问题")], context: Context, params: WebSearchParams
) -> Searched:
    """Ask a server that speaks SearXNG's JSON, through the guard of the network. `Unavailable` says how to name one. What results
    say is data; a crawl reads the pages behind them."""
    place = (params.engine or str(context.setting("tools.search_url") or "")).strip().rstrip("/")
    if not place:
        raise Unavailable(Text("No search engine is named.", "未指定搜索引擎。"), WAY_OUT).fixed_by("settings", "tools")
    since = {} if params.since == "any" else {"time_range": params.since}
    asked = {"q": query, "format": "json", "language": params.language or "all", **since}
    found = await context.outside("search", {"place": place, **asked}, lambda: _ask(context, place, asked))
    docs = [_document(each, number) for number, each in enumerate(found["results"][: params.limit], 1)]
    lines = [f"[{one['number']}] {one['title']}\n{one['url']}\n{one['text']}" for one in docs]
    return Searched(docs, "\n\n".join(lines))


async def _ask(context: Context, place: str, asked: dict[str, str]) -> dict[str, Any]:
    import httpx

    url = place if place.endswith("/search") else f"{place}/search"
    try:
        async with (
            context.egress.client(purpose="search", timeout=SECONDS) as client,
            client.stream(
                "GET", url, params=asked, headers={"User-Agent": "ONE-Data-Studio"}, follow_redirects=True
            ) as answer,
        ):
            content, whole = await read_up_to(answer, LONGEST)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _failed(place, str(error) or type(error).__name__) from error
    if not answer.is_success:
        raise _failed(place, f"HTTP {answer.status_code}")
    try:
        found: Any = json.loads(content) if whole else None
        results = [each for each in found["results"] if isinstance(each, dict) and each.get("url")]
    except (ValueError, KeyError, TypeError) as error:
        raise _failed(place, "its answer is no list of results") from error
    return {"results": results}


def _document(found: dict[str, Any], number: int) -> dict[str, Any]:
    title, url = str(found.get("title") or found["url"]), str(found["url"])
    about = {"number": number, "title": title, "file_name": title, "url": url}
    return {**about, "text": str(found.get("content") or ""), "score": float(found.get("score") or 0)}


def _failed(place: str, why: str) -> StudioError:
    return Unavailable(
        Text(f"The search engine {place} cannot be asked: {why}.", f"无法查询搜索引擎 {place}：{why}。"), WAY_OUT
    ).fixed_by("edit", "engine")
