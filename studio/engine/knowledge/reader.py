"""The contract of a document reader, and the readers there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from studio.engine.errors import BadParameter, Invalid
from studio.engine.registry import Registry
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.knowledge.ocr import Ocr


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that begins at character `start` of its page; `level` 1 is the highest."""

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, or a line of a source file, that begins at character `start` of its page; `number` counts from 1.

    `fields` are the cells of a table's row, by which it can be found; None says that this is a line, not a chunk of its own.
    """

    start: int
    number: int
    fields: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """A line that was recognised in a picture: characters `start:end` of its page's text, where it stands (left, top, right and
    bottom as shares of the page), and how sure that is, 0 to 1."""

    start: int
    end: int
    box: tuple[float, float, float, float]
    confidence: float

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Printed:
        left, top, right, bottom = values["box"]
        return cls(values["start"], values["end"], (left, top, right, bottom), values["confidence"])


@dataclass(frozen=True, slots=True)
class Page:
    """The text of one page. `number` counts from 1 and is None where the format has no pages; `printed` are the lines of a page
    that was read from a picture."""

    number: int | None
    text: str
    headings: list[Heading] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    printed: list[Printed] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Page:
        headings = [Heading(**heading) for heading in values.get("headings", [])]
        rows = [Row(**row) for row in values.get("rows", [])]
        printed = [Printed.from_dict(line) for line in values.get("printed", [])]
        return cls(values["number"], values["text"], headings, rows, printed)


Unit = Literal["page", "slide", "sheet", "chapter", "rows", "line"]


class Unreadable(Invalid):
    """This very file cannot be read: damaged, locked or not what its name says."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as PNG. `boxes` are left, top, right and bottom of spans of its text, as shares of it."""

    png: bytes
    width: int
    height: int
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)


class Reader(ABC):
    """Reads one format. Runs in a worker process with limits on time and memory; may block. Without `ocr` no text is looked for in
    pictures."""

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    title: ClassVar[Text]
    markdown: ClassVar[bool] = False
    unit: ClassVar[Unit] = "page"  # what the number of a page counts
    pictured: ClassVar[bool] = False  # whether its pages can be shown as they look
    needs_ocr: ClassVar[bool] = False

    def __init__(self, ocr: Ocr | None = None) -> None:
        self.ocr = ocr

    @classmethod
    def grammar(cls, path: Path) -> Any:  # noqa: ARG003
        """The tree-sitter language by which this file's text is cut into what belongs together; None for prose."""
        return None

    @abstractmethod
    def read(self, path: Path) -> Iterable[Page]:
        """The pages in order, all at once or one by one. Raises `Unreadable` with the reason."""

    def show(self, path: Path, number: int, width: int, spans: Sequence[Sequence[int]], expected: str) -> Shown:
        """A page as it looks, with the places of spans of `expected`, its text when it was indexed; `pictured` ones only."""
        raise NotImplementedError


def _is_reader(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Reader) and value is not Reader


readers: Registry[type[Reader]] = Registry(
    "document reader", "studio.engine.knowledge.readers", _is_reader, lambda reader: reader.name
)


def is_pictured(format: str) -> bool:
    """Whether pages of this format can be shown as they look."""
    return any(reader.name == format and reader.pictured for reader in readers)


def suffixes(ocr: bool = True) -> list[str]:
    """Every file ending that can be read, such as ".pdf"."""
    return [suffix for reader in readers for suffix in reader.suffixes if ocr or not reader.needs_ocr]


def reader_for(name: str) -> type[Reader]:
    """The reader of a file by the ending of its name; `BadParameter` with the endings that can be read."""
    ending = Path(name).suffix.lower()
    for reader in readers:
        if ending in reader.suffixes:
            return reader
    known = " ".join(suffixes())
    raise BadParameter(
        Text(f"Files ending in “{ending}” cannot be read.", f"无法读取“{ending}”类型的文件。"),
        Text(f"These can: {known}.", f"支持的类型：{known}。"),
    )
