"""Any page of a table of any length: by row number where the order is the file's, by a permutation where it is not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from studio.engine.datasets.locked import Locked
from studio.engine.datasets.reading import chosen, connection, quoted
from studio.engine.datasets.source import Source, cannot_read

KEPT = 8  # orders and filters whose row numbers stay in memory
NUMBER = "__row_number"


class Pages:
    """Reads pages of open sources. Methods block and may be called from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._database: Any = None
        self._rows: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None
            self._rows.clear()

    def window(self, source: Source, offset: int, limit: int, columns: Sequence[str] | None = None) -> Any:
        """Rows `offset` and after, in the file's order, as an Arrow table."""
        parts = []
        for file, first, last in source.spans(offset, offset + limit):
            window = f"WHERE file_row_number BETWEEN {first} AND {last} ORDER BY file_row_number"
            parts.append(self._read(file, f"{_from(source, file, columns)} {window}"))
        return _joined(parts, source, columns)

    def rows(self, source: Source, numbers: Any, columns: Sequence[str] | None = None) -> Any:
        """The rows of these numbers (a numpy array), in that order."""
        import numpy
        import pyarrow

        places = numpy.argsort(numbers, kind="stable")
        ordered = numbers[places]
        parts = []
        for index, file in enumerate(source.files):
            low, high = _range(ordered, source.starts[index], source.starts[index + 1])
            if high > low:
                parts.append(self._read_rows(source, file, ordered[low:high] - source.starts[index], columns))
        back: Any = numpy.empty(len(places), dtype="int64")
        back[places] = numpy.arange(len(places))
        return _joined(parts, source, columns).take(pyarrow.array(back))

    def numbers(self, source: Source, where: str, order: tuple[str, bool] | None) -> Any | None:
        """The row numbers of an earlier `find`, if they are still here."""
        with self._lock:
            found = self._rows.get(_key(source, where, order))
            if found is not None:
                self._rows.move_to_end(_key(source, where, order))
            return found

    def find(self, locked: Locked, source: Source, where: str, order: tuple[str, bool] | None) -> Any:
        """The numbers of the rows that a condition holds for, in an order; (column, True) is descending, nulls last."""
        sort = f"{quoted(order[0])} {'DESC' if order[1] else 'ASC'} NULLS LAST, {NUMBER}" if order else NUMBER
        numbered = f"(SELECT row_number() OVER () - 1 AS {NUMBER}, * FROM data)"
        table, _ = locked.query(f"SELECT {NUMBER} FROM {numbered} {condition(where)} ORDER BY {sort}")
        found = table.column(0).to_numpy().astype("int64" if source.row_count >= 2**31 else "int32")
        with self._lock:
            self._rows[_key(source, where, order)] = found
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)
        return found

    def _read_rows(self, source: Source, file: Path, numbers: Any, columns: Sequence[str] | None) -> Any:
        import pyarrow

        wanted = pyarrow.table({"n": pyarrow.array(numbers, "int64")})
        low, high = int(numbers[0]), int(numbers[-1])
        cursor = self._cursor()
        cursor.register("wanted", wanted)
        reach = f"file_row_number BETWEEN {low} AND {high}"
        kept = f"{reach} AND file_row_number IN (SELECT n FROM wanted)"
        try:
            with readable(file):
                return cursor.execute(
                    f"{_from(source, file, columns)} WHERE {kept} ORDER BY file_row_number"
                ).to_arrow_table()
        finally:
            cursor.unregister("wanted")

    def _read(self, file: Path, sql: str) -> Any:
        with readable(file):
            return self._cursor().execute(sql).to_arrow_table()

    def _cursor(self) -> Any:
        with self._lock:
            if self._database is None:
                self._database = connection()
                self._database.execute("SET parquet_metadata_cache=true")
            return self._database.cursor()


def _range(ordered: Any, first: int, last: int) -> tuple[int, int]:
    """Where in sorted numbers those from `first` up to `last` (without it) are."""
    import numpy

    return int(numpy.searchsorted(ordered, first)), int(numpy.searchsorted(ordered, last))


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """Turn what DuckDB says of a file whose pages are damaged, though its footer is not, into `Broken`."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise cannot_read(file, "Parquet", str(error)) from error


def condition(where: str) -> str:
    """A WHERE clause; a comment at its end cannot swallow what follows."""
    return f"WHERE ({where}\n)" if where.strip() else ""


def _key(source: Source, where: str, order: tuple[str, bool] | None) -> tuple[object, ...]:
    return source.fingerprint, source.files, where, order


def _from(source: Source, file: Path, columns: Sequence[str] | None) -> str:
    names = chosen(columns) if columns is not None else "* EXCLUDE (file_row_number)"
    return f"SELECT {names} FROM {source.scan([file])}"


def _joined(parts: list[Any], source: Source, columns: Sequence[str] | None) -> Any:
    """One table with the source's columns in order, whatever the single files lack."""
    import pyarrow

    schema = source.schema
    if columns is not None:
        schema = pyarrow.schema([schema.field(name) for name in columns])
    if not parts:
        return schema.empty_table()
    whole = parts[0] if len(parts) == 1 else pyarrow.concat_tables(parts, promote_options="permissive")
    return whole.select([name for name in schema.names if name in whole.column_names]) if whole.num_columns else whole
