"""Pictures of pages: read in their order, found, shown where they stand, and only ever in a process of their own."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from studio.engine.errors import BadParameter
from studio.engine.knowledge.document import DocumentChanged
from studio.engine.knowledge.picture_text import Picture, Seen, blocks, boxes_of, pages_of
from studio.engine.knowledge.reader import Page
from studio.engine.knowledge.readers.image import Image
from studio.engine.knowledge.readers.pdf import Pdf
from studio.engine.knowledge.reading import Limits, Readers, Rules, read
from tests.contracts.reader_contract import CHINESE, SENTENCE, ReaderContract
from tests.knowledge import papers
from tests.knowledge.conftest import HANDBOOK, Room, until
from tests.knowledge.scans import pictures, same_words, scanned

HEADING = "Warranty 保修"
PAGE = [("heading", HEADING), ("text", SENTENCE), ("text", CHINESE)]
LONG = Limits(seconds=600)  # on a busy machine


class TestImage(ReaderContract):
    kind = Image
    has_pages = True

    def make(self, path: Path) -> None:
        scanned(path, [PAGE])

    @pytest.fixture
    async def pages(self, file: Path) -> list[Page]:
        return await read(file, "image", LONG)

    def test_the_words_are_there_in_both_languages(self, pages: list[Page]) -> None:
        assert SENTENCE in pages[0].text
        assert same_words(CHINESE) in same_words(pages[0].text)

    def test_every_line_says_where_it_stands_and_how_sure_it_is(self, pages: list[Page]) -> None:
        lines = pages[0].printed
        said = [pages[0].text[line.start : line.end] for line in lines]
        assert same_words("".join(said)) == same_words(pages[0].text)
        for line in lines:
            left, top, right, bottom = line.box
            assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1 and 0.8 < line.confidence <= 1
        assert [line.box[1] for line in lines] == sorted(line.box[1] for line in lines)


@pytest.mark.parametrize("ending", [".jpg", ".webp", ".tiff"])
async def test_the_usual_kinds_of_pictures_are_read(tmp_path: Path, ending: str) -> None:
    pages = [PAGE, [("text", "Second sheet of the fax.")]] if ending == ".tiff" else [PAGE]
    found = await read(scanned(tmp_path / f"a{ending}", pages), "image", LONG)
    assert [page.number for page in found] == list(range(1, len(pages) + 1))
    assert SENTENCE in found[0].text and (len(pages) == 1 or "Second sheet of the fax." in found[1].text)


async def test_a_photograph_that_a_camera_held_sideways_is_read_upright(tmp_path: Path) -> None:
    (page,) = pictures(tmp_path / "a.pdf", [PAGE])
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned by a quarter before it is shown
    page.rotate(90, expand=True).save(tmp_path / "a.jpg", exif=exif, quality=92)
    (found,) = await read(tmp_path / "a.jpg", "image", LONG)
    assert SENTENCE in found.text


async def test_a_picture_in_which_nothing_is_written_is_set_aside_with_the_reason(
    room: Room, kb: str, tmp_path: Path
) -> None:
    Pillow.new("RGB", (300, 200), "steelblue").save(tmp_path / "sky.png")
    (tmp_path / "broken.webp").write_bytes(b"RIFF no picture")
    there = await room.add(kb, tmp_path / "sky.png", tmp_path / "broken.webp")
    assert {one.status for one in there.values()} == {"quarantined"}
    reason = there["sky.png"].reason
    assert reason and "No text could be recognised in sky.png" in reason.en and "识别" in reason.zh
    assert there["broken.webp"].reason and "broken.webp is no picture" in there["broken.webp"].reason.en


async def test_only_pages_that_are_pictures_are_looked_at(tmp_path: Path) -> None:
    import pypdfium2

    printed = papers.pdf(tmp_path / "printed.pdf", [PAGE, [("text", "Chapter 4")]])
    scan = scanned(tmp_path / "scan.pdf", [[("text", "This sheet was scanned.")]])
    with pypdfium2.PdfDocument(printed) as both, pypdfium2.PdfDocument(scan) as more:
        both.import_pages(more)
        both.new_page(300, 300)  # empty
        both.save(tmp_path / "both.pdf")
    pages = await read(tmp_path / "both.pdf", "pdf", LONG)
    assert pages[:2] == Pdf().read(printed)
    assert pages[2].text == "This sheet was scanned." and pages[2].printed and pages[3].text == ""


async def test_a_document_with_text_is_cut_as_it_is_without_recognition(tmp_path: Path) -> None:
    readers, found = Readers(), []
    for rules in (Rules(ocr="automatic"), Rules(ocr="never")):
        async with readers.read(HANDBOOK, "pdf", LONG, rules) as reading:
            found.append([one async for part in reading.pages() for one in part])
    await readers.close()
    assert found[0] == found[1] and len(found[0]) == 45


async def test_a_scan_is_found_and_shown_where_it_stands(room: Room, kb: str, tmp_path: Path) -> None:
    before = [("text", "How to clean the machine, in short. " * 6)]
    scan = scanned(tmp_path / "scan.pdf", [[("text", "Cover of the manual.")], [*before, ("text", SENTENCE)]])
    document = (await room.add(kb, scan))["scan.pdf"]
    assert (document.status, document.page_count) == ("indexed", 2)
    found = (await room.knowledge.search("How long is the warranty on the K7 pump?", [kb], 1))[0]
    assert (found.matched, found.chunk.page) == (SENTENCE, 2)
    span = (found.matched_start, found.matched_end)
    image = await room.knowledge.page_image(document.id, 2, [span], width=600)
    assert image.png.startswith(b"\x89PNG") and image.width == 600 and 1 <= len(image.rectangles) <= 2
    for x, y, width, height in image.rectangles:
        assert x > 0 and x + width < image.width and y > 50 and y + height < image.height
        assert width > 40 and 8 < height < 40

    picture = scanned(tmp_path / "photo.png", [PAGE])
    photo = (await room.add(kb, picture))["photo.png"]
    image = await room.knowledge.page_image(photo.id, 1, [(0, 8)], width=400)
    assert image.width == 400 and len(image.rectangles) == 1


async def test_a_collection_may_leave_pictures_alone(room: Room, tmp_path: Path) -> None:
    kb = (await room.knowledge.create("Texts", ocr="never")).id
    folder = tmp_path / "folder"
    folder.mkdir()
    scan, photo = scanned(folder / "scan.pdf", [PAGE]), scanned(folder / "photo.png", [PAGE])
    there = await room.add(kb, folder)
    assert there.keys() == {"scan.pdf"} and there["scan.pdf"].status == "quarantined"
    there = await room.add(kb, photo)  # named by itself it says why
    assert there["photo.png"].status == "quarantined" and "OCR" in there["photo.png"].reason.en
    with pytest.raises(BadParameter, match="automatic, never"):
        await room.knowledge.update(kb, ocr="sometimes")
    await room.knowledge.update(kb, ocr="automatic")
    await room.done(await room.knowledge.reindex(kb))
    assert {one.status for one in await room.knowledge.documents(kb)} == {"indexed"}
    assert SENTENCE in await room.knowledge.page_text(there[scan.name].id, 1)


async def test_scans_keep_their_places_in_a_file_that_is_taken_along(room: Room, kb: str, tmp_path: Path) -> None:
    document = (await room.add(kb, scanned(tmp_path / "scan.png", [PAGE])))["scan.png"]
    await room.done(await room.knowledge.packages.export(kb, tmp_path / "all.knowledge"))
    taken = await room.knowledge.packages.take(tmp_path / "all.knowledge", "Taken")
    (other,) = await room.knowledge.documents(taken.id)
    one, two = [await room.knowledge.page_image(id, 1, [(0, 8)]) for id in (document.id, other.id)]
    assert one.rectangles == two.rectangles and len(one.rectangles) == 1


async def test_reading_a_long_scan_tells_how_far_it_is_and_ends_at_once(room: Room, kb: str, tmp_path: Path) -> None:
    shares: list[float] = []
    room.events.subscribe(DocumentChanged, lambda event: shares.append(event.document.progress or 0.0))
    job = await room.knowledge.add_files(kb, [scanned(tmp_path / "long.tiff", [PAGE] * 30)])

    async def under_way() -> bool:
        return any(0 < share < 0.1 for share in shares)

    await until(under_way, 120)
    (worker,) = room.knowledge._indexing.index.readers._living
    assert "rapidocr" not in sys.modules and "cv2" not in sys.modules
    await room.jobs.cancel(job.id)
    await worker.child.wait()

    async def stopped() -> bool:
        (document,) = await room.knowledge.documents(kb)
        return document.status == "failed" and document.chunk_count == 0

    await until(stopped, 60)


async def test_it_tells_after_each_page_how_much_is_read(tmp_path: Path) -> None:
    readers, told = Readers(), list[float]()
    file = scanned(tmp_path / "a.tiff", [PAGE] * 2)
    async with readers.read(file, "image", LONG, Rules(), told=told.append) as reading:
        assert (told, reading.page_count) == ([0.5, 1.0], 2)
    await readers.close()


async def test_nothing_of_it_reaches_the_network(tmp_path: Path) -> None:
    """The reader finds its models where there is no network at all."""
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    able = await asyncio.create_subprocess_exec(*alone, "true", stderr=asyncio.subprocess.DEVNULL)
    if await able.wait():
        pytest.skip("processes without a network cannot be made here")
    code = (
        "import sys; from pathlib import Path; from studio.engine.knowledge.ocr import Ocr;"
        "from studio.engine.knowledge.readers.image import Image;"
        "print(Image(Ocr(lambda *_: None)).read(Path(sys.argv[1]))[0].text)"
    )
    file = scanned(tmp_path / "a.png", [PAGE])
    child = await asyncio.create_subprocess_exec(
        *alone, sys.executable, "-c", code, str(file), stdout=asyncio.subprocess.PIPE, cwd=HANDBOOK.parents[2]
    )
    out, _ = await child.communicate()
    assert SENTENCE in out.decode()


# The order of what was seen, without recognising anything


def seen(text: str, left: float, top: float, width: float, height: float = 20) -> Seen:
    return Seen(text, left, top, left + width, top + height, 0.9)


def columns() -> list[Seen]:
    left = [seen(f"left {n} running on and on", 50, 100 + 30 * n, 400) for n in range(5)]
    right = [seen(f"right {n} running on and on", 500, 98 + 30 * n, 400) for n in range(5)]
    return [seen("A title across the page that is long", 50, 20, 850), *left, *right]


def test_columns_are_read_one_after_the_other_and_what_stands_across_them_first() -> None:
    words = [[one.text.split()[0] for one in block] for block in blocks(columns())]
    assert words == [["A"], ["left"] * 5, ["right"] * 5]


def test_a_table_is_read_row_by_row() -> None:
    cells = [
        seen(text, 50 + 300 * n, 100 + 40 * row, 12 * len(text))
        for row in range(4)
        for n, text in enumerate(("E01", "No pressure", "24 months"))
    ]
    (page,) = pages_of({1: Picture(1000, 1000, list(reversed(cells)))})
    assert page.text.split("\n") == ["E01 No pressure 24 months"] * 4


def test_a_part_of_a_line_is_marked_where_about_it_stands() -> None:
    (page,) = pages_of({3: Picture(1000, 1000, [seen("水泵 24 months", 100, 100, 300)])})
    assert page.number == 3 and boxes_of(page, [(0, len(page.text))]) == [page.printed[0].box]
    ((left, _, right, _),) = boxes_of(page, [(0, 2)])
    assert left == 0.1 and 0.17 < right < 0.22


def test_lines_of_one_size_become_a_paragraph_and_a_larger_one_a_heading() -> None:
    lines: list[Any] = [seen("4.2 Pumps 水泵", 100, 50, 190, 30)]
    lines += [seen("all words of a line that is full, and goes on", 100, 120 + 30 * n, 420 + n % 2) for n in range(3)]
    (page,) = pages_of({1: Picture(1000, 1000, lines)})
    assert page.headings[0].title == "4.2 Pumps 水泵" and page.text.count("\n") == 1
