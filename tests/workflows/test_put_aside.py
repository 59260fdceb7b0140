"""What steps put aside while they work: it lies in the studio's home, which empties it, and nowhere else."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from studio.engine.egress import Egress
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.mcp_servers import McpServers
from studio.engine.workflows.nodes.crawl import CrawlParams, crawl
from studio.engine.workflows.nodes.load_documents import LoadDocumentsParams, load_documents
from studio.engine.workflows.nodes.python import PythonParams, python
from tests.workflows.nodes.test_mcp_tool import named
from tests.workflows.nodes.web import guard, web


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home's folder; the system's cannot be used."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    return tmp_path / "temporary"


async def test_pages_of_the_web_are_put_aside_in_the_home(temporary: Path) -> None:
    with web() as there:
        context = Context(services=Services(egress=guard(there.address), temporary=temporary))
        page = f"{there.address}/warranty"
        crawled = await crawl(context, CrawlParams(places=[page], depth=0))
        loaded = await load_documents(context, LoadDocumentsParams(places=[page]))
    assert "24 months" in crawled.docs[0]["text"] and "24 months" in loaded[0]["text"]
    assert temporary.stat().st_mode & 0o777 == 0o700 and not list(temporary.iterdir())


async def test_code_has_its_empty_folder_in_the_home_and_reaches_no_other_there(temporary: Path) -> None:
    temporary.mkdir()
    (temporary / "page.txt").write_text("of another step")
    context = Context(services=Services(temporary=temporary))
    code = "import os\ntry:\n    os.listdir('..')\nexcept PermissionError:\n    return [os.getcwd(), os.listdir()]"
    place, within = (await python(context, PythonParams(code=code, inputs=[])))["value"]  # type: ignore[index]
    assert Path(place).parent == temporary and within == [] and not Path(place).exists()


async def test_what_a_tool_server_says_is_put_aside_in_the_home(temporary: Path, tmp_path: Path) -> None:
    file = named(tmp_path).file.path
    assert await McpServers(file, Egress(), temporary=temporary).test("pumps")
    assert temporary.exists() and not list(temporary.iterdir())


async def test_a_home_that_is_named_from_where_one_stands_is_the_same_for_a_child_that_stands_elsewhere(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(temporary.parent)
    note = temporary.parent / "note.txt"
    note.write_text("24 months")
    context = Context(Services(temporary=Path("temporary")), {"files": [str(note)]})
    assert (await load_documents(context, LoadDocumentsParams(places=[str(note)])))[0]["text"].strip() == "24 months"
