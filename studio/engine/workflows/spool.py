"""New columns for a table, one answer for each row, written to disk as they come: a batch does not need its memory."""

from __future__ import annotations

import asyncio
import json
import mmap
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.each import Answer, Failed, Work, go_through
from studio.engine.workflows.journal_file import as_json
from studio.engine.workflows.store import BATCH_ROWS
from studio.engine.workflows.values import as_words, plain, table_of

TAKEN = 256  # rows of a table that are Python objects at once
LEFT_OUT, NEVER = -1, -2
ROW = Text("row {n}", "第 {n} 行")

Row = dict[str, Any]


async def each_row(
    rows: Any, work: Work[Row], failed: Failed, context: Context, concurrency: int, columns: Sequence[str]
) -> Any:
    """Do the work for every row of a table; the answers are its new columns, `columns` first. A row whose answer is None is
    left out. The columns that the work does not touch stay as they are."""
    table = await asyncio.to_thread(_without_dictionaries, rows)
    spool = Spool(context.folder, table.num_rows)
    try:
        await go_through(rows_in(table), table.num_rows, work, failed, context, concurrency, ROW, spool.keep)
        return await asyncio.to_thread(spool.table, table, columns)
    finally:
        spool.close()


def _without_dictionaries(rows: Any) -> Any:
    """A table whose columns can be written batch by batch: Arrow files hold one dictionary for each column."""
    from pyarrow import types

    table = table_of(rows)
    for place, field in enumerate(table.schema):
        if types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
    return table


def rows_in(table: Any) -> Iterator[Row]:
    """The rows of a table, made when their turn comes."""
    for start in range(0, table.num_rows, TAKEN):
        yield from plain(table.slice(start, TAKEN))


class Spool:
    """The answers by the number of their row: JSON in a file, its places in 16 bytes a row."""

    def __init__(self, folder: Path | None, rows: int) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._starts = array("q", [NEVER]) * rows
        self._sizes = array("q", [0]) * rows
        self._end = 0
        self._names: dict[str, None] = {}

    def close(self) -> None:
        self._file.close()

    def keep(self, number: int, answer: Answer) -> None:
        if answer is None:
            self._starts[number] = LEFT_OUT
            return
        for name in answer:
            self._names.setdefault(name)
        line = as_json({name: plain(value) for name, value in answer.items()}).encode()
        self._file.write(line)
        self._starts[number], self._sizes[number] = self._end, len(line)
        self._end += len(line)

    def table(self, given: Any, columns: Sequence[str]) -> Any:
        """The rows with their answers, as a table whose file is mapped, not read."""
        names = [*columns, *sorted(name for name in self._names if name not in columns)]
        kept = [name for name in given.column_names if name not in self._names]
        self._file.write(b" ")  # an empty file cannot be mapped
        self._file.flush()
        order = [*given.column_names, *(name for name in names if name not in given.column_names)]
        types = self._types(given, names)
        while True:
            try:
                return self._written(given, kept, order, types)
            except _Mismatch as mismatch:
                types[mismatch.name] = None

    def _types(self, given: Any, names: list[str]) -> dict[str, Any]:
        """What each new column is, None for one whose values do not agree: it becomes text."""
        import pyarrow

        found: dict[str, Any] = {name: pyarrow.null() for name in names}
        for _, block in self._blocks(given, names):
            for name in names:
                if found[name] is not None:
                    found[name] = merged(found[name], type_of(block[name]))
        return found

    def _blocks(self, given: Any, names: list[str]) -> Iterator[tuple[Any, dict[str, list[Any]]]]:
        """Some rows at a time: which ones were answered, and the values of each new column."""
        same = [name for name in names if name in given.column_names]
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for start in range(0, given.num_rows, BATCH_ROWS // 16):
                numbers = range(start, min(start + BATCH_ROWS // 16, given.num_rows))
                answered = [number for number in numbers if self._starts[number] >= 0]
                answers = [json.loads(content[self._starts[n] : self._starts[n] + self._sizes[n]]) for n in answered]
                values = {name: [answer.get(name) for answer in answers] for name in names}
                for name in same:
                    before = plain(_rows_of(given.select([name]), answered).column(0).to_pylist())
                    values[name] = [a.get(name, old) for a, old in zip(answers, before, strict=True)]
                yield answered, values

    def _written(self, given: Any, kept: list[str], order: list[str], types: dict[str, Any]) -> Any:
        import pyarrow

        fields = {name: given.schema.field(name) for name in kept}
        fields |= {name: pyarrow.field(name, kind or pyarrow.string()) for name, kind in types.items()}
        schema = pyarrow.schema([fields[name] for name in order])
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".arrow", delete=False) as file:
            path = Path(file.name)
        try:
            with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_file(sink, schema) as writer:
                for answered, values in self._blocks(given, list(types)):
                    old = _rows_of(given.select(kept), answered)
                    made = {name: column_of(name, values[name], kind) for name, kind in types.items()}
                    arrays = [made[name] if name in made else old.column(name) for name in order]
                    for batch in pyarrow.Table.from_arrays(arrays, schema=schema).combine_chunks().to_batches():
                        writer.write_batch(batch)
            return pyarrow.ipc.open_file(pyarrow.memory_map(str(path))).read_all()
        finally:
            with suppress(OSError):  # where a mapped file cannot be unlinked the next start does
                path.unlink()


def _rows_of(table: Any, numbers: list[int]) -> Any:
    """Some rows, in their order; those that follow each other are a view."""
    if numbers and numbers[-1] - numbers[0] + 1 == len(numbers):
        return table.slice(numbers[0], len(numbers))
    return table.take(numbers)


class _Mismatch(Exception):
    """The values of this column do not fit the type that was told of them."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def column_of(name: str, values: list[Any], kind: Any) -> Any:
    """One column's values; text, those that are something else as JSON, where it has no type."""
    import pyarrow

    if kind is None:
        return pyarrow.array([None if value is None else as_words(value) for value in values], pyarrow.string())
    try:
        return pyarrow.array(values, kind)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError) as error:
        raise _Mismatch(name) from error


def type_of(values: list[Any]) -> Any:
    """The type that a column of these values has, None where they do not agree."""
    import pyarrow

    try:
        return pyarrow.array(values).type
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError):
        return None


def merged(one: Any, other: Any) -> Any:
    """The type of a column that has values of both; None where there is none."""
    from pyarrow import types

    if one is None or other is None:
        return None
    if one.equals(other) or types.is_null(other):
        return one
    if types.is_null(one):
        return other
    numbers = (types.is_integer(one) or types.is_floating(one)) and (
        types.is_integer(other) or types.is_floating(other)
    )
    if numbers:
        return one if types.is_floating(one) else other if types.is_floating(other) else None
    if types.is_list(one) and types.is_list(other):
        return _list_of(merged(one.value_type, other.value_type))
    return _struct_of(one, other) if types.is_struct(one) and types.is_struct(other) else None


def _list_of(kind: Any) -> Any:
    import pyarrow

    return None if kind is None else pyarrow.list_(kind)


def _struct_of(one: Any, other: Any) -> Any:
    """The fields of both, those that came first first, as pyarrow has them when it sees all values at once."""
    import pyarrow

    left, right = ({field.name: field.type for field in kind} for kind in (one, other))
    found = {name: merged(left.get(name, right.get(name)), right.get(name, left.get(name))) for name in left | right}
    return None if None in found.values() else pyarrow.struct(list(found.items()))
