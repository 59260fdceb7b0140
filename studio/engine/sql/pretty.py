"""SQL laid out anew, by sqlglot."""

from __future__ import annotations

from studio.engine.errors import Invalid
from studio.engine.sql.statements import split
from studio.engine.text import Text


def formatted(text: str) -> str:
    """The statements of a text, each clause on a line of its own. Raises `Invalid` for what sqlglot cannot read."""
    statements = split(text)
    if not statements:
        return text
    pieces = [_one(text[start : each.end]) for start, each in zip(_starts(text, statements), statements, strict=True)]
    ends = text.rstrip().endswith(";")
    return ";\n\n".join(pieces) + (";" if ends else "") + "\n"


def _starts(text: str, statements: list) -> list[int]:  # type: ignore[type-arg]
    """Where each begins, with the comments before it."""
    starts = [0]
    for each in statements[:-1]:
        starts.append(text.index(";", each.end) + 1)
    return starts


def _one(sql: str) -> str:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        parsed = sqlglot.parse_one(sql, read="duckdb")
        return parsed.sql(dialect="duckdb", pretty=True, indent=2, pad=2)
    except SqlglotError as error:
        line = next((each.get("line") for each in getattr(error, "errors", ()) if each.get("line")), None)
        raise Invalid(
            Text(
                f"The query cannot be laid out: line {line} is not understood."
                if line
                else "The query cannot be laid out: it is not understood.",
                f"无法整理格式：看不懂第 {line} 行。" if line else "无法整理格式：语句看不懂。",
            ),
            Text("Mend the mistake first; Run shows where it is.", "请先改正错误；点“运行”可看到位置。"),
            str(error),
        ) from error
