"""A question that a run asks a person: its words, and a button for each choice or a field for each thing to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button, Toggle
from studio.ui.widgets.inputs import LineField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card, Glyph

ANSWER = Text("Answer", "回答")
STOP = Text("Stop the run", "停止运行")
COMMENT = Text("Comment (if you like)", "备注（可不填）")
FOR_ALL = Text("The same answer for all {count} questions of this step", "此节点的 {count} 个问题都这样回答")
LACKS = Text("Fill in “{name}”.", "请填写“{name}”。")
IN_A_ROW = 4
REFUSALS = frozenset({"no", "reject", "rejected", "refuse", "deny", "stop", "cancel", "否", "不", "不同意", "拒绝", "驳回", "停止", "取消"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """A choice or a field: what is sent back, and what a person reads."""

    value: str
    title: Text


class QuestionCard(Card):
    """`answered` carries what the engine's `answer` takes; `chosen` comes when the title of its step is pressed.

    A question is told as the engine declares it: `text` (`words` in both languages, where there are such), and `choices` with
    their `labels`, or `fields`. `alike` is how many questions of that step are open: all can be answered at once.
    """

    answered = Signal(object)
    stopped = Signal()
    chosen = Signal()

    def __init__(
        self, question: Mapping[str, Any], title: Text, since: Text, alike: int = 1, parent: QWidget | None = None
    ) -> None:
        super().__init__("warning", parent=parent)
        labels = question.get("labels") or {}
        self.choices = [Option(str(one), words_of(labels.get(one, one))) for one in question.get("choices") or []]
        fields = [Option(str(one), words_of(labels.get(one, one))) for one in question.get("fields") or []]
        self.fields = {one.value: (one, LineField(name=one.title)) for one in fields}
        self.for_all = Toggle(name=FOR_ALL.format(count=alike))
        self._alike = alike
        self.comment = LineField(COMMENT, name=COMMENT)
        self.problem = Label("", "caption", "danger.text", wrap=True)
        self.buttons: dict[str, Button] = {}
        self.stop = Button(STOP, kind="ghost", size="sm")
        self.stop.setVisible(all(choice.value != "stop" for choice in self.choices))
        self._lay_out(asked_in_words(question), title, since)
        say(self.setAccessibleName, title)

    def set_busy(self, busy: bool) -> None:
        """Sent, and not yet heard of: nothing can be pressed twice."""
        for button in (*self.buttons.values(), self.stop):
            button.setEnabled(not busy)

    def say_problem(self, words: Text) -> None:
        """Why the answer was not taken; it can be given again."""
        self.set_busy(False)
        self.problem.say(words)
        self.problem.show()

    def first(self) -> QWidget:
        """What takes the focus."""
        return next((field for _, field in self.fields.values()), None) or next(iter(self.buttons.values()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.fields:
            self._fill_in()
            return
        super().keyPressEvent(event)

    def _lay_out(self, words: Text, title: Text, since: Text) -> None:
        head = QHBoxLayout()
        head.setSpacing(theme.size("space.2"))
        name = Button(title, kind="link", size="sm")
        name.clicked.connect(self.chosen)
        self.stop.clicked.connect(self.stopped)
        head.addWidget(Glyph("message-circle-question-mark", "warning.text"))
        head.addWidget(name)
        head.addWidget(Label(since, "caption", "text.secondary", elide="end"), 1)
        head.addWidget(self.stop)
        self.body.addLayout(head)
        question = Label(words, "body", "text.primary", wrap=True)
        question.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(question)
        self._add_fields()
        self.problem.hide()
        self.body.addWidget(self.problem)
        choices = self.choices if self.choices and not self.fields else [Option("", ANSWER)]
        for start in range(0, len(choices), IN_A_ROW):
            self._add_row(choices[start : start + IN_A_ROW], start == 0)
        if self._alike > 1:
            row = QHBoxLayout()
            row.setSpacing(theme.size("space.2"))
            row.addWidget(self.for_all)
            row.addWidget(Label(FOR_ALL.format(count=self._alike), "dense", "text.secondary"), 1)
            self.body.addLayout(row)

    def _add_row(self, choices: list[Option], first: bool) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        for choice in choices:
            refuses = choice.value.strip().lower() in REFUSALS
            self._add_button(
                row, choice, "danger" if refuses else "primary" if first and not self.buttons else "default"
            )
        if first and not self.fields:
            self.comment.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            row.addWidget(self.comment, 1)
        else:
            row.addStretch(1)
        self.body.addLayout(row)

    def _add_fields(self) -> None:
        for one, field in self.fields.values():
            column = QVBoxLayout()
            column.setSpacing(theme.size("space.1"))
            label = Label(one.title, "dense", "text.secondary")
            label.setBuddy(field)
            column.addWidget(label)
            column.addWidget(field)
            self.body.addLayout(column)

    def _add_button(self, row: QHBoxLayout, choice: Option, kind: str) -> None:
        button = Button(choice.title, kind=kind)
        button.clicked.connect(
            lambda: self._fill_in() if self.fields or not choice.value else self._choose(choice.value)
        )
        self.buttons[choice.value] = button
        row.addWidget(button)

    def _choose(self, value: str) -> None:
        self._send({"choice": value, "text": self.comment.text().strip()})

    def _fill_in(self) -> None:
        if not self.fields:
            self._send(self.comment.text().strip())
            return
        for one, field in self.fields.values():
            if not field.text().strip():
                self.say_problem(LACKS.format(name=one.title))
                field.setFocus()
                return
        self._send({name: field.text().strip() for name, (_, field) in self.fields.items()})

    def _send(self, answer: Any) -> None:
        self.problem.hide()
        self.set_busy(True)
        self.answered.emit(answer)


def asked_in_words(question: Mapping[str, Any]) -> Text:
    """What is asked; the words of a workflow's author are in their language only."""
    return words_of(question.get("words") or question.get("text"))


def asks_in_words(question: Mapping[str, Any]) -> Text:
    """The same with whom it is for, where it is for somebody."""
    words, whom = asked_in_words(question), str(question.get("assignee") or "")
    return Text(f"for {whom}: {words.en}", f"询问 {whom}：{words.zh}") if whom else words


def words_of(given: Any) -> Text:
    """Words in both languages, from either form."""
    if isinstance(given, Text):
        return given
    if isinstance(given, Mapping):
        return Text(str(given.get("en", "")), str(given.get("zh", given.get("en", ""))))
    return Text.same(str(given or ""))


def answer_in_words(answer: Any, question: Mapping[str, Any] | None = None) -> Text:
    """An answer in one line: the choice, as its question calls it, with what was said to it; or the fields."""
    if not isinstance(answer, dict):
        return Text.same(str(answer))
    if "choice" not in answer:
        return Text.same(", ".join(f"{name}: {value}" for name, value in answer.items()))
    labels = (question or {}).get("labels") or {}
    choice, more = words_of(labels.get(answer["choice"], answer["choice"])), answer.get("text")
    return Text(f"{choice.en} · {more}", f"{choice.zh} · {more}") if more else choice
