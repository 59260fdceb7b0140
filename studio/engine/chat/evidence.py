"""What an answer rests on: sources with their numbers, and the steps that found them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from studio.engine.chat.message import Source, Step
from studio.engine.text import Text, plural

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.knowledge.document import Found
    from studio.engine.sql.query import QueryResult

ROWS_SHOWN = 20
ENDS = (".", "!", "?", "。", "！", "？", "；", ";")
SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？]")
HEADING_REACH = 240  # characters


@dataclass
class Evidence:
    """Sources with their numbers, and the steps that found them."""

    sources: list[Source] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def next_number(self) -> int:
        return len(self.sources) + 1

    def add(self, step: Step) -> Step:
        self.steps.append(step)
        return step

    def replace_or_add(self, step: Step) -> None:
        """A step that is known better now takes the place of the last one, where that is the same work."""
        if self.steps and (self.steps[-1].title, self.steps[-1].kind) == (step.title, step.kind):
            self.steps.pop()
        self.steps.append(step)


def page_source(item: Found, number: int) -> Source:
    """A chunk as a source: the sentence of it that fits best."""
    start, end = _span(item)
    return Source(
        number=number,
        kind="page",
        title=item.document.title or item.document.file_name,
        quote=" ".join(item.chunk.text[start - item.chunk.start : end - item.chunk.start].split()),
        score=item.dense if item.dense is not None else item.score,
        document_id=item.document.id,
        digest=item.document.digest,
        page=item.chunk.page,
        row=item.chunk.row,
        unit=item.document.unit,
        dataset_id=item.document.dataset_id,
        version=item.document.dataset_version,
        start=start,
        end=end,
        heading=item.chunk.heading or "",
    )


def rows_source(
    dataset: Dataset, sql: str, rows_sql: str, rows: list[dict[str, Any]], count: int, said: str, number: int
) -> Source:
    """The rows of a query as a source, said in a sentence."""
    return Source(
        number=number,
        kind="rows",
        title=dataset.name,
        quote=said,
        dataset_id=dataset.id,
        version=dataset.version,
        sql=sql,
        rows_sql=rows_sql,
        rows=rows,
        row_count=count,
    )


def query_step(dataset: Dataset, sql: str, result: QueryResult, rows: list[dict[str, Any]], seconds: float) -> Step:
    """The card of a query with what it found."""
    count = result.table.num_rows
    return Step(
        kind="query",
        title=Text(f"Queried {dataset.name}", f"查询了 {dataset.name}"),
        detail=Text(plural(count, "row", "rows"), f"{count:,} 行"),
        seconds=seconds,
        sql=sql,
        columns=[column.name for column in result.columns],
        rows=[list(row.values()) for row in rows],
        dataset_id=dataset.id,
    )


def rows_of(result: QueryResult) -> list[dict[str, Any]]:
    """The rows of a result that are shown, with cells as JSON keeps them exactly: what JSON has no type for becomes text."""
    rows = result.table.slice(0, ROWS_SHOWN).to_pylist()
    return [{key: _plain(value) for key, value in row.items()} for row in rows]


def _span(item: Found) -> tuple[int, int]:
    """Where the quote stands in its page: the sentence that fits best; a heading goes on to the end of its sentence."""
    chunk = item.chunk
    if not item.matched:
        return chunk.start, chunk.end
    if item.matched.rstrip().endswith(ENDS):
        return item.matched_start, item.matched_end
    after = chunk.text[item.matched_end - chunk.start :]
    end = SENTENCE_END.search(after)
    return item.matched_start, item.matched_end + min(end.end() if end else len(after), HEADING_REACH)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal) and value.as_tuple().exponent == 0:
        return int(value)  # DuckDB's sums of whole numbers
    return str(value)
