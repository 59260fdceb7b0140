"""How figures, times and states of datasets are said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.engine.text import Text, plural

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset

STATUS: dict[str, tuple[Text, str]] = {
    "active": (Text("Healthy", "正常"), "success"),
    "changed": (Text("Changed", "已变化"), "warning"),
    "unreachable": (Text("Not reachable", "无法访问"), "danger"),
    "broken": (Text("Broken", "已损坏"), "danger"),
}


def format_title(name: str) -> Text:
    """What people call a format."""
    from studio.engine.datasets.format import formats

    if name in ("mysql", "postgresql"):
        from studio.engine.connections.kind import kinds

        return kinds.get(name).title
    found = next((each.title for each in formats if each.name == name), None)
    return found or Text.same(name or "–")


def rows(count: int | None) -> Text:
    """A count of rows, in full."""
    if count is None:
        return Text("rows unknown", "行数未知")
    return Text(plural(count, "row", "rows"), f"{count:,} 行")


def rows_of(dataset: Dataset) -> Text:
    """How many rows it has, as far as that is known."""
    return Text("counting rows…", "正在统计行数…") if dataset.reading == "running" else rows(dataset.row_count)


def loaded_in(seconds: float) -> Text:
    return Text(f"Loaded in {seconds * 1000:.0f} ms", f"加载用时 {seconds * 1000:.0f} 毫秒")


def short_of(dataset: Dataset) -> str:
    return "…" if dataset.reading == "running" else short(dataset.row_count)


def bad_lines(count: int, kept: int) -> Text:
    """Lines that are not as they should be: those that are left out, and those that are shown all the same."""
    out = count - kept
    english, chinese = [], []
    if out:
        english.append(f"{plural(out, 'line', 'lines')} could not be read; the others are shown.")
        chinese.append(f"有 {out:,} 行无法读取，其余行已显示。")
    if kept:
        english.append(
            f"{plural(kept, 'row', 'rows')} hold something that could not be read, and are shown without it."
        )
        chinese.append(f"有 {kept:,} 行包含无法读取的内容，这些行仍已显示。")
    return Text(" ".join(english), "".join(chinese))


def short(count: int | None) -> str:
    """A count in a narrow place: 12.5 M, 18.4 K, 600."""
    if count is None:
        return "–"
    for size, unit in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:,}"


def size(count: int | None) -> str:
    """Bytes as a person reads them."""
    if count is None:
        return "–"
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB"), (1, "KB")):
        if count >= 1000**power:
            return f"{count / 1000**power:.3g} {unit}"
    return f"{count:,} B"
