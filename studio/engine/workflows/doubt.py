"""A side effect that began and whose end nobody wrote down: a person is asked what became of it."""

from __future__ import annotations

from typing import Any

from studio.engine.errors import BadParameter
from studio.engine.text import Text

KIND = "in_doubt"
REPEAT, DONE, STOP = "repeat", "done", "stop"
CHOICES = {
    REPEAT: Text("It did not happen: do it now", "没有发生：现在执行"),
    DONE: Text("It happened: go on", "已经发生：继续"),
    STOP: Text("Stop the run", "停止运行"),
}


def question_about(title: str, ports: list[str], rows: tuple[int, ...]) -> dict[str, Any]:
    """The question as the journal keeps it. `outputs` names the values that the answer “done” may bring along."""
    where = Text(f" (item {_place(rows)})", f"（第 {_place(rows)} 项）") if rows else Text.same("")
    words = Text(
        f"“{title}”{where.en} had begun when the run ended before, and may have taken effect. Did it?",
        f"上次运行结束时“{title}”{where.zh}已经开始，可能已经生效。它生效了吗？",
    )
    return {**question_of(words, CHOICES), "kind": KIND, "outputs": ports}


def question_of(words: Text, choices: dict[str, Text]) -> dict[str, Any]:
    """A question of the studio's own, to be answered by one of its choices, as the journal keeps it."""
    return {
        "text": words.en,
        "words": words.as_dict(),
        "choices": list(choices),
        "labels": {choice: label.as_dict() for choice, label in choices.items()},
        "fields": [],
    }


def is_doubt(question: dict[str, Any]) -> bool:
    return question.get("kind") == KIND


def says_stop(answered: list[tuple[dict[str, Any], Any]]) -> bool:
    """Whether one of these questions (each with its `question`) got the answer that ends the run."""
    return any(is_doubt(item["question"]) and answer["choice"] == STOP for item, answer in answered)


def taken_as_done(question: dict[str, Any], answer: Any) -> dict[str, Any]:
    """The values that come with an answer, by port; `BadParameter` names one that the step does not have."""
    given = answer.get("outputs") or {} if isinstance(answer, dict) else {}
    strange = sorted(set(given) - set(question["outputs"])) if isinstance(given, dict) else ["outputs"]
    if strange:
        known = ", ".join(question["outputs"])
        raise BadParameter(
            Text(
                f"The step has no output “{strange[0]}”; it has: {known}.",
                f"该节点没有输出“{strange[0]}”，可用的有：{known}。",
            )
        )
    return dict(given)


def text_of(question: dict[str, Any]) -> Text:
    """What is asked, in both languages; a question that a workflow's author wrote is in theirs."""
    words = question.get("words")
    return Text(**words) if words else Text.same(str(question.get("text", "")))


def asked_of(question: dict[str, Any]) -> Text | None:
    """Whom it is for, where it is for somebody."""
    name = question.get("assignee")
    return Text(f"for {name}", f"询问 {name}") if name else None


def label_of(question: dict[str, Any], choice: str) -> Text:
    """What a choice is called."""
    words = question.get("labels", {}).get(choice)
    return Text(**words) if words else Text.same(choice)


def _place(rows: tuple[int, ...]) -> str:
    return ".".join(str(number + 1) for number in rows)
