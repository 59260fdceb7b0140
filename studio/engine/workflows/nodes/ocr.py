"""The words that stand in pictures and scans, and where."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from studio.engine.errors import BadParameter, Invalid, StudioError
from studio.engine.files import temporary_folder
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.addressed import Place, addresses, fetched, places_of
from studio.engine.workflows.context import Context
from studio.engine.workflows.each import each
from studio.engine.workflows.node import Anything, Json, node

SIDE_BY_SIDE = 2  # files that are read at once, each in a process of its own
FILE = Text("file {n}", "第 {n} 个文件")
TYPES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/tiff": ".tif",
    "application/pdf": ".pdf",
}


class OcrParams(Params):
    pages: Literal["all", "scanned"] = param(
        "all", Text("Pages of PDFs", "PDF 页面"),
        choices={"all": Text("All", "全部"), "scanned": Text("Recognise those without text", "仅识别没有文字的页面")},
    )  # fmt: skip
    on_file_error: Literal["stop", "skip"] = param(
        "stop", Text("If a file cannot be read", "文件无法读取时"),
        choices={"stop": Text("Stop the run", "停止运行"), "skip": Text("Leave it out", "略过")},
    )  # fmt: skip
    limit: int = param(1_000, Text("Files at most", "最多文件数"), ge=1, le=100_000, advanced=True)


class Recognised(NamedTuple):
    """All text, pages apart by an empty line, and the pages with their lines."""

    text: Annotated[str, Text("Text", "文本")]
    layout: Annotated[Json, Text("Layout", "版面")]


@node(
    title=Text("Read text from pictures", "识别图中文字"),
    category="sources",
    icon="scan-text",
    doc=Text(
        "Recognises the text in pictures and scanned PDFs (OCR), Chinese and English, with the place of each line.",
        "识别图片和扫描 PDF 中的中英文文字（OCR），并给出每行的位置。",
    ),
    cached=False,  # an address says nothing of what lies there
)
async def ocr(
    files: Annotated[Anything, Text("Pictures or PDFs", "图片或 PDF")], context: Context, params: OcrParams
) -> Recognised:
    """Read PNG, JPEG, TIFF, WebP and PDF in a process of their own, without a model that has to be loaded; nothing leaves this
    computer. The layout is a list of pages: `file_name`, `page`, `text`, and `lines` with `text`, `confidence` (0 to 1) and `box`:
    left, top, right and bottom as shares of the page.
    """
    wanted = addresses(files)

    async def read_all() -> list[dict[str, Any]]:
        return await _read(context, params, wanted)

    shown = [address[:60] if address.startswith("data:") else address for address in wanted]
    pages = list(await context.outside("ocr", {"files": shown, **params.model_dump()}, read_all))
    return Recognised("\n\n".join(page["text"] for page in pages if page["text"]), pages)


async def _read(context: Context, params: OcrParams, wanted: list[str]) -> list[dict[str, Any]]:
    from studio.engine.knowledge.reading import Readers

    places = [place for address in wanted for place in await _places(context, address)][: params.limit]
    if not places:
        raise BadParameter(
            Text("No picture came in.", "没有传入图片。"),
            Text("Wire in s3://…, https://…, or a file that the run is given.", "请传入 s3://…、https://… 或运行时获得的文件。"),
        )  # fmt: skip
    readers = Readers(context.services.temporary)

    async def one(_: int, place: Place) -> dict[str, Any]:
        async with _file(context, place) as (file, name):
            return {"pages": await _pages(readers, file, name, params)}

    try:
        stands_in = None if params.on_file_error == "stop" else _nothing
        found = await each(places, one, stands_in, context, SIDE_BY_SIDE, FILE)
    finally:
        await readers.close()
    return [page for answer in found for page in (answer or {}).get("pages", [])]


async def _pages(readers: Any, file: Path, name: str, params: OcrParams) -> list[dict[str, Any]]:
    from studio.engine.knowledge.reader import is_pictured, reader_for
    from studio.engine.knowledge.reading import Limits, Rules

    kind = reader_for(name)
    if not is_pictured(kind.name):
        raise BadParameter(
            Text(f"{name} is neither a picture nor a PDF.", f"{name} 既不是图片也不是 PDF。"),
            Text("“Load documents” reads it.", "可用“加载文档”读取。"),
        )
    rules = Rules(ocr="always" if params.pages == "all" else "automatic")
    async with readers.read(file, kind.name, Limits(), rules, name, whole=True) as reading:
        pages = [one.page async for part in reading.pages() for one in part]
    return [
        {
            "file_name": name, "page": page.number, "text": page.text,
            "lines": [
                {"text": page.text[line.start : line.end], "box": list(line.box), "confidence": line.confidence}
                for line in page.printed
            ],
        }
        for page in pages
    ]  # fmt: skip


async def _places(context: Context, address: str) -> list[Place]:
    return [Place(address, "")] if address.startswith("data:") else await places_of(context, address, _fits)


def _fits(name: str) -> bool:
    from studio.engine.knowledge.reader import readers

    return any(reader.pictured and Path(name).suffix.lower() in reader.suffixes for reader in readers)


@asynccontextmanager
async def _file(context: Context, place: Place) -> AsyncIterator[tuple[Path, str]]:
    """A local file with what lies at a place or is written in a data address, and its name."""
    if not place.address.startswith("data:"):
        async with fetched(context, place) as (file, name, _):
            yield file, name
        return
    head, _, data = place.address.partition(",")
    ending = TYPES.get(head.removeprefix("data:").partition(";")[0])
    try:
        content = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Invalid(Text("A data address does not hold.", "数据网址无效。")) from error
    if ending is None:
        raise Invalid(Text("A data address holds no picture that can be read.", "数据网址中没有可读取的图片。"))
    with temporary_folder(context.services.temporary, "studio-picture-") as folder:
        file = Path(folder) / f"picture{ending}"
        await asyncio.to_thread(file.write_bytes, content)
        yield file, file.name


def _nothing(_: StudioError) -> None:
    return None
