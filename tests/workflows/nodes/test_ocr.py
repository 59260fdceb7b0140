from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from studio.engine.errors import BadParameter, Forbidden, Invalid, StudioError
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.load_documents import LoadDocumentsParams, load_documents
from studio.engine.workflows.nodes.ocr import OcrParams, ocr
from tests.contracts.node_contract import NodeContract
from tests.knowledge import papers
from tests.knowledge.scans import same_words, scanned
from tests.workflows.conftest import rooms
from tests.workflows.nodes.objects import bucket

__all__ = ["bucket", "rooms"]

SENTENCE, CHINESE = "The pump is leaking.", "水泵保修二十四个月。"
PAGE = [("text", SENTENCE), ("text", CHINESE)]


def given(path: Path) -> Context:
    return Context(services=Services(), inputs={"file": str(path)})


class TestOcr(NodeContract):
    name = "ocr"

    async def test_a_picture_gives_its_text_and_where_each_line_stands(self, tmp_path: Path) -> None:
        file = scanned(tmp_path / "a.png", [PAGE])
        text, layout = await ocr(str(file), given(file), OcrParams())
        assert same_words(text) == same_words(SENTENCE) + CHINESE
        (page,) = layout
        assert (page["file_name"], page["page"], page["text"]) == ("a.png", 1, text)
        assert [same_words(line["text"]) for line in page["lines"]] == [same_words(SENTENCE), CHINESE]
        above, below = (line["box"] for line in page["lines"])
        assert above[3] <= below[1] + 0.02 and all(0 < edge < 1 for edge in (*above, *below))
        assert all(0.8 < line["confidence"] <= 1 for line in page["lines"])

    async def test_of_a_pdf_all_pages_are_recognised_or_only_those_without_text(self, tmp_path: Path) -> None:
        file = papers.pdf(tmp_path / "a.pdf", [PAGE])
        _, layout = await ocr(str(file), given(file), OcrParams(pages="scanned"))
        assert SENTENCE in layout[0]["text"] and layout[0]["lines"] == []
        _, layout = await ocr(str(file), given(file), OcrParams())
        assert same_words(SENTENCE) in same_words(layout[0]["text"]) and len(layout[0]["lines"]) == 2

    async def test_pictures_come_from_buckets_and_data_addresses(self, bucket: Any, tmp_path: Path) -> None:
        content = scanned(tmp_path / "a.png", [PAGE]).read_bytes()
        await bucket.put("s3://in/scans/b.png", content)
        await bucket.put("s3://in/scans/notes.txt", b"no picture")
        data = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        text, layout = await ocr(["s3://in/scans", data], Context(services=Services(objects=bucket)), OcrParams())
        assert [page["file_name"] for page in layout] == ["b.png", "picture.png"]
        assert same_words(text).count(same_words(SENTENCE)) == 2

    async def test_what_cannot_be_read_stops_the_run_or_is_left_out(self, tmp_path: Path) -> None:
        file = scanned(tmp_path / "a.png", [PAGE])
        (tmp_path / "b.png").write_bytes(b"<svg onload=alert(1)>")
        with pytest.raises(Invalid, match="b.png is no picture"):  # noqa: RUF043
            await ocr(str(tmp_path), given(tmp_path), OcrParams())
        text, layout = await ocr(str(tmp_path), given(tmp_path), OcrParams(on_file_error="skip"))
        assert len(layout) == 1 and same_words(SENTENCE) in same_words(text)
        (tmp_path / "c.txt").write_text("words")
        with pytest.raises(BadParameter, match="neither a picture nor a PDF"):
            await ocr(str(tmp_path / "c.txt"), given(tmp_path), OcrParams())
        for nothing in ("", "data:image/png;base64,%%%", "data:text/plain;base64,aGk="):
            with pytest.raises(StudioError):
                await ocr(nothing, given(file), OcrParams())
        with pytest.raises(Forbidden, match="not given"):
            await ocr(str(file), Context(), OcrParams())

    async def test_a_run_that_is_stopped_ends_its_reader(self, tmp_path: Path) -> None:
        file = scanned(tmp_path / "long.tiff", [PAGE] * 60)
        running = asyncio.ensure_future(ocr(str(file), given(file), OcrParams()))

        def readers() -> set[int]:
            found = set()
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
                    if int(parent) == int(Path("/proc/self").resolve().name) and b"read_worker" in (
                        process / "cmdline"
                    ).read_bytes():  # fmt: skip
                        found.add(int(process.name))
                except (OSError, IndexError, ValueError):
                    continue
            return found

        async with asyncio.timeout(60):
            while not readers():
                await asyncio.sleep(0.02)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not readers()


async def test_documents_are_loaded_from_pictures_too_unless_that_is_off(bucket: Any, tmp_path: Path) -> None:
    await bucket.put("s3://in/a.png", scanned(tmp_path / "a.png", [PAGE]).read_bytes())
    await bucket.put("s3://in/b.txt", SENTENCE.encode())
    await bucket.put("s3://in/c.pdf", scanned(tmp_path / "c.pdf", [PAGE]).read_bytes())
    context = Context(services=Services(objects=bucket))
    found = await load_documents(context, LoadDocumentsParams(places=["s3://in"]))
    assert [(one["file_name"], one["page"]) for one in found] == [("a.png", 1), ("b.txt", None), ("c.pdf", 1)]
    assert same_words(CHINESE) in same_words(found[0]["text"]) and same_words(CHINESE) in same_words(found[2]["text"])
    never = LoadDocumentsParams(places=["s3://in"], ocr="never", on_file_error="skip")
    assert [one["file_name"] for one in await load_documents(context, never)] == ["b.txt"]
