"""Texts that go along with a question: kept on disk, read in a process of their own, whole or by the passages that fit."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.engine import ids
from studio.engine.chat.message import Attachment, Source
from studio.engine.errors import BadParameter, StudioError, Unavailable
from studio.engine.files import replacing, write_json
from studio.engine.knowledge import reading
from studio.engine.knowledge.reader import Page, reader_for
from studio.engine.knowledge.split import Piece, split
from studio.engine.knowledge.words import tokens
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.knowledge.document import PageImage
    from studio.engine.knowledge.service import Knowledge
    from studio.engine.models.service import Models
    from studio.engine.paths import Paths

log = logging.getLogger(__name__)
WHOLE_TOKENS = 1_500  # a text up to this goes in whole unless a person says otherwise
LARGEST = 256 * 1024 * 1024  # bytes of a file
PASSAGES = 4
MEANING = 0.6  # weight of nearness beside 1 for shared words
REMEMBERED = 16  # texts whose vectors are kept in memory


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a page that goes to the model; `start` and `end` are characters of the page's text."""

    page: int | None
    start: int
    end: int
    text: str
    score: float | None = None


class Attachments:
    """The files are in `attachments/`, named by their content; what was read of one stands beside it."""

    def __init__(self, paths: Paths, models: Models) -> None:
        self._folder = paths.data / "attachments"
        self._temporary = paths.temporary
        self._models = models
        self._vectors: dict[str, Any] = {}

    async def add(self, path: str | Path) -> Attachment:
        """Take a file along: it is copied and read at once. Raises `BadParameter` or `Unreadable` with the reason."""
        path = Path(path)
        kind = reader_for(path.name)
        ref, size = await asyncio.to_thread(self._keep, path)
        pages = await self._read(ref, kind.name, path.name)
        count = sum(estimated(page.text.strip()) for page in pages)
        if not count:
            raise BadParameter(Text(f"{path.name} has no text that can be read.", f"{path.name} 中没有可读取的文本。"))
        return Attachment(
            id=ids.new("att"), kind="file", ref=ref, title=path.name, tokens=count, size_bytes=size,
            mode="whole" if count <= WHOLE_TOKENS else "passages",
        )  # fmt: skip

    async def document(self, knowledge: Knowledge, document_id: str) -> Attachment:
        """A document of a collection, as an attachment."""
        document = await knowledge.document(document_id)
        made = Attachment(id=ids.new("att"), kind="document", ref=document.id, title=document.file_name)
        count = sum(estimated(page.text) for page in await self.pages(made, knowledge))
        mode: Any = "whole" if count <= WHOLE_TOKENS else "passages"
        return made.model_copy(update={"tokens": count, "size_bytes": document.size_bytes, "mode": mode})

    async def pages(self, attachment: Attachment, knowledge: Knowledge) -> list[Page]:
        """Its text by pages. Raises `Unavailable` or `NotFound` when it is gone."""
        if attachment.kind == "file":
            return await asyncio.to_thread(self._pages, attachment.ref, attachment.title)
        document = await knowledge.document(attachment.ref)
        numbers: list[int | None] = [*range(1, document.page_count + 1)] if document.page_count else [None]
        return [Page(number, await knowledge.page_text(document.id, number)) for number in numbers]

    async def page_text(self, ref: str, page: int | None) -> str:
        """The text of a file's page that spans count in."""
        pages = await asyncio.to_thread(self._pages, ref, ref)
        return next((each.text for each in pages if each.number == page), "")

    async def page_image(
        self, ref: str, page: int, spans: Sequence[tuple[int, int]] = (), width: int = 800
    ) -> PageImage | None:
        """A page of an attached PDF or picture with its spans marked; None for what has no pages."""
        kind = reader_for(ref)
        if not kind.pictured:
            return None
        pages = await asyncio.to_thread(self._pages, ref, ref)
        words = next((each for each in pages if each.number == page), Page(page, ""))
        return await reading.render(
            self._folder / ref, kind.name, words, spans, width, reading.Limits(), self._temporary
        )

    async def page_count(self, ref: str) -> int:
        return len(await asyncio.to_thread(self._pages, ref, ref))

    async def passages(self, attachment: Attachment, pages: Sequence[Page], question: str) -> list[Passage]:
        """The parts that fit a question best, in the order they stand."""
        pieces = await asyncio.to_thread(split, list(pages))
        shared = _shared(question, pieces)
        near = await self._nearness(attachment, question, pieces)
        scores = [words + MEANING * (near[place] if near else 0.0) for place, words in enumerate(shared)]
        best = sorted(sorted(range(len(pieces)), key=lambda place: -scores[place])[:PASSAGES])
        return [_passage(pieces[place], near[place] if near else None) for place in best]

    async def _nearness(self, attachment: Attachment, question: str, pieces: Sequence[Piece]) -> list[float]:
        """Cosines of the pieces to the question; nothing without an embedding model: shared words decide alone then."""
        try:
            model = (await self._models.embedder()).id
            if attachment.ref not in self._vectors:
                self._vectors[attachment.ref] = await self._models.embed(model, [piece.text for piece in pieces])
                self._vectors.pop(next(iter(self._vectors))) if len(self._vectors) > REMEMBERED else None
            asked = await self._models.embed(model, [question], purpose="query")
        except StudioError as error:
            log.info("the passages of %s go by words alone: %s", attachment.title, error)
            return []
        return [float(value) for value in self._vectors[attachment.ref] @ asked[0]]

    def _keep(self, path: Path) -> tuple[str, int]:
        """Copy a file to where its content names it."""
        try:
            size = path.stat().st_size
            if size > LARGEST:
                raise BadParameter(Text(f"{path.name} is larger than 256 MB.", f"{path.name} 超过 256 MB。"))
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            ref = f"{digest[:32]}{path.suffix.lower()}"
            target = self._folder / ref
            if not target.exists():
                with path.open("rb") as file, replacing(target) as copy:
                    shutil.copyfileobj(file, copy)
        except OSError as error:
            raise Unavailable(
                Text(f"{path.name} cannot be read: {error.strerror}.", f"无法读取 {path.name}：{error.strerror}。")
            ) from error
        return ref, size

    async def _read(self, ref: str, reader: str, name: str) -> list[Page]:
        beside = self._folder / f"{ref}.json"
        if not beside.exists():
            pages = await reading.read(self._folder / ref, reader, reading.Limits(), name, self._temporary)
            await asyncio.to_thread(write_json, beside, [page.as_dict() for page in pages])
        return await asyncio.to_thread(self._pages, ref, name)

    def _pages(self, ref: str, name: str) -> list[Page]:
        import json

        if Path(ref).name != ref:
            raise BadParameter(Text(f"There is no attachment {ref}.", f"没有附件 {ref}。"))
        try:
            return [Page.from_dict(page) for page in json.loads((self._folder / f"{ref}.json").read_bytes())]
        except (OSError, ValueError) as error:
            raise Unavailable(
                Text(f"The attachment “{name}” is no longer there.", f"附件“{name}”已不存在。"),
                Text("Attach the file again.", "请重新添加该文件。"),
            ) from error


def as_source(attachment: Attachment, passage: Passage, number: int) -> Source:
    """A passage with its chip's number."""
    return Source(
        number=number,
        kind="file" if attachment.kind == "file" else "page",
        title=attachment.title,
        quote=" ".join(passage.text.split())[:400],
        score=passage.score,
        document_id="" if attachment.kind == "file" else attachment.ref,
        attachment_id=attachment.ref if attachment.kind == "file" else "",
        page=passage.page,
        start=passage.start,
        end=passage.end,
    )


def whole(pages: Sequence[Page]) -> list[Passage]:
    """All of a text, page by page."""
    return [Passage(page.number, 0, len(page.text), page.text) for page in pages if page.text.strip()]


def estimated(text: str) -> int:
    """Tokens of a text before a model has counted them; rather too many."""
    wide = sum(1 for character in text if character >= "\u2e80")
    return wide + -(-(len(text) - wide) // 3)


def _shared(question: str, pieces: Sequence[Piece]) -> list[float]:
    """The share of the question's words that each piece has; a word that few pieces have counts more."""
    held = [set(tokens(piece.text)) for piece in pieces]
    wanted = set(tokens(question))
    weights = {word: 1 / (1 + sum(word in words for words in held)) for word in wanted}
    most = sum(weights.values()) or 1.0
    return [sum(weights[word] for word in wanted & words) / most for words in held]


def _passage(piece: Piece, score: float | None) -> Passage:
    return Passage(piece.page, piece.start, piece.end, piece.text, score)
