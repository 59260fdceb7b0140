"""Words in all messages of all threads, in any language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from studio.engine.chat.message import Hit

PIECE = 3  # characters that the index knows; a shorter word is looked for in the texts themselves
BEFORE, AFTER = 40, 120  # characters of a snippet around the first word that was found
QUERY = """
    SELECT messages.id, messages.thread_id, messages.role, messages.content, messages.created_at, threads.title
    FROM {tables}
    JOIN threads ON threads.id = messages.thread_id AND threads.deleted_at IS NULL
    WHERE {conditions}
    ORDER BY {number} DESC LIMIT :limit
"""
INDEXED = "message_words CROSS JOIN message_numbers ON number = message_words.rowid CROSS JOIN messages ON messages.id = message_id"
PLAIN = "message_numbers CROSS JOIN messages ON messages.id = message_id"


def words_of(query: str) -> list[str]:
    """What is looked for: all of these must be in a message. Words in quotation marks belong together."""
    found = re.findall(r'"([^"]+)"|“([^”]+)”|(\S+)', query)
    return list(dict.fromkeys(" ".join(next(filter(None, each)).split()) for each in found))


def find(connection: Connection, query: str, limit: int) -> list[Hit]:
    """The messages that were added last and have all the words, the newest first; common words are found as fast as rare ones."""
    words = words_of(query)
    if not words:
        return []
    indexed = [word for word in words if len(word) >= PIECE]
    short = [word for word in words if len(word) < PIECE]
    values: dict[str, Any] = {"limit": limit}
    conditions = [f"messages.content LIKE :short{place} ESCAPE '!'" for place in range(len(short))]
    values |= {f"short{place}": f"%{_escaped(word)}%" for place, word in enumerate(short)}
    if indexed:
        conditions.append("message_words MATCH :words")
        values["words"] = " ".join(f'"{word.replace(chr(34), chr(34) * 2)}"' for word in indexed)
    sql = QUERY.format(
        tables=INDEXED if indexed else PLAIN,
        conditions=" AND ".join(conditions),
        number="message_words.rowid" if indexed else "number",
    )
    rows = connection.execute(text(sql), values).mappings().all()
    return sorted((_hit(dict(row), words) for row in rows), key=lambda hit: -hit.created_at)


def _hit(row: dict[str, Any], words: Sequence[str]) -> Hit:
    content = " ".join(row["content"].split())
    first = min((place for word in words if (place := content.lower().find(word.lower())) >= 0), default=0)
    start, end = max(0, first - BEFORE), first + AFTER
    snippet = f"{'…' * (start > 0)}{content[start:end]}{'…' * (end < len(content))}"
    return Hit(
        thread_id=row["thread_id"], title=row["title"], message_id=row["id"], role=row["role"], snippet=snippet,
        spans=_spans(snippet, words), created_at=row["created_at"],
    )  # fmt: skip


def _spans(snippet: str, words: Sequence[str]) -> list[tuple[int, int]]:
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return [match.span() for match in re.finditer(pattern, snippet, re.IGNORECASE)]


def _escaped(word: str) -> str:
    return re.sub(r"([!%_])", r"!\1", word)
