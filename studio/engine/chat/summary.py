"""A summary of earlier messages: of the model's where it holds, else of the conversation's own sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from studio.engine.chat.attachments import estimated
from studio.engine.chat.citations import figures, without_marks, words
from studio.engine.chat.message import Message

SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?](?=\s|$)|[。！？]+|\n|$|[.!?])+")
OWN = 0.6  # of a summary's words that stand in the conversation
LONGEST = 200  # characters of one sentence


def usable(summary: str, before: str, old: Sequence[Message]) -> bool:
    """Whether a model's summary may stand for the messages: it says nothing that they do not, and says it once.

    As measured, SmolLM2-135M writes "The conversation has ended." or repeats one wrong line to its limit.
    """
    said = words(summary)
    told = "\n".join([before, *(message.content for message in old)])
    lines = [line.strip() for line in summary.splitlines() if line.strip()]
    own = len(said & words(told)) >= OWN * len(said) if said else False
    return own and figures(summary) <= figures(told) and len(set(lines)) * 2 > len(lines)


def extracted(before: str, old: Sequence[Message], most: int) -> str:
    """What the messages say in sentences of their own, at most so many tokens; the newest and those with figures first.

    A question stands there only with the answer that it led to.
    """
    lines = [*before.splitlines(), *(line for message in old for line in _told(message))]
    lines = list(dict.fromkeys(line for line in lines if line.strip()))
    ranked = sorted(range(len(lines)), key=lambda place: (not figures(lines[place]), -place))
    kept: set[int] = set()
    for place in ranked:
        size = estimated(lines[place]) + 1
        if size <= most:
            most -= size
            kept.add(place)
    return "\n".join(lines[place] for place in sorted(kept))


def _told(message: Message) -> list[str]:
    content = " ".join(without_marks(message.content).split())
    if message.role == "user":
        return [f"- Asked: {_cut(content)}"]
    sentences = [each.strip() for each in SENTENCE.findall(content) if each.strip()]
    first = sentences[:1]
    more = [each for each in sentences[1:] if figures(each)]
    return [f"- {_cut(each)}" for each in [*first, *more][:4]]


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
