"""What an Arrow page says in words. No Qt, and no Arrow until a page is there: it runs on whichever thread fetched."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Literal, NamedTuple

Kind = Literal["integer", "decimal", "float", "text", "category", "time", "boolean", "nested", "binary"]
SHOWN_CHARACTERS = 400
EPOCH = datetime(1970, 1, 1)
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
NAME_OF_A_CODE = re.compile(
    r"(^|[_ ])(id|year|code|zip|key)$|[_ ](no|number)$|(编号|编码|代码|年份|单号|号码)$", re.IGNORECASE
)
KINDS: tuple[tuple[str, Kind], ...] = (
    (r"\[\]$|^(list|large_list|fixed_size_list|struct|map|union|json|array|row)\b", "nested"),
    (r"^(date|time|timestamp|interval|duration|month_day)", "time"),
    (r"^(decimal|numeric)", "decimal"),
    (r"^(float|double|real|half)", "float"),
    (r"^(u?(tiny|small|big|huge)?int(eger)?(8|16|32|64|128)?|long|short|bit\d*)\b", "integer"),
    (r"^bool", "boolean"),
    (r"^(blob|large_?binary|binary|bytea|fixed_size_binary|varbinary)", "binary"),
    (r"^(dict|enum)", "category"),
)
ICONS: dict[Kind, str] = {
    "integer": "hash", "decimal": "decimals-arrow-right", "float": "percent", "text": "type", "category": "tag",
    "time": "calendar-clock", "boolean": "toggle-left", "nested": "braces", "binary": "binary",
}  # fmt: skip
NUMBERS: frozenset[Kind] = frozenset({"integer", "decimal", "float"})


@lru_cache(4096)
def kind_of(type_name: str) -> Kind:
    """The family of a type by its name, in Arrow's words (`timestamp[us]`) or in DuckDB's (`DECIMAL(12,2)`)."""
    name = type_name.strip().lower()
    return next((kind for pattern, kind in KINDS if re.search(pattern, name)), "text")


class Cell(NamedTuple):
    text: str
    null: bool = False


NULL = Cell("null", True)


class Page:
    """Some rows of a table. A cell is put into words when it is first asked for, and kept."""

    def __init__(self, table: Any) -> None:
        whole = table.read_all() if hasattr(table, "read_all") else table  # DuckDB's arrow() is a reader
        joined = whole.combine_chunks()
        self.rows: int = joined.num_rows
        self.size: int = joined.nbytes
        self.width: int = joined.num_columns
        self._columns = [_one_array(column) for column in joined.columns]
        self._words = [words_for(field.type, field.name) for field in joined.schema]
        self._cells: dict[tuple[int, int], Cell] = {}

    def cell(self, row: int, column: int) -> Cell:
        """The short form for a grid: one line, at most 400 characters."""
        cell = self._cells.get((row, column))
        if cell is None:
            cell = self._cells[row, column] = self._read(row, column)
        return cell

    def whole(self, row: int, column: int) -> str | None:
        """The full value; nested values and JSON texts are indented. None for NULL."""
        scalar = self._columns[column][row]
        return _pretty(self._words[column](scalar)) if scalar.is_valid else None

    def scalar(self, row: int, column: int) -> Any:
        """The Arrow scalar itself."""
        return self._columns[column][row]

    def raw(self, row: int, column: int) -> str:
        """For copying: the full value without thousands separators, and nothing for NULL."""
        scalar = self._columns[column][row]
        if not scalar.is_valid:
            return ""
        return self._words[column](scalar, plain=True)

    def _read(self, row: int, column: int) -> Cell:
        scalar = self._columns[column][row]
        return Cell(one_line(self._words[column](scalar))) if scalar.is_valid else NULL


def one_line(text: str) -> str:
    short = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return " ".join(short.splitlines()) if "\n" in short or "\r" in short else short


def _one_array(column: Any) -> Any:
    import pyarrow

    if not isinstance(column, pyarrow.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks else pyarrow.array([], column.type)


def _pretty(text: str) -> str:
    if text[:1] not in "{[" or len(text) > 2_000_000:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text


Words = Callable[..., str]


def words_for(arrow_type: Any, name: str = "") -> Words:
    """How values of a type are written: `words(scalar, plain=False)`. Exact: nothing is rounded."""
    import pyarrow.types as types

    if types.is_dictionary(arrow_type):
        inner = words_for(arrow_type.value_type, name)
        return lambda scalar, plain=False: inner(scalar.value, plain=plain)
    if types.is_integer(arrow_type):
        return partial(_integer, grouped=not NAME_OF_A_CODE.search(name))
    for test, words in (
        (types.is_decimal, _decimal), (types.is_float32, _float32), (types.is_floating, _float),
        (types.is_boolean, _boolean), (types.is_timestamp, _timestamp), (types.is_nested, _nested),
        (types.is_binary, _binary), (types.is_large_binary, _binary), (types.is_fixed_size_binary, _binary),
        (types.is_time, _time), (types.is_duration, _duration), (types.is_interval, _interval),
    ):  # fmt: skip
        if test(arrow_type):
            return words
    return _other


def _other(scalar: Any, **_plain: bool) -> str:
    try:
        return str(scalar.as_py())
    except (ValueError, OverflowError):
        return _beyond(scalar)


def _beyond(scalar: Any) -> str:
    """What Python cannot hold, such as the year 292277: in Arrow's words, or as the bare number."""
    import pyarrow

    value = getattr(scalar, "value", None)
    if value in (2**63 - 1, 2**31 - 1):  # how DuckDB hands out its infinite dates
        return "infinity"
    if value in (1 - 2**63, 1 - 2**31):
        return "-infinity"
    try:
        return scalar.cast(pyarrow.string()).as_py() or f"<{scalar.type}>"
    except pyarrow.ArrowException:
        return f"<{scalar.type}>"


def _integer(scalar: Any, plain: bool = False, grouped: bool = True) -> str:
    value = scalar.as_py()
    return f"{value:,}" if grouped and not plain else str(value)


def _decimal(scalar: Any, plain: bool = False) -> str:
    value: Decimal = scalar.as_py()
    return format(value, "f" if plain else ",f")


def _float(scalar: Any, plain: bool = False) -> str:
    value = float(scalar.as_py())
    return repr(value) if plain or value != value or abs(value) < 1000 else f"{value:,}"


def _float32(scalar: Any, plain: bool = False) -> str:
    """The shortest number that is the same 32-bit float: 0.1, not 0.10000000149011612."""
    value = scalar.as_py()
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    bits = struct.pack("f", value)
    shortest = next(text for digits in (6, 7, 8, 9) if struct.pack("f", float(text := f"{value:.{digits}g}")) == bits)
    return repr(float(shortest)) if plain else f"{float(shortest):,}"


def _boolean(scalar: Any, **_plain: bool) -> str:
    return "true" if scalar.as_py() else "false"


def _timestamp(scalar: Any, **_plain: bool) -> str:
    """Without as_py(), which needs pandas for nanoseconds."""
    seconds, part = divmod(scalar.value, PER_SECOND[scalar.type.unit])
    digits = len(str(PER_SECOND[scalar.type.unit])) - 1
    try:
        moment = EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return _beyond(scalar)
    fraction = f".{part:0{digits}d}".rstrip("0").rstrip(".") if part else ""
    if not scalar.type.tz:
        return f"{moment:%Y-%m-%d %H:%M:%S}{fraction}" if moment.year > 999 else f"{moment}{fraction}"
    there = moment.replace(tzinfo=UTC).astimezone(_zone(scalar.type.tz))
    offset = there.strftime("%z")
    return f"{there:%Y-%m-%d %H:%M:%S}{fraction}{offset[:3]}:{offset[3:]}"


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if offset:
        size = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(size if offset[1] == "+" else -size)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _time(scalar: Any, **_plain: bool) -> str:
    seconds, part = divmod(scalar.value, PER_SECOND[scalar.type.unit])
    digits = len(str(PER_SECOND[scalar.type.unit])) - 1
    fraction = f".{part:0{digits}d}".rstrip("0").rstrip(".") if part else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def _duration(scalar: Any, **_plain: bool) -> str:
    seconds = Decimal(scalar.value) / PER_SECOND[scalar.type.unit]
    sign, whole = ("-" if seconds < 0 else ""), abs(seconds)
    days, rest = divmod(whole, 86400)
    clock = f"{int(rest // 3600):02d}:{int(rest // 60 % 60):02d}:{int(rest % 60):02d}"
    return f"{sign}{int(days)} d {clock}" if days else sign + clock


def _interval(scalar: Any, **_plain: bool) -> str:
    """Months and days stay what they are, since neither has a fixed length: 1 year 2 months 3 days 04:05:06."""
    value = scalar.as_py()
    years, months = divmod(abs(value.months), 12)
    sign = "-" if value.months < 0 else ""
    parts = [
        f"{sign}{count} {unit}{'s' * (count != 1)}" for count, unit in ((years, "year"), (months, "month")) if count
    ]
    parts += [f"{value.days} day{'s' * (abs(value.days) != 1)}"] if value.days else []
    seconds, part = divmod(abs(value.nanoseconds), 1_000_000_000)
    if seconds or part or not parts:
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        fraction = f".{part:09d}".rstrip("0") if part else ""
        parts.append(("-" if value.nanoseconds < 0 else "") + clock + fraction)
    return " ".join(parts)


def _nested(scalar: Any, **_plain: bool) -> str:
    try:
        value = scalar.as_py()
    except (ValueError, OverflowError):
        return _beyond(scalar)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_inside)


def _inside(value: object) -> object:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _binary(scalar: Any, plain: bool = False) -> str:
    value: bytes = scalar.as_py()
    return "0x" + (value.hex() if plain else value[: SHOWN_CHARACTERS // 2].hex())
