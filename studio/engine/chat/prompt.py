"""What a model is told: the sources with their numbers, then the question."""

from __future__ import annotations

from typing import Any

from studio.engine.chat.message import Message, Source

RULES = (
    "You answer from the numbered sources only. Put the number of the source in square brackets after each statement, "
    "like [1]. If the sources do not answer a part of the question, say so. Answer in the language of the question, briefly."
)
SMALL_RULES = "Answer the question with the facts. Repeat the facts word for word and keep their numbers in brackets."
TURNS = 6


def build(
    question: str, history: list[Message], sources: list[Source], texts: dict[int, str], small: bool
) -> list[dict[str, Any]]:
    """The messages for a model. `texts` holds the words of each source; `small` is for models that follow little.

    Without sources the model is asked plainly, with what was said before.
    """
    if not sources:
        return [*_turns(history), {"role": "user", "content": question}]
    if small:
        facts = "\n".join(f"{_one_line(source.quote)} [{source.number}]" for source in sources)
        return [
            {"role": "system", "content": SMALL_RULES},
            {"role": "user", "content": f"Facts:\n{facts}\n\nQuestion: {question}"},
        ]
    given = "\n\n".join(
        f"[{source.number}] {_head(source)}\n{texts.get(source.number, source.quote)}" for source in sources
    )
    return [
        {"role": "system", "content": f"{RULES}\n\nSources:\n{given}"},
        *_turns(history),
        {"role": "user", "content": question},
    ]


def _turns(history: list[Message]) -> list[dict[str, Any]]:
    return [{"role": message.role, "content": message.content} for message in history[-TURNS:] if message.content]


def _head(source: Source) -> str:
    place = f", page {source.page}" if source.page else ""
    return f"({source.title}{place})"


def _one_line(words: str) -> str:
    return " ".join(words.split())
