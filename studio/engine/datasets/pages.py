"""Any page of a table of any length: by row number where the order is the file's, by a permutation where it is not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from studio.engine.datasets.locked import Locked
from studio.engine.datasets.native import EVERYTHING, Natives
from studio.engine.datasets.reading import chosen, connection, literal
from studio.engine.datasets.remote import lost
from studio.engine.datasets.source import Source, cannot_read
from studio.engine.datasets.view import View
from studio.engine.errors import BadParameter
from studio.engine.text import Text

KEPT_BYTES = 160 << 20  # row numbers of orders and filters that stay in memory: two orders of 20 million rows
MEMORY = "640MB"  # that sorting may take before it puts rows aside on the disk
NUMBER = "__row_number"
FILE, START = "__file_name", "__file_start"
NUMBERS_AT_ONCE = 122_880
SCATTERED = 1000  # so many row numbers become a filter that skips whole groups of rows


class Pages:
    """Reads pages of open sources. Methods block and may be called from several threads."""

    def __init__(self, natives: Natives | None = None, spill: Path | None = None) -> None:
        self._lock = Lock()
        self._natives = natives
        self._spill = spill
        self._database: Any = None
        self._attached: dict[Path, str] = {}
        self._found: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None
            self._found.clear()
            self._attached.clear()

    # Rows

    def window(
        self, source: Source, offset: int, limit: int, columns: Sequence[str] | None = None, cursor: Any = None
    ) -> Any:
        """Rows `offset` and after, in the file's order, as an Arrow table."""
        cursor = cursor or self.cursor()
        native = self._native(source)
        if native:
            last = min(offset + limit, source.row_count) - 1
            sql = f"SELECT {chosen(columns)} FROM {native} WHERE rowid BETWEEN {offset} AND {last} ORDER BY rowid"
            return _shaped(self._read(source, cursor, sql), source, columns)
        parts = []
        for file, first, last in source.spans(offset, offset + limit):
            window = f"WHERE file_row_number BETWEEN {first} AND {last} ORDER BY file_row_number"
            parts.append(
                self._read(source, cursor, f"SELECT {_names(source, columns)} FROM {source.scan([file])} {window}")
            )
        return _joined(parts, source, columns)

    def rows(self, source: Source, numbers: Any, columns: Sequence[str] | None = None, cursor: Any = None) -> Any:
        """The rows of these numbers (a numpy array), in that order."""
        import numpy
        import pyarrow

        cursor = cursor or self.cursor()
        places = numpy.argsort(numbers, kind="stable")
        ordered = numbers[places].astype("int64")
        if len(ordered) and int(ordered[-1]) - int(ordered[0]) == len(ordered) - 1:
            found = self.window(source, int(ordered[0]), len(ordered), columns, cursor)
        elif native := self._native(source):
            sql = f"SELECT {chosen(columns)} FROM (SELECT unnest(?::BIGINT[]) AS {NUMBER}) JOIN {native} ON rowid = {NUMBER} ORDER BY {NUMBER}"
            found = _shaped(self._read(source, cursor, sql, [ordered.tolist()]), source, columns)
        else:
            found = self._scattered(source, ordered, columns, cursor)
        back: Any = numpy.empty(len(places), dtype="int64")
        back[places] = numpy.arange(len(places))
        return found.take(pyarrow.array(back))

    def stream(self, source: Source, view: View, columns: Sequence[str], size: int) -> Iterator[Any]:
        """All rows of a view without raw conditions, in record batches of about `size` rows, in little memory."""
        table, number = self._table(source) if view.order else (self._native(source) or source.scan(), "")
        where = f"WHERE {view.own}" if view.own else ""
        order = f"ORDER BY {view.order_by(number)}" if view.order else ""
        sql = f"SELECT {chosen(columns)} FROM {table} {where} {order}"
        with _understood(source):
            yield from self.cursor().execute(sql).to_arrow_reader(size)

    def schema(self, source: Source, columns: Sequence[str]) -> Any:
        """The Arrow schema that rows of these columns come in."""
        sql = f"SELECT {chosen(columns)} FROM {self._table(source)[0]} LIMIT 0"
        return self._read(source, self.cursor(), sql).schema

    def _scattered(self, source: Source, ordered: Any, columns: Sequence[str] | None, cursor: Any) -> Any:
        parts = []
        for index, file in enumerate(source.files):
            low, high = _range(ordered, source.starts[index], source.starts[index + 1])
            if high > low:
                here = (ordered[low:high] - source.starts[index]).tolist()
                reach = f"file_row_number BETWEEN {here[0]} AND {here[-1]}"
                wanted = "file_row_number IN (SELECT unnest(?::BIGINT[])) ORDER BY file_row_number"
                sql = f"SELECT {_names(source, columns)} FROM {source.scan([file])} WHERE {reach} AND {wanted}"
                parts.append(self._read(source, cursor, sql, [here]))
        return _joined(parts, source, columns)

    # Row numbers

    def numbers(self, source: Source, view: View) -> Any | None:
        """The row numbers of an earlier `find`, if they are still here."""
        with self._lock:
            found = self._found.get(_key(source, view))
            if found is not None:
                self._found.move_to_end(_key(source, view))
            return found

    def first(self, source: Source, view: View, limit: int, cursor: Any = None) -> Any:
        """The numbers of the first rows of an order, without sorting all of them; for views without raw conditions."""
        table, number = self._table(source)
        where = f"WHERE {view.own}" if view.own else ""
        sql = f"SELECT {number} AS {NUMBER} FROM {table} {where} ORDER BY {view.order_by(NUMBER)} LIMIT {int(limit)}"
        return self._judged(source, cursor or self.cursor(), sql).column(0).to_numpy()

    def find(self, source: Source, view: View, among: Any = None, cursor: Any = None) -> Any:
        """The numbers of the rows of a view, in its order (int32 up to two thousand million rows).

        `among` are the numbers that the raw conditions hold for, found by `find_raw`.
        """
        import numpy
        import pyarrow

        cursor = cursor or self.cursor()
        table, number = self._table(source)
        conditions = [view.own] if view.own else []
        if among is not None:
            cursor.register("among", pyarrow.table({"n": pyarrow.array(among)}))
            conditions.append(f"{number} IN (SELECT n FROM among)")
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        kind = _kind(source)
        sql = f"SELECT ({number})::{'BIGINT' if kind == 'int64' else 'INTEGER'} AS {NUMBER} FROM {table} {where}"
        sql += f" ORDER BY {view.order_by(NUMBER)}" if view.order else ""
        source.prepare(cursor)
        with _understood(source):
            reader = cursor.execute(sql).to_arrow_reader(NUMBERS_AT_ONCE)
            parts = [batch.column(0).to_numpy(zero_copy_only=False).copy() for batch in reader]
        found = numpy.concatenate(parts) if parts else numpy.empty(0, kind)
        if (among is not None or source.partitions) and not view.order:
            found.sort()  # a join may bring its rows in any order
        return self._keep(_key(source, view), found)

    def find_raw(self, locked: Locked, source: Source, view: View) -> Any:
        """The numbers of the rows that the raw conditions of a view hold for, in the file's order."""
        numbered = f"(SELECT row_number() OVER () - 1 AS {NUMBER}, * FROM data)"
        table, _ = locked.query(f"SELECT {NUMBER} FROM {numbered} WHERE {view.raw} ORDER BY {NUMBER}")
        found = table.column(0).to_numpy().astype(_kind(source))
        if not view.own and not view.order:
            self._keep(_key(source, view), found)
        return found

    def _keep(self, key: tuple[object, ...], found: Any) -> Any:
        with self._lock:
            self._found[key] = found
            while len(self._found) > 1 and sum(each.nbytes for each in self._found.values()) > KEPT_BYTES:
                self._found.popitem(last=False)
        return found

    # The connection

    @property
    def open(self) -> bool:
        """Whether a cursor is there at once; the first one loads DuckDB."""
        return self._database is not None

    def cursor(self) -> Any:
        """A connection of its own to the same database: `interrupt` ends what runs on it."""
        with self._lock:
            if self._database is None:
                self._database = connection(self._spill)
                self._database.execute(f"SET memory_limit='{MEMORY}'")
            cursor = self._database.cursor()
        for setting in ("parquet_metadata_cache=true", f"dynamic_or_filter_threshold={SCATTERED}"):
            cursor.execute(f"SET {setting}")  # these two hold for one cursor only
        return cursor

    def _native(self, source: Source) -> str:
        """The name of the table's copy in DuckDB's form, or nothing."""
        path = self._natives.ready(source) if self._natives else None
        if path is None:
            return ""
        cursor = self.cursor()
        with self._lock:
            if path not in self._attached:
                name = f"native_{len(self._attached)}"
                cursor.execute(f"ATTACH {literal(path)} AS {name} (READ_ONLY)")
                self._attached[path] = name
            return f"{self._attached[path]}.data"

    def _table(self, source: Source) -> tuple[str, str]:
        """What to read for a search over all rows, and the expression of a row's number in it."""
        native = self._native(source)
        if native:
            return native, "rowid"
        if len(source.files) == 1:
            return source.scan(), "file_row_number"
        if source.partitions:  # a filter by folder leaves files out, and DuckDB counts only those that are left
            begins = ", ".join(
                f"({literal(file)}, {start})" for file, start in zip(source.files, source.starts, strict=False)
            )
            named = f"(VALUES {begins}) AS begins({FILE}, {START}) USING ({FILE})"
            return f"(FROM {source.scan(file_name=FILE)} JOIN {named})", f"(file_row_number + {START})"
        starts = f"[{', '.join(map(str, source.starts))}]::BIGINT[]"
        return source.scan(), f"(file_row_number + ({starts})[file_index::BIGINT + 1])"

    def _read(self, source: Source, cursor: Any, sql: str, parameters: Sequence[object] = ()) -> Any:
        source.prepare(cursor)
        with readable(source.files[0]):
            return cursor.execute(sql, list(parameters)).to_arrow_table()

    def _judged(self, source: Source, cursor: Any, sql: str) -> Any:
        source.prepare(cursor)
        with _understood(source):
            return cursor.execute(sql).to_arrow_table()


def _kind(source: Source) -> str:
    return "int64" if source.row_count >= 2**31 else "int32"


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
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise lost(file, str(error)) or cannot_read(file, "Parquet", str(error)) from error


@contextmanager
def _understood(source: Source) -> Iterator[None]:
    """A value that does not fit its column is the filter's fault, not the file's."""
    import duckdb

    try:
        with readable(source.files[0]):
            yield
    except Exception as error:
        cause = error.__cause__
        if isinstance(cause, duckdb.ConversionException | duckdb.BinderException | duckdb.OutOfRangeException):
            said = " ".join(str(cause).split())[:200]
            raise BadParameter(
                Text(f"The filter does not fit the column: {said}", f"筛选条件与列不符：{said}"),
                Text("Change the value or the operator.", "请修改值或条件。"),
            ) from cause
        raise


def condition(where: str) -> str:
    """A WHERE clause; a comment at its end cannot swallow what follows."""
    return f"WHERE ({where}\n)" if where.strip() else ""


def _key(source: Source, view: View) -> tuple[object, ...]:
    return source.fingerprint, source.files, view


def _names(source: Source, columns: Sequence[str] | None) -> str:
    """What to select from one file; of several files, one may lack a column that others have."""
    if columns is None:
        return EVERYTHING
    if len(source.files) == 1:
        return chosen(columns)
    return f"COLUMNS(name -> name IN ({', '.join(map(literal, ['file_row_number', *columns]))}))"


def _joined(parts: list[Any], source: Source, columns: Sequence[str] | None) -> Any:
    """One table with the source's columns in order, whatever the single files lack."""
    import pyarrow

    if not parts:
        return _schema(source, columns).empty_table()
    whole = parts[0] if len(parts) == 1 else pyarrow.concat_tables(parts, promote_options="permissive")
    return _shaped(whole, source, columns)


def _shaped(whole: Any, source: Source, columns: Sequence[str] | None) -> Any:
    """The wanted columns in their order; one that these files lack is empty."""
    import pyarrow

    names = source.names if columns is None else list(columns)
    for name in names:
        if name not in whole.column_names and name in source.names:
            whole = whole.append_column(name, pyarrow.nulls(whole.num_rows, source.schema.field(name).type))
    return whole.select(names) if names and whole.num_columns else whole


def _schema(source: Source, columns: Sequence[str] | None) -> Any:
    import pyarrow

    return source.schema if columns is None else pyarrow.schema([source.schema.field(name) for name in columns])
