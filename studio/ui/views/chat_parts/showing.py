"""The messages of the thread in front, as widgets in the column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from studio.engine.chat.message import Message
from studio.engine.models.model import Model
from studio.ui.views.chat_parts.conversation import Conversation
from studio.ui.views.chat_parts.messages import AnswerView, QuestionView

AT_FIRST = 30  # messages of a thread that are shown at first


@dataclass
class _Shown:
    messages: list[Message] = field(default_factory=list)
    count: int = AT_FIRST


class Showing(QObject):
    """`model_of` finds the model of a message by its name."""

    chip = Signal(object, int)  # Message, source number
    open_rows = Signal(str, str)
    retry = Signal(str)
    mend = Signal(str)

    def __init__(self, middle: Conversation, model_of: Callable[[Message], Model | None]) -> None:
        super().__init__(middle)
        self._middle, self._model_of = middle, model_of
        self._shown = _Shown()
        middle.earlier.connect(self._show_earlier)

    @property
    def messages(self) -> list[Message]:
        """The whole branch, whether it is all shown or not."""
        return self._shown.messages

    def show(self, messages: list[Message]) -> None:
        """Another thread's messages, from the end."""
        self._shown = _Shown(list(messages))
        self._fill()

    def add(self, *messages: Message) -> None:
        """More at the end."""
        for message in messages:
            self._shown.messages.append(message)
            self._add(message)

    def refresh(self, messages: list[Message]) -> None:
        """What is on disk now; only what differs is shown anew."""
        if [each.id for each in messages] != [each.id for each in self.messages]:
            self._shown.messages = list(messages)
            self._fill()
            return
        for message in messages:
            view = self.answer(message.id)
            if view is not None and view.message != message:
                view.show_message(message, self._model_of(message))
        self._shown.messages = list(messages)

    def finish(self, message: Message) -> None:
        """An answer has come to its end."""
        self._shown.messages = [message if each.id == message.id else each for each in self.messages]
        view = self.answer(message.id)
        if view is not None:
            view.finish(message, self._model_of(message))

    def cut(self, question: Message) -> None:
        """Take a question away with all that follows."""
        view = next((each for each in self._middle.views() if each.message.id == question.id), None)
        if view is not None:
            self._middle.remove_from(view)
        self._shown.messages = self.messages[: self.messages.index(question)]

    def show_models(self) -> None:
        """The models' names and labels, once they are known."""
        for view in self._middle.views():
            if isinstance(view, AnswerView):
                view.show_model(self._model_of(view.message))

    def answer(self, message_id: str) -> AnswerView | None:
        """The widget of an answer that is shown."""
        views = (view for view in self._middle.views() if view.message.id == message_id)
        return next((view for view in views if isinstance(view, AnswerView)), None)

    def last_answer(self) -> Message | None:
        return next((each for each in reversed(self.messages) if each.role == "assistant"), None)

    def question_of(self, answer_id: str) -> Message | None:
        """The question that an answer answers."""
        answer = next((each for each in self.messages if each.id == answer_id), None)
        parent = answer.parent_id if answer else None
        return next((each for each in self.messages if each.id == parent), None)

    def _fill(self) -> None:
        self._middle.clear()
        for message in self.messages[-self._shown.count :]:
            self._add(message)
        self._middle.more.setVisible(len(self.messages) > self._shown.count)

    def _show_earlier(self) -> None:
        self._shown.count += AT_FIRST
        self._fill()

    def _add(self, message: Message) -> None:
        if message.role == "user":
            self._middle.add(QuestionView(message))
            return
        view = AnswerView(message, self._model_of(message))
        view.chip.connect(lambda _, number: self.chip.emit(view.message, number))
        view.open_rows.connect(self.open_rows)
        view.retry.connect(self.retry)
        view.mend.connect(self.mend)
        self._middle.add(view)
