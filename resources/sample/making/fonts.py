"""The fonts of the printed handbook, and how wide a text of two scripts is in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FACES = {
    "Latin": "Inter_400Regular.ttf",
    "LatinBold": "Inter_600SemiBold.ttf",
    "Chinese": "NotoSansSC_400Regular.ttf",
    "ChineseBold": "NotoSansSC_600SemiBold.ttf",
}
IDEOGRAPH = "\u2e80-\u2fff\u3040-\u9fff\uf900-\ufaff"
OPENING, CLOSING = "（《“", "，。、；：？！）》”"
_CHINESE = re.compile(f"[{IDEOGRAPH}{OPENING}{CLOSING}]")
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


def load_fonts(folder: Path) -> None:
    """Register the four faces, from files anywhere below `folder`.

    Raises:
        SystemExit: A font file is not there.
    """
    for face, name in FACES.items():
        found = sorted(folder.rglob(name))
        if not found:
            raise SystemExit(f"{name} is not below {folder}. See --help for where the fonts come from.")
        pdfmetrics.registerFont(TTFont(face, found[0]))


def runs(text: str, bold: bool) -> Iterator[tuple[str, str]]:
    """The text cut where the font changes, as (font, part)."""
    weight = "Bold" if bold else ""
    for chinese, letters in groupby(text, key=lambda letter: bool(_CHINESE.match(letter))):
        yield ("Chinese" if chinese else "Latin") + weight, "".join(letters)


def width(text: str, style: Style) -> float:
    """The width of one line in points."""
    return float(sum(pdfmetrics.stringWidth(part, font, style.size) for font, part in runs(text, style.bold)))


def wrap(text: str, style: Style, available: float) -> list[str]:
    """The lines of a paragraph; Chinese breaks between any two characters, except before closing punctuation."""
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        if line and width((line + piece).rstrip(), style) > available:
            lines.append(line.rstrip())
            line = ""
        line = (line + piece) if line else piece.lstrip()
    return [*lines, line.rstrip()]
