"""Where something stands in its document, in words."""

from __future__ import annotations

from studio.engine.text import Text

UNITS = {
    "page": Text("page {n}", "第 {n} 页"),
    "slide": Text("slide {n}", "第 {n} 张幻灯片"),
    "chapter": Text("chapter {n}", "第 {n} 章"),
    "sheet": Text("sheet {n}", "第 {n} 个工作表"),
    "rows": Text("part {n}", "第 {n} 部分"),
    "line": Text("part {n}", "第 {n} 部分"),
}
ROW, LINE = Text("row {n}", "第 {n} 行"), Text("line {n}", "第 {n} 行")


def place_of(page: int | None, row: int | None, unit: str = "page") -> Text | None:
    """The row of a table or the line of a source file, else the page in its format's own words; None where there is neither."""
    if row is not None:
        return (LINE if unit == "line" else ROW).format(n=f"{row:,}")
    return UNITS.get(unit, UNITS["page"]).format(n=page) if page is not None else None
