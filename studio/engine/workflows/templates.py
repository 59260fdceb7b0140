"""Templates with {{places}}: Jinja in its immutable sandbox, with fewer words, a clock and a size limit."""

from __future__ import annotations

import asyncio
import functools
import re
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, meta
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from studio.engine.errors import Invalid
from studio.engine.knowledge.place import place_of
from studio.engine.text import Text
from studio.engine.workflows.values import as_words, is_table, plain

SECONDS = 5.0
CHARACTERS = 2_000_000
TABLE_ROWS = 200
LOOP = 100_000
NAMED = re.compile(r"\{\{\s*([^\W\d]\w*)\s*\}\}")
MARKS = re.compile(r"\{[{%#\0]|[}%#\0]\}")  # what else Jinja would read, also where it touches a name that is taken out
WORDS = frozenset(
    ["and", "call", "caller", "else", "false", "False", "if", "in", "is", "kwargs", "loop", "none", "None", "not", "or", "range", "self", "super", "true", "True", "varargs"]
)  # fmt: skip
FILTERS = frozenset(
    [
        "abs", "capitalize", "default", "d", "dictsort", "escape", "e", "first", "float", "groupby", "int", "items",
        "join", "last", "length", "count", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace",
        "reverse", "round", "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim", "truncate",
        "unique", "upper",
    ]
)  # fmt: skip
METHODS = frozenset(
    [
        "lower", "upper", "title", "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith",
        "endswith", "replace", "find", "count", "index", "get", "items", "keys", "values", "isdigit", "isalpha",
        "isoformat", "removeprefix", "removesuffix", "partition",
    ]
)  # fmt: skip


class Passages(list[Any]):
    """Chunks in a template: printed whole they stand numbered with their source, and a loop sees each one's fields."""


class Rows(list[Any]):
    """A table in a template: printed whole it is a Markdown table, and a loop sees each row."""


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if attr.startswith("_") or not super().is_safe_attribute(obj, attr, value):
            return False
        return attr in METHODS or not callable(value)

    def wrap_str_format(self, value: Any) -> None:
        """Jinja would let `str.format` through, whose widths can take all memory."""

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and not (abs(left) < 1e6 and abs(right) <= 64):
            raise SecurityError("the power is too large")
        if operator == "%" and not isinstance(left, int | float):
            raise SecurityError("text cannot be formatted with %")
        if operator == "*" and not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError("only numbers can be multiplied")
        return super().call_binop(context, operator, left, right)


def variables(template: str) -> list[str]:
    """The names that a template asks for, in order of first use; none while it does not parse."""
    return list(_variables(template))


@functools.lru_cache(2_048)
def _variables(template: str) -> tuple[str, ...]:
    plain = _plain_names(template)
    names = _parsed_names(template) if plain is None else plain
    return tuple(sorted(names, key=lambda name: (template.find(name), name)))


def _plain_names(template: str) -> set[str] | None:
    """Those of a template that has nothing but `{{ name }}`, as most have; None where it must be parsed, a hundred times as long."""
    names = set(NAMED.findall(template))
    odd = names & WORDS or not all(map(str.isidentifier, names)) or MARKS.search(NAMED.sub("\0", template))
    return None if odd else names


def _parsed_names(template: str) -> set[str]:
    try:
        return meta.find_undeclared_variables(_environment().parse(template)) - {"range"}
    except TemplateError:
        return set()


async def fill(template: str, values: dict[str, Any], seconds: float = SECONDS) -> str:
    """Fill a template on a worker thread. `Invalid` names the line, or the limit that was reached."""
    return await asyncio.to_thread(fill_now, template, values, seconds)


def fill_now(template: str, values: dict[str, Any], seconds: float = SECONDS) -> str:
    """The same at once. Only its own thread is watched by the clock."""
    try:
        ready = {name: seen(value) for name, value in values.items()}
        return _limited(lambda: _render(template, ready), seconds)
    except TemplateSyntaxError as error:
        raise Invalid(
            Text(
                f"The template does not parse, line {error.lineno}: {error.message}.",
                f"模板第 {error.lineno} 行有语法错误：{error.message}。",
            )
        ) from error
    except (
        TemplateError,
        _OverTime,
        _OverSize,
        ArithmeticError,
        TypeError,
        ValueError,
        LookupError,
        RecursionError,
        MemoryError,
    ) as error:
        raise Invalid(Text(f"The template cannot be filled: {error}.", f"无法填写模板：{error}。")) from error


def seen(value: Any) -> Any:
    """A value as a template sees it."""
    if is_table(value):
        return Rows(plain(value.slice(0, LOOP)))
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return Passages(value) if _are_passages(value) else Rows(value)
    return value


def as_text(value: Any) -> Any:
    """What a place shows: passages numbered with their source, tables as Markdown, other objects as JSON."""
    if isinstance(value, Undefined | str | int | float):
        return value
    if value is None:
        return ""
    if _are_passages(value):
        return "\n\n".join(_passage(item, number) for number, item in enumerate(value, 1))
    if isinstance(value, Rows):
        return markdown_table(value)
    return as_words(value)


def _are_passages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and "text" in value[0]


def markdown_table(rows: list[dict[str, Any]]) -> str:
    """Rows as a Markdown table; beyond 200 rows it says how many more there are."""
    if not rows:
        return ""
    names = list(rows[0])
    lines = [_line(names), _line(["---"] * len(names))]
    lines += [
        _line(["" if row.get(name) is None else str(row.get(name)) for name in names]) for row in rows[:TABLE_ROWS]
    ]
    more = len(rows) - TABLE_ROWS
    return "\n".join([*lines, f"(+{more:,})"] if more > 0 else lines)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _passage(item: dict[str, Any], number: int) -> str:
    page, row = (each if isinstance(each, int) else None for each in (item.get("page"), item.get("row")))
    where = place_of(page, row, str(item.get("unit", "page")))
    place = f", {where.en}" if where else ""
    title = f" {item.get('title', '')}{place}" if item.get("title") else ""
    return f"[{item.get('number', number)}]{title}\n{item.get('text', '')}"


@functools.cache
def _environment() -> _Environment:
    environment = _Environment(
        undefined=StrictUndefined, finalize=as_text, autoescape=False, keep_trailing_newline=True
    )
    environment.filters = {name: work for name, work in environment.filters.items() if name in FILTERS}
    environment.globals = {"range": _range}
    return environment


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > LOOP:
        raise SecurityError(f"a loop may run {LOOP:,} times at most")
    return found


def _render(template: str, values: dict[str, Any]) -> str:
    pieces, size = [], 0
    for piece in _environment().from_string(template).generate(**values):
        size += len(piece)
        if size > CHARACTERS:
            raise _OverSize(f"it is longer than {CHARACTERS:,} characters")
        pieces.append(piece)
    return "".join(pieces)


class _OverTime(Exception):
    pass


class _OverSize(Exception):
    pass


def _limited(work: Callable[[], str], seconds: float) -> str:
    """Run `work` with a clock that looks at every line of this thread: a loop without output is stopped too."""
    end = time.monotonic() + seconds

    def watch(_frame: FrameType, _event: str, _argument: Any) -> Any:
        if time.monotonic() > end:
            raise _OverTime(f"it took longer than {seconds:g} seconds")
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        return work()
    finally:
        sys.settrace(before)
