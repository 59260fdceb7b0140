"""Colours for code: Pygments' tokens as the roles of `syntax` in the design tokens. Pygments is imported late."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from PySide6.QtGui import QTextCharFormat

from studio.ui.theme import theme

LONGEST = 60_000
ROLES: tuple[tuple[str, str], ...] = (
    ("Comment", "comment"), ("Keyword.Constant", "number"), ("Keyword", "keyword"), ("Operator.Word", "keyword"),
    ("Name.Function", "function"), ("Name.Builtin", "function"), ("Name.Class", "function"), ("Name.Tag", "keyword"),
    ("Name.Decorator", "function"), ("Name.Variable", "variable"), ("Name.Attribute", "variable"),
    ("Literal.String", "string"), ("Literal.Number", "number"), ("Literal.Date", "number"), ("Operator", "operator"),
)  # fmt: skip
NO_FUNCTIONS = frozenset(
    [
        "IN",
        "AS",
        "AND",
        "OR",
        "NOT",
        "ON",
        "BY",
        "OVER",
        "FILTER",
        "USING",
        "EXISTS",
        "WHERE",
        "WHEN",
        "VALUES",
        "FROM",
        "SELECT",
        "WITHIN",
    ]
)
ALIASES = {"prompt": "text", "": "text", "sqlite": "sql", "duckdb": "sql"}


def spans(code: str, language: str) -> Iterator[tuple[int, int, str]]:
    """(start, length, role) of what has a colour; nothing for an unknown language or a very long text."""
    lexer = _lexer(ALIASES.get(language.lower(), language.lower()))
    if lexer is None or len(code) > LONGEST:
        return
    for start, token, value in lexer.get_tokens_unprocessed(code):
        role = _role(token)
        if language == "sql" and role in ("", "keyword") and _is_call(code, start, value):
            role = "function"
        if role:
            yield start, len(value), role


def _is_call(code: str, start: int, word: str) -> bool:
    """Pygments takes SQL's functions for keywords and names: a word with a bracket behind it is a call."""
    return word.isidentifier() and code.startswith("(", start + len(word)) and word.upper() not in NO_FUNCTIONS


def style(role: str) -> QTextCharFormat:
    """How a role looks now."""
    look = QTextCharFormat()
    look.setForeground(theme.colour(f"syntax.{role}"))
    return look


@lru_cache(maxsize=32)
def _lexer(language: str) -> Any:
    if language in ("text", "plain", "log", "output"):
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language)
    except ClassNotFound:
        return None


@lru_cache(maxsize=256)
def _role(token: Any) -> str:
    name = ".".join(token)
    return next((role for prefix, role in ROLES if name == prefix or name.startswith(prefix + ".")), "")
