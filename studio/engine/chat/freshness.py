"""Is a source still what the answer read?"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from studio.engine.chat.message import Source
from studio.engine.errors import NotFound, StudioError
from studio.engine.sql.statements import tokens
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.datasets.service import Datasets
    from studio.engine.knowledge.service import Knowledge


HASHED = (
    5.0  # seconds that a file which was written anew is waited for, until it is known whether its content is another
)
FIRST_ROWS = re.compile(r"\nLIMIT \d+\Z")


async def changed(knowledge: Knowledge, datasets: Datasets, sources: Sequence[Source]) -> dict[int, Text]:
    """By number, what became of the sources that are no longer as they were. Each document and dataset is looked at once."""
    said: dict[tuple[str, str, str | int | None], Text | None] = {}
    found: dict[int, Text] = {}
    for source in sources:
        if source.kind == "file":
            continue
        key = (source.document_id, source.dataset_id, source.digest or source.version)
        if key not in said:
            said[key] = await _told(_page(knowledge, source) if source.kind == "page" else _rows(datasets, source))
        if (words := said[key]) is not None:
            found[source.number] = words
    return found


async def _told(looking: Awaitable[Text | None]) -> Text | None:
    """What a look found; what keeps it from looking is what is told."""
    try:
        return await looking
    except StudioError as error:
        return error.message


async def _page(knowledge: Knowledge, source: Source) -> Text | None:
    try:
        document = await knowledge.document(source.document_id)
    except NotFound:
        return Text(f"“{source.title}” is no longer in the collection.", f"“{source.title}”已不在文档集中。")
    if source.digest and document.digest != source.digest:
        return Text(f"“{source.title}” has changed since this answer.", f"回答之后，“{source.title}”已有改动。")
    if document.stale:
        return Text(
            f"The file of “{source.title}” has changed and is not indexed again yet.",
            f"“{source.title}”的文件已有改动，尚未重新建立索引。",
        )
    return None


async def _rows(datasets: Datasets, source: Source) -> Text | None:
    try:
        dataset = await datasets.get(source.dataset_id)
    except NotFound:
        return Text(f"The dataset “{source.title}” is gone.", f"数据集“{source.title}”已不存在。")
    if source.version is not None and await datasets.moved_on(dataset.id, source.version, HASHED):
        return Text(
            f"“{source.title}” is at version {dataset.version}; this answer read version {source.version}.",
            f"“{source.title}”现为版本 {dataset.version}，该回答读取的是版本 {source.version}。",
        )
    return None


def row_as_read(source: Source) -> str:
    """The query of a row that was found, in the version of its dataset that the answer read."""
    return f'select * from "{source.title}@{source.version}" limit 1 offset {(source.row or 1) - 1}'


def as_read(source: Source) -> str:
    """The query of rows over the version that the answer read: `"orders@2"` in place of `orders`; all of them, not the first few."""
    sql = FIRST_ROWS.sub("", source.rows_sql) or source.sql
    if source.version is None:
        return sql
    address = f'"{source.title}@{source.version}"'
    names = (source.title.lower(), source.dataset_id.lower())
    parts, done = [], 0
    for token in tokens(sql):
        bare = token.text[1:-1] if token.kind == "name" else token.text
        if token.kind in ("name", "word") and bare.lower() in names:
            parts += [sql[done : token.start], address]
            done = token.end
    return "".join([*parts, sql[done:]])
