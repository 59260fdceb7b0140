"""What a model is told: the sources with their numbers, then the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.engine.chat.fact import is_chinese
from studio.engine.chat.message import Message, Source

RULES = (
    "You answer from the numbered sources only. Put the number of the source in square brackets after each statement, "
    "like [1]. If the sources do not answer a part of the question, say so. Answer in the language of the question, "
    "briefly."
)
NEAR = 0.4  # the match of a page that is about the question, as measured on the sample's questions
SMALL_TOKENS = 160  # a small model that goes on longer only repeats itself
SMALL_RULES = "Answer the question with the facts. Repeat the facts word for word and keep their numbers in brackets."
SENTENCE = 16  # characters; of less a small model makes no sentence, and says the example's again
RESULT_RULES = "Answer with the result. Repeat it word for word."
# A small model copies the form of an example; its matter is far from anything that is asked here.
EXAMPLE = {
    "page": ("The bridge in 苏州 is 317 metres long.", "How long is the bridge in 苏州"),
    "rows": ("The number of trees where park is 北园 and kind is oak is 86.", "how many oaks are in 北园"),
}
WHICH = "Which park has the most oaks?"  # for the same fact, where the question asks for a place rather than a number
ZH_EXAMPLE = {
    "page": ("苏州的这座桥长 317 米。", "苏州的桥有多长"),
    "rows": ("在 trees 中，park 是 北园、kind 是 oak 的数量是 86。", "北园有多少棵橡树"),
}

Messages = list[dict[str, Any]]


@dataclass(frozen=True)
class Result:
    """What a tool brought, in the words that the model reads."""

    tool: str
    words: str


def build(
    question: str, history: Sequence[Message], sources: Sequence[Source], texts: Mapping[int, str], summary: str = ""
) -> Messages:
    """The messages for a model. `texts` holds the words of each source, `summary` what was said before the history.

    Without sources the model is asked plainly, with what was said before.
    """
    parts = [f"Earlier in this conversation:\n{summary}"] * bool(summary)
    if sources:
        given = "\n\n".join(
            f"[{source.number}] {_head(source)}\n{texts.get(source.number, source.quote)}" for source in sources
        )
        parts = [RULES, *parts, f"Sources:\n{given}"]
    system = [{"role": "system", "content": "\n\n".join(parts)}] if parts else []
    return [*system, *_turns(history), {"role": "user", "content": question}]


def build_result(question: str, result: Result) -> Messages:
    """The messages for a model that follows little, which says again what a tool brought."""
    chinese = is_chinese(question)
    fact, asked = (ZH_EXAMPLE if chinese else EXAMPLE)["page"]
    example = _example_question(question, [asked], chinese)
    return [
        {"role": "system", "content": RESULT_RULES},
        {"role": "user", "content": _with_result(Result("Bridges", fact), example)},
        {"role": "assistant", "content": fact},
        {"role": "user", "content": _with_result(result, question)},
    ]


def build_small(question: str, sources: Sequence[Source]) -> Messages:
    """The messages for a model that follows little: a few facts, an example with facts of the same kinds, and the
    question.

    As measured with SmolLM2-135M: English facts are repeated best before the question, Chinese ones after it.
    """
    if not sources:
        return [{"role": "user", "content": question}]
    chinese = is_chinese(question)
    kinds = ["rows" if each.kind == "rows" else "page" for each in sources]
    example = [each for kind, each in (ZH_EXAMPLE if chinese else EXAMPLE).items() if kind in kinds]
    example_facts = [f"{fact} [{number}]" for number, (fact, _) in enumerate(example, 1)]
    example_question = _example_question(question, [words for _, words in example], chinese)
    facts = [f"{_one_line(each.quote)} [{each.number}]" for each in sources]
    return [
        {"role": "system", "content": SMALL_RULES},
        {"role": "user", "content": _small_question(example_facts, example_question, chinese)},
        {"role": "assistant", "content": "\n".join(example_facts)},
        {"role": "user", "content": _small_question(facts, question, chinese)},
    ]


def _example_question(question: str, asked: Sequence[str], chinese: bool) -> str:
    """One that has the form of the question itself."""
    if chinese:
        return f"{'，'.join(asked)}？"
    if "which" in question.lower() and list(asked) == [EXAMPLE["rows"][1]]:
        return WHICH
    words = ", and ".join(asked)
    return f"{words[:1].upper()}{words[1:]}?"


def for_small(sources: Sequence[Source]) -> list[Source]:
    """What a small model can hold apart: the page that fits best, and the rows. A page beside the point only confuses it."""
    rows = [source for source in sources if source.kind == "rows"]
    pages = [source for source in sources if source.kind != "rows"][:1]
    return [*(page for page in pages if not rows or (page.score or 0) >= NEAR), *rows]


def _small_question(facts: Sequence[str], question: str, question_first: bool) -> str:
    parts = ["Facts:\n" + "\n".join(facts), f"Question: {question}"]
    return "\n\n".join(parts[::-1] if question_first else parts)


def _with_result(result: Result, question: str) -> str:
    words = result.words if len(result.words) >= SENTENCE else f"{result.tool} was run. It brought {result.words}."
    return f"Result of {result.tool}:\n{words}\n\nRequest: {question}"


def _turns(history: Sequence[Message]) -> Messages:
    return [{"role": message.role, "content": message.content} for message in history if message.content]


def _head(source: Source) -> str:
    place = f", {source.place.en}" if source.place else ""
    return f"({source.title}{place})"


def _one_line(words: str) -> str:
    return " ".join(words.split())
