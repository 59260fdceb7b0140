from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from studio.engine.errors import BadParameter, Forbidden, NotFound, Unavailable
from studio.engine.workflows import crawling
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.crawling import Bounds, Crawl, links_of
from studio.engine.workflows.nodes.crawl import CrawlParams, crawl
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.web import guard, web


@pytest.fixture
def there() -> Iterator[Any]:
    with web() as pages:
        yield pages


def context(*granted: str) -> Context:
    return Context(services=Services(egress=guard(*granted)))


class TestCrawl(NodeContract):
    name = "crawl"
    example: ClassVar = {"places": ["https://example.org"]}

    async def test_it_reads_a_page_and_those_it_links_to_as_the_site_allows(self, there: Any) -> None:
        done = await crawl(context(there.address), CrawlParams(places=[f"{there.address}/"]))
        assert [(one["url"].removeprefix(there.address), one["depth"]) for one in done.docs] == [
            ("/", 0),
            ("/warranty?b=1", 1),
        ]
        assert "保修期为 24 个月" in done.docs[1]["text"] and done.docs[0]["title"] == "Pumps"
        assert (done.report["pages"], done.report["ended"]) == (2, "links")
        left = {url.removeprefix(there.address): why for url, why in done.report["left_out"].items()}
        assert left["/secret/prices"] == "robots.txt does not allow it" and "HTTP 404" in left["/missing"]
        assert there.asked.count("/robots.txt") == 1
        assert not {"/secret/prices", "/logo.png", "/deep", "/elsewhere"} & set(there.asked)

    async def test_robots_are_a_wish_that_a_person_may_leave_out(self, there: Any) -> None:
        params = CrawlParams(places=[f"{there.address}/secret/prices"], depth=0)
        with pytest.raises(NotFound, match="robots") as refused:
            await crawl(context(there.address), params)
        assert "robots.txt 不允许" in refused.value.message.zh
        done = await crawl(context(there.address), params.model_copy(update={"robots": False}))
        assert "Secret" in done.docs[0]["text"] and there.asked.count("/robots.txt") == 1

    async def test_other_hosts_are_visited_where_they_are_named_and_the_guard_lets_them(self, there: Any) -> None:
        params = CrawlParams(places=[f"{there.address}/"], domains=["other.test"])
        done = await crawl(context(there.address), params)
        assert "inside this network" in done.report["left_out"][f"{there.other}/elsewhere"]
        assert "/elsewhere" not in there.asked
        done = await crawl(context(there.address, there.other), params)
        assert [one["url"] for one in done.docs].count(f"{there.other}/elsewhere") == 1  # linked to, and redirected to

    async def test_depth_pages_and_size_bound_it(self, there: Any) -> None:
        here, home = context(there.address), f"{there.address}/"
        deep = await crawl(here, CrawlParams(places=[home], depth=9))
        assert [one["url"].removeprefix(there.address) for one in deep.docs] == ["/", "/warranty?b=1", "/deep"]
        assert len((await crawl(here, CrawlParams(places=[home], depth=0))).docs) == 1
        few = await crawl(here, CrawlParams(places=[home], depth=9, pages=2))
        assert (few.report["pages"], few.report["ended"]) == (2, "pages")
        with pytest.raises(Unavailable, match="longer than 1 MB"):
            await crawl(here, CrawlParams(places=[f"{there.address}/long"], page_megabytes=1))

    async def test_time_and_the_size_of_all_end_it(self, there: Any) -> None:
        told: list[str] = []
        going = Crawl(guard(there.address), Bounds(bytes=10), told.append)
        assert len([page async for page in going.pages([f"{there.address}/"])]) == 1 and going.ended == "bytes"
        going = Crawl(guard(there.address), Bounds(seconds=10), told.append, _began=time.monotonic() - 11)
        assert [page async for page in going.pages([f"{there.address}/"])] == [] and going.ended == "seconds"

    async def test_a_robots_txt_without_end_is_read_as_far_as_it_counts(self, there: Any) -> None:
        there.endless = ("/robots.txt",)
        done = await crawl(context(there.address), CrawlParams(places=[f"{there.address}/warranty"], depth=0))
        assert len(done.docs) == 1

    async def test_no_more_addresses_are_kept_than_a_bound(self, there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(crawling, "MOST_KNOWN", 2)
        done = await crawl(context(there.address), CrawlParams(places=[f"{there.address}/"], depth=9))
        assert [one["url"].removeprefix(there.address) for one in done.docs] == ["/", "/warranty?b=1"]

    async def test_the_first_address_has_to_answer(self, there: Any) -> None:
        with pytest.raises(Forbidden, match="inside this network") as raised:
            await crawl(context(), CrawlParams(places=[f"{there.address}/"]))
        assert raised.value.fix is not None and raised.value.fix.kind == "host" and there.asked == []
        with pytest.raises(Unavailable, match="404"):
            await crawl(context(there.address), CrawlParams(), [{"url": f"{there.address}/missing"}])
        with pytest.raises(BadParameter, match="no address"):
            await crawl(context(), CrawlParams())
        with pytest.raises(BadParameter, match="not an address"):
            await crawl(context(), CrawlParams(places=["file:///etc/passwd"]))
        with pytest.raises(BadParameter, match="not an address"):
            await crawl(context(), CrawlParams(places=["http://["]))

    def test_links_are_whole_addresses_each_once(self) -> None:
        page = b'<base href="/a/"><a href="b#x">1</a><a href="b">2</a><a rel="nofollow" href="c">3</a><a href="http://[">4</a>'
        assert links_of(page, "https://x.test/z/") == ["https://x.test/a/b"]
