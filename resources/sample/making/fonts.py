"""The fonts of the printed handbook, and how wide a text of two scripts is in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

IDEOGRAPH = "\u2e80-\u2fff\u3040-\u9fff\uf900-\ufaff"
OPENING, CLOSING = "（《“", "，。、；：？！）》”"
# Quotation marks are set in the Latin font: Droid Sans Fallback has none.
_CHINESE = re.compile(f"[{IDEOGRAPH}（《，。、；：？！）》]")
# An ideograph or a Latin word, with the punctuation that may not be parted from it.
_PIECE = re.compile(
    rf"\s+|[{OPENING}]*(?:[{IDEOGRAPH}]|[^\s{IDEOGRAPH}{OPENING}{CLOSING}]+)[{CLOSING}]*|[{OPENING}{CLOSING}]+"
)


@dataclass(frozen=True)
class Style:
    """How a paragraph looks. Sizes are in points, `colour` is a hex triplet."""

    size: float = 9.4
    leading: float = 14.0
    bold: bool = False
    colour: str = "#1b1f27"
    after: float = 7


def load_fonts(inter: Path, droid: Path) -> None:
    """Register the three faces.

    Raises:
        SystemExit: A font file is not there.
    """
    regular, bold = (_below(inter, name) for name in ("Inter_400Regular.ttf", "Inter_600SemiBold.ttf"))
    for face, path in (("Latin", regular), ("LatinBold", bold), ("Chinese", droid)):
        if not path.exists():
            raise SystemExit(f"{path} is not there. Install fonts-droid-fallback, or pass --droid.")
        pdfmetrics.registerFont(TTFont(face, path))


def _below(folder: Path, name: str) -> Path:
    found = sorted(folder.rglob(name))
    if not found:
        raise SystemExit(f"{name} is not below {folder}. Pass the folder of the Inter fonts with --inter.")
    return found[0]


def runs(text: str, bold: bool) -> Iterator[tuple[str, str]]:
    """The text cut where the font changes, as (font, part)."""
    latin = "LatinBold" if bold else "Latin"
    for chinese, letters in groupby(text, key=lambda letter: bool(_CHINESE.match(letter))):
        yield ("Chinese" if chinese else latin), "".join(letters)


def width(text: str, style: Style) -> float:
    """The width of one line in points."""
    return sum(pdfmetrics.stringWidth(part, font, style.size) for font, part in runs(text, style.bold))


def wrap(text: str, style: Style, available: float) -> list[str]:
    """The lines of a paragraph; Chinese breaks between any two characters, except before closing punctuation."""
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        if line and width((line + piece).rstrip(), style) > available:
            lines.append(line.rstrip())
            line = ""
        line = (line + piece) if line else piece.lstrip()
    return [*lines, line.rstrip()]
