"""Pages of the web, and those that they link to, as documents."""

from __future__ import annotations

import asyncio
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from studio.engine.errors import BadParameter, NotFound
from studio.engine.files import temporary_folder
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.addressed import addresses
from studio.engine.workflows.context import Context
from studio.engine.workflows.crawling import Bounds, Crawl, Visited
from studio.engine.workflows.each import each
from studio.engine.workflows.node import Anything, Documents, Json, node
from studio.engine.workflows.nodes.load_documents import documents_of

SIDE_BY_SIDE = 2  # pages that are read at once, each in a process of its own
PAGE = Text("page {n}", "第 {n} 页")
SHOWN = 200  # addresses that were left out, in the report


class CrawlParams(Params):
    places: list[str] = param([], Text("Begin at", "起始网址"), help=Text("Addresses: https://…", "网址：https://…"))
    depth: int = param(
        1, Text("Follow links", "跟随链接层数"), ge=0, le=10, help=Text("0 reads the addresses alone.", "0 表示只读取起始网址。")
    )  # fmt: skip
    pages: int = param(50, Text("Pages at most", "最多页数"), ge=1, le=5_000)
    same_host: bool = param(True, Text("Stay on the same host", "仅限同一主机"))
    domains: list[str] = param(
        [],
        Text("Other hosts", "其他主机"),
        help=Text("example.org has its subdomains with it.", "example.org 包含其子域名。"),
        advanced=True,
    )
    robots: bool = param(True, Text("Keep to robots.txt", "遵守 robots.txt"), advanced=True)
    seconds: float = param(120.0, Text("Time limit", "时限"), gt=0, le=86_400, unit="s")
    megabytes: int = param(
        64, Text("Size of all pages", "全部页面的大小上限"), ge=1, le=4_096, unit="MB", advanced=True
    )
    page_megabytes: int = param(
        8, Text("Size of one page", "单个页面的大小上限"), ge=1, le=64, unit="MB", advanced=True
    )


class Crawled(NamedTuple):
    """The pages, and what was left out with the reason; `ended` is "links", or which bound ended it."""

    docs: Annotated[Documents, Text("Documents", "文档")]
    report: Annotated[Json, Text("Report", "报告")]


@node(
    title=Text("Web crawl", "网页抓取"),
    category="sources",
    icon="network",
    doc=Text(
        "Reads web pages and follows their links, within bounds and as robots.txt allows.",
        "读取网页并跟随其链接，受限额约束并遵守 robots.txt。",
    ),
    cached=False,
    summary=lambda params: ", ".join(params.places),
)
async def crawl(
    context: Context, params: CrawlParams, /, url: Annotated[Anything, Text("Addresses", "网址")] = None
) -> Crawled:
    """Go from page to page, one at a time, level by level. Every request passes the guard of the network: `Forbidden` names an
    address inside this network. The first addresses have to answer; others that do not are left out and told. A page is what a
    person reads of it; PDF and office files that are linked are read too."""
    starts = list(dict.fromkeys([*params.places, *addresses(url)]))
    if not starts:
        raise BadParameter(
            Text("There is no address to begin at.", "没有起始网址。"),
            Text("Type one, or wire one in.", "请填写，或通过连线传入。"),
        ).fixed_by("edit", "places")
    asked = {"starts": starts, **params.model_dump(exclude={"places"})}
    found = await context.outside("crawl", asked, lambda: _crawled(context, params, starts))
    return Crawled(found["docs"], found["report"])


async def _crawled(context: Context, params: CrawlParams, starts: list[str]) -> dict[str, Any]:
    going = Crawl(context.egress, _bounds(params), context.log)
    visited: list[Visited] = []
    with temporary_folder(context.services.temporary, "studio-crawl-") as folder:
        async for page in going.pages(starts):
            file = Path(folder) / f"{len(visited)}{Path(page.page.name).suffix}"
            await asyncio.to_thread(file.write_bytes, page.page.content)
            visited.append(Visited(page.url, page.depth, page.page._replace(content=b"")))
            context.progress(len(visited), params.pages)
        documents = await _read(context, going, visited, Path(folder))
    if not visited and going.left_out:
        why = next(iter(going.left_out.values()))
        raise NotFound(
            Text("No page could be read: {why}.", "没有可读取的页面：{why}。").format(why=why),
            Text("Try another address, or see “Keep to robots.txt”.", "请更换网址，或查看“遵守 robots.txt”选项。"),
        ).fixed_by("edit", "places")
    left = {url: why.en for url, why in islice(going.left_out.items(), SHOWN)}
    return {"docs": documents, "report": {"pages": len(visited), "ended": going.ended or "links", "left_out": left}}


async def _read(context: Context, going: Crawl, visited: list[Visited], folder: Path) -> list[dict[str, Any]]:
    from studio.engine.knowledge.reading import Readers

    readers = Readers(context.services.temporary)

    async def one(number: int, page: Visited) -> dict[str, Any]:
        file = folder / f"{number}{Path(page.page.name).suffix}"
        found = await documents_of(readers, file, page.page.name, page.page.title, page.url)
        return {"documents": [{**document, "depth": page.depth} for document in found]}

    try:
        found = await each(visited, one, lambda _: None, context, SIDE_BY_SIDE, PAGE)
    finally:
        await readers.close()
    for page, answer in zip(visited, found, strict=True):
        if answer is None:
            going.left_out[page.url] = Text("it cannot be read", "无法读取")
    return [document for answer in found for document in (answer or {}).get("documents", [])]


def _bounds(params: CrawlParams) -> Bounds:
    hosts = tuple(host.strip().lower().removeprefix("*.") for host in params.domains if host.strip())
    return Bounds(
        params.depth, params.pages, params.seconds, params.megabytes << 20, params.page_megabytes << 20, params.robots,
        not params.same_host, hosts,
    )  # fmt: skip
