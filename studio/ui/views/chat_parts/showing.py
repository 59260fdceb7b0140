"""The messages of the thread in front, as widgets in the column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from studio.engine.chat.message import Message
from studio.engine.models.model import Model
from studio.engine.text import Text
from studio.ui.views.chat_parts.conversation import Conversation
from studio.ui.views.chat_parts.live import Live
from studio.ui.views.chat_parts.messages import AnswerView, QuestionView

AT_FIRST = 30  # messages of a thread that are shown at first


@dataclass
class Branch:
    """What is shown of a thread: the branch, the versions of its messages, and the answers that stand beside."""

    messages: list[Message] = field(default_factory=list)
    versions: dict[str, list[str]] = field(default_factory=dict)
    beside: list[Message] = field(default_factory=list)


class Showing(QObject):
    """`model_of` finds the model of a message by its name. `did` carries what a person did: a name and its arguments."""

    chip = Signal(object, int)  # Message, source number
    open_rows = Signal(str, str)
    retry = Signal(str)
    mend = Signal(str)
    did = Signal(str, tuple)

    def __init__(self, middle: Conversation, model_of: Callable[[Message], Model | None]) -> None:
        super().__init__(middle)
        self._middle, self._model_of = middle, model_of
        self._branch, self._count = Branch(), AT_FIRST
        middle.earlier.connect(self._show_earlier)

    @property
    def messages(self) -> list[Message]:
        """The whole branch, whether it is all shown or not."""
        return self._branch.messages

    @property
    def beside(self) -> list[Message]:
        """The answers that stand side by side with those of the branch."""
        return self._branch.beside

    def show(self, branch: Branch) -> None:
        """Another thread's messages, from the end."""
        self._branch, self._count = branch, AT_FIRST
        self._fill()

    def add(self, *messages: Message) -> None:
        """More at the end; one that stands there already is shown as it is now."""
        for message in messages:
            if message.id in _ids(self.messages):
                self._renew(message)
            else:
                self._branch.messages.append(message)
                self._add(message)

    def add_beside(self, message: Message) -> None:
        """An answer beside the one of the branch."""
        if message.id in _ids(self.beside):
            self._renew(message)
        else:
            self._branch.beside.append(message)
            self._pair(message)

    def refresh(self, branch: Branch) -> None:
        """What is on disk now; only what differs is shown anew."""
        there = len(self.messages)
        if _ids(branch.messages[:there]) != _ids(self.messages) or _ids(branch.beside) != _ids(self.beside):
            self._branch = branch
            self._fill()
            return
        self.add(*branch.messages)
        for message in branch.beside:
            self._renew(message)
        self._branch = branch
        self._show_versions()

    def finish(self, message: Message) -> None:
        """An answer has come to its end."""
        self._branch.messages = [message if each.id == message.id else each for each in self.messages]
        self._branch.beside = [message if each.id == message.id else each for each in self.beside]
        view = self.answer(message.id)
        if view is not None:
            view.finish(message, self._model_of(message))

    def cut(self, message: Message) -> None:
        """Take a message away with all that follows."""
        view = next((each for each in self._middle.views() if each.message.id == message.id), None)
        if view is not None:
            self._middle.remove_from(view)
        place = _ids(self.messages).index(message.id)
        gone = set(_ids(self.messages[place:]))
        self._branch.messages = self.messages[:place]
        self._branch.beside = [each for each in self.beside if each.beside not in gone and each.parent_id not in gone]

    def show_models(self) -> None:
        """The models' names and labels, once they are known."""
        for view in self._middle.views():
            if isinstance(view, AnswerView):
                view.show_model(self._model_of(view.message))

    def show_stale(self, stale: Mapping[str, Mapping[int, Text]]) -> None:
        """By message, the sources that are no longer what was read."""
        for view in self._middle.views():
            if isinstance(view, AnswerView):
                view.show_stale(stale.get(view.message.id, {}))

    def show_waiting(self, lives: list[Live]) -> None:
        """A tool that waits for a person or is at work still does when one comes back to its thread."""
        for live in lives:
            view = self.answer(live.answer.id) if live.answer is not None else None
            tool = live.at_work()
            if view is not None and live.wanted is not None:
                view.ask_leave(live.wanted)
            elif view is not None and tool is not None:
                view.show_working(tool)

    def step_version(self, by: int) -> None:
        """Another version of the last message that has any."""
        for view in reversed(self._middle.views()):
            versions = view.versions if isinstance(view, QuestionView) else view.tools.versions
            if not versions.isHidden():
                versions.step(by)
                return

    def edit_last(self) -> None:
        """The last question in its editor."""
        questions = [view for view in self._middle.views() if isinstance(view, QuestionView)]
        if questions:
            questions[-1].edit()
            self._middle.reveal(questions[-1])

    def answer(self, message_id: str) -> AnswerView | None:
        """The widget of an answer that is shown."""
        views = (view for view in self._middle.views() if view.message.id == message_id)
        return next((view for view in views if isinstance(view, AnswerView)), None)

    def view_of(self, message_id: str) -> QuestionView | AnswerView | None:
        return next((view for view in self._middle.views() if view.message.id == message_id), None)

    def reveal(self, message_id: str) -> None:
        """Scroll to a message, showing as many earlier ones as that takes."""
        ids = _ids(self.messages)
        if message_id not in ids:
            return
        needed = len(ids) - ids.index(message_id)
        if needed > self._count:
            self._count = needed + 2
            self._fill()
        view = self.view_of(message_id)
        if view is not None:
            self._middle.reveal(view)

    def last_answer(self) -> Message | None:
        return next((each for each in reversed(self.messages) if each.role == "assistant"), None)

    def message(self, message_id: str) -> Message | None:
        return next((each for each in self.messages if each.id == message_id), None)

    def question_of(self, answer_id: str) -> Message | None:
        """The question that an answer answers."""
        answer = self.message(answer_id)
        return self.message(answer.parent_id or "") if answer else None

    def _fill(self) -> None:
        self._middle.clear()
        for message in self.messages[-self._count :]:
            self._add(message)
        for other in self.beside:
            self._pair(other)
        self._show_versions()
        self._middle.more.setVisible(len(self.messages) > self._count)

    def _renew(self, message: Message) -> None:
        view = self.answer(message.id)
        if view is not None and view.message != message and view.editor is None:
            view.show_message(message, self._model_of(message))

    def _show_earlier(self) -> None:
        self._count += AT_FIRST
        self._fill()

    def _show_versions(self) -> None:
        for view in self._middle.views():
            versions = view.versions if isinstance(view, QuestionView) else view.tools.versions
            versions.show_versions(self._branch.versions.get(view.message.id, []), view.message.id)

    def _add(self, message: Message) -> None:
        if message.role == "user":
            question = QuestionView(message)
            question.edited.connect(lambda old, words: self.did.emit("edit_question", (old, words)))
            self._connect(question)
            self._middle.add(question)
        else:
            self._middle.add(self._answer_view(message))

    def _pair(self, message: Message) -> None:
        """Put an answer beside the one of the branch that answers the same question."""
        main = next((each for each in self.messages if each.parent_id == message.parent_id), None)
        view = self.answer(main.id) if main else None
        if view is not None:
            other = self._answer_view(message)
            other.offer_use(True)
            self._middle.add_beside(view, other)

    def _answer_view(self, message: Message) -> AnswerView:
        view = AnswerView(message, self._model_of(message))
        view.chip.connect(lambda _, number: self.chip.emit(view.message, number))
        view.open_rows.connect(self.open_rows)
        view.retry.connect(self.retry)
        view.mend.connect(self.mend)
        view.edited.connect(lambda old, words: self.did.emit("edit_answer", (old, words)))
        view.go_on.connect(lambda message_id: self.did.emit("go_on", (message_id,)))
        view.rerun.connect(lambda *place: self.did.emit("rerun", place))
        view.rated.connect(lambda *rating: self.did.emit("rate", rating))
        view.decided.connect(lambda *decision: self.did.emit("decide", decision))
        self._connect(view)
        return view

    def _connect(self, view: QuestionView | AnswerView) -> None:
        view.forked.connect(lambda message_id: self.did.emit("fork", (message_id,)))
        view.version.connect(lambda message_id: self.did.emit("switch", (message_id,)))


def _ids(messages: list[Message]) -> list[str]:
    return [message.id for message in messages]
