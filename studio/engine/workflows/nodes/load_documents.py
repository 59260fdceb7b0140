"""Files, web pages and objects as documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from studio.engine.errors import StudioError
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.addressed import Place, addresses, fetched, places_of
from studio.engine.workflows.context import Context
from studio.engine.workflows.each import each
from studio.engine.workflows.node import Anything, Documents, node

if TYPE_CHECKING:
    from studio.engine.knowledge.reader import Page

SIDE_BY_SIDE = 2  # files that are read at once, each in a process of its own
FILE = Text("file {n}", "第 {n} 个文件")


class LoadDocumentsParams(Params):
    places: list[str] = param(
        [],
        Text("Where", "位置"),
        help=Text("Addresses: s3://bucket/folder or https://…", "地址：s3://桶/文件夹 或 https://…"),
    )
    by: Literal["page", "file"] = param(
        "page", Text("One document is", "每个文档为"),
        choices={"page": Text("A page", "一页"), "file": Text("A file", "一个文件")},
    )  # fmt: skip
    ocr: Literal["automatic", "always", "never"] = param(
        "automatic", Text("Text recognition (OCR)", "文字识别（OCR）"),
        choices={
            "automatic": Text("Pictures and scanned pages", "图片和扫描页"),
            "always": Text("All pages of PDFs too", "PDF 的所有页面"),
            "never": Text("Never", "从不"),
        },
    )  # fmt: skip
    on_file_error: Literal["stop", "skip"] = param(
        "stop", Text("If a file cannot be read", "文件无法读取时"),
        choices={"stop": Text("Stop the run", "停止运行"), "skip": Text("Leave it out", "略过")},
    )  # fmt: skip
    limit: int = param(1_000, Text("Files at most", "最多文件数"), ge=1, le=100_000, advanced=True)


@node(
    title=Text("Load documents", "加载文档"),
    category="sources",
    icon="files",
    doc=Text(
        "Reads PDF, Word, slides, sheets, web pages, texts and pictures as documents.",
        "把 PDF、Word、幻灯片、表格、网页、文本和图片读取为文档。",
    ),
    cached=False,
    summary=lambda params: ", ".join(params.places),
)  # fmt: skip
async def load_documents(
    context: Context, params: LoadDocumentsParams, /, files: Annotated[Anything, Text("Files", "文件")] = None
) -> Documents:
    """Read each file in a process of its own, within limits of time and memory. `page` says where a text stood; a document that
    is a whole file has `pages` with the characters at which each begins.

    Files of this computer are read only where the run was given them (by a start field, a trigger): a workflow cannot name them
    by itself, nor can a model. `Forbidden` says so.
    """
    from studio.engine.knowledge.reader import suffixes
    from studio.engine.knowledge.reading import Readers

    known = suffixes(params.ocr != "never")
    wanted = [*params.places, *addresses(files)]

    def fits(name: str) -> bool:
        return Path(name).suffix.lower() in known

    async def read_all() -> list[dict[str, Any]]:
        places = [place for address in wanted for place in await places_of(context, address, fits)][: params.limit]
        readers = Readers(context.services.temporary)

        async def one(number: int, place: Place) -> dict[str, Any]:
            async with fetched(context, place) as (file, name, title):
                return {
                    "documents": await documents_of(readers, file, name, title, place.address, params.by, params.ocr)
                }

        try:
            stands_in = None if params.on_file_error == "stop" else _nothing
            found = await each(places, one, stands_in, context, SIDE_BY_SIDE, FILE)
        finally:
            await readers.close()
        return [document for answer in found for document in (answer or {}).get("documents", [])]

    return list(await context.outside("documents", {"places": wanted, "by": params.by, "ocr": params.ocr}, read_all))


def _nothing(_: StudioError) -> None:
    return None


async def documents_of(
    readers: Any, file: Path, name: str, title: str, url: str, by: str = "file", ocr: Any = "automatic"
) -> list[dict[str, Any]]:
    """The documents in a file: its pages, or all of it. Raises what keeps it from being read."""
    from studio.engine.knowledge.reader import reader_for
    from studio.engine.knowledge.reading import Limits, Rules

    kind = reader_for(name)
    async with readers.read(file, kind.name, Limits(), Rules(ocr=ocr), name, whole=True) as reading:
        pages = [one.page async for part in reading.pages() for one in part]
    about = {"title": title or name, "file_name": name, "url": url, "unit": kind.unit}
    if by == "page":
        return [{**about, "page": page.number, "text": page.text} for page in pages if page.text.strip()]
    return [{**about, **_joined(pages)}]


def _joined(pages: list[Page]) -> dict[str, Any]:
    text, starts = "", []
    for page in pages:
        text += "\n\n" if text else ""
        starts.append({"page": page.number, "start": len(text)})
        text += page.text
    return {"text": text, "pages": starts}
