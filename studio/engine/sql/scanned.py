"""How much of its datasets' files a query has to look at: the columns that its plan reads, as they lie there compressed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from studio.engine.datasets.source import Source
from studio.engine.sql.query import Read

MOST_FILES = 2_000


def read_of(plan: Any, sources: Mapping[str, Source]) -> Read | None:
    """From DuckDB's plan as JSON; None when there are too many files to look at. Groups of rows that a filter skips count."""
    if not sources or sum(len(source.files) for source in sources.values()) > MOST_FILES:
        return None
    sizes = {name: _sizes(source) for name, source in sources.items()}
    read = 0
    for columns, filters in _scans(plan):
        size = _scanned(columns, sizes.values())
        wanted = columns | {name for name in size if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", filters)}
        read += sum(size[name] for name in wanted if name in size)
    return Read(read, sum(sum(size.values()) for size in sizes.values()))


def _scans(node: Any) -> Iterable[tuple[set[str], str]]:
    if isinstance(node, list):
        for each in node:
            yield from _scans(each)
        return
    if str(node.get("name", "")).strip() == "ARROW_SCAN":
        more = node.get("extra_info") or {}
        columns, filters = more.get("Projections") or [], more.get("Filters") or ""
        named = {columns} if isinstance(columns, str) else set(columns)
        yield named, filters if isinstance(filters, str) else " ".join(filters)
    yield from _scans(node.get("children", []))


def _scanned(columns: set[str], sizes: Iterable[dict[str, int]]) -> dict[str, int]:
    """The dataset that a scan is of: the smallest that has all these columns."""
    having = [size for size in sizes if columns <= set(size)]
    return min(having, key=lambda size: sum(size.values()), default={})


def _sizes(source: Source) -> dict[str, int]:
    """Compressed bytes by column."""
    found = dict.fromkeys(source.names, 0)
    for fragment in source.dataset().get_fragments():
        metadata = fragment.metadata
        for group in range(metadata.num_row_groups):
            for place in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(place)
                name = chunk.path_in_schema.split(".")[0]
                if name in found:
                    found[name] += chunk.total_compressed_size
    return found
