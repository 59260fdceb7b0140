from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.errors import Forbidden, Unavailable
from studio.engine.events import Events
from studio.engine.settings import Settings
from studio.engine.workflows.addressed import addresses
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.web_search import WebSearchParams, web_search
from tests.contracts.node_contract import NodeContract
from tests.workflows.nodes.web import guard, web


class TestWebSearch(NodeContract):
    name = "web_search"

    async def test_the_engine_of_the_settings_is_asked_and_its_results_are_documents(self, tmp_path: Path) -> None:
        with web() as there:
            settings = Settings(tmp_path / "settings.json", Events())
            await settings.set("tools.search_url", f"{there.address}/")
            context = Context(services=Services(egress=guard(there.address), settings=settings))
            done = await web_search("水泵 K7", context, WebSearchParams(since="month"))
            assert there.asked == ["/search?q=%E6%B0%B4%E6%B3%B5+K7&format=json&language=all&time_range=month"]
        assert [(one["number"], one["title"], one["text"]) for one in done.docs] == [
            (1, "K7 手册", "The K7 manual."),
            (2, "K9", "The K9 manual."),
        ]
        assert done.text.startswith("[1] K7 手册\nhttps://pumps.test/k7\n")
        assert addresses(done.docs) == ["https://pumps.test/k7", "https://pumps.test/k9"]  # what a crawl takes up

    async def test_without_an_engine_it_says_how_to_name_one(self) -> None:
        with pytest.raises(Unavailable, match="No search engine") as raised:
            await web_search("x", Context(), WebSearchParams())
        assert "SearXNG" in raised.value.whole().en and raised.value.fix is not None
        assert (raised.value.fix.kind, raised.value.fix.target) == ("settings", "tools")

    async def test_an_engine_that_refuses_json_or_lies_inside_is_told(self) -> None:
        with web() as there:
            there.status = 403
            params = WebSearchParams(engine=there.address)
            with pytest.raises(Forbidden):
                await web_search("x", Context(services=Services(egress=guard())), params)
            with pytest.raises(Unavailable, match="HTTP 403") as raised:
                await web_search("x", Context(services=Services(egress=guard(there.address))), params)
            assert "formats" in raised.value.whole().en
            there.endless = ("/search",)
            with pytest.raises(Unavailable, match="no list of results"):
                await web_search("x", Context(services=Services(egress=guard(there.address))), params)
            there.endless = ()
            other = WebSearchParams(engine=f"{there.address}/warranty?")
            with pytest.raises(Unavailable, match="no list of results"):
                await web_search("x", Context(services=Services(egress=guard(there.address))), other)
