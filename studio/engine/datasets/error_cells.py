"""Cells of a workbook that hold an error, such as #DIV/0!: the reader of sheets gives them out as empty."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

CHUNK = 1 << 20
LONGEST = 100_000  # characters of one cell
CELL = re.compile(rb"<c\b(?P<marks>[^>/]*\bt=\"e\"[^>/]*)>(?P<inner>.*?)</c>", re.DOTALL)
PLACE = re.compile(rb"\br=\"(?P<column>[A-Z]{1,3})(?P<row>\d{1,7})\"")
VALUE = re.compile(rb"<v>([^<]{1,40})</v>")


def error_lines(path: Path, sheet: str, most: int) -> tuple[int, list[dict[str, Any]]]:
    """How many cells of a sheet hold an error, and the first of them as lines that are `kept`, their row in the sheet.

    Only the formats whose sheets are XML (.xlsx, .xlsm) tell; of others nothing is known.
    """
    count = 0
    first: list[dict[str, Any]] = []
    for cell, row, error in _errors(path, sheet):
        count += 1
        if len(first) < most:
            reason = f"cell {cell} holds the error {error}, which is NULL here"
            first.append({"file": path.name, "line": row, "reason": reason, "text": error, "kept": True})
    return count, first


def _errors(path: Path, sheet: str) -> Iterator[tuple[str, int, str]]:
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return
    with zipfile.ZipFile(path) as packed:
        part = _part(packed, sheet)
        if part is None:
            return
        with packed.open(part) as file:
            rest = b""
            while piece := file.read(CHUNK):
                rest += piece
                done = 0
                for found in CELL.finditer(rest):
                    done = found.end()
                    place, value = PLACE.search(found["marks"]), VALUE.search(found["inner"])
                    if place and value:
                        cell = (place["column"] + place["row"]).decode()
                        yield cell, int(place["row"]), value[1].decode(errors="replace")
                begun = max(done, rest.rfind(b"<c ", done), len(rest) - LONGEST)
                rest = rest[begun:]


def _part(packed: zipfile.ZipFile, sheet: str) -> str | None:
    """The name of a sheet's XML in the package."""
    try:
        book, links = packed.read("xl/workbook.xml"), packed.read("xl/_rels/workbook.xml.rels")
    except KeyError:
        return None
    wanted = next((each["r:id"] for each in _tags(book, "sheet") if each.get("name") == sheet), "")
    target = next((each["Target"] for each in _tags(links, "Relationship") if each.get("Id") == wanted), "")
    part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return part if part in packed.namelist() else None


def _tags(xml: bytes, name: str) -> Iterator[dict[str, str]]:
    """The attributes of all tags of a name; no parser, so that nothing in the file is acted upon."""
    for tag in re.findall(rf"<{name}\s([^>]*)>", xml.decode(errors="replace")):
        yield {key: unescape(value) for key, value in re.findall(r"([\w:]+)=\"([^\"]*)\"", tag)}
