"""Chat: questions about documents and data, answered with their sources."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent

from studio.engine.chat.message import (
    Asked,
    ChatEvent,
    Message,
    Piece,
    SourcesFound,
    Thread,
    ThreadsChanged,
    Worked,
)
from studio.engine.chat.service import LEAF
from studio.engine.errors import StudioError
from studio.engine.events import Notice
from studio.engine.models.model import Model
from studio.engine.text import Text
from studio.ui.actions import Action
from studio.ui.turns import Turns
from studio.ui.views.chat_parts.around import Around
from studio.ui.views.chat_parts.asking import Asking
from studio.ui.views.chat_parts.conversation import Conversation
from studio.ui.views.chat_parts.keeping import Keeping
from studio.ui.views.chat_parts.live import Live
from studio.ui.views.chat_parts.showing import Showing
from studio.ui.views.chat_parts.sources_panel import SourcesPanel
from studio.ui.views.chat_parts.sourcing import Sourcing
from studio.ui.views.chat_parts.threads import ThreadsPanel
from studio.ui.views.chat_parts.using import Using
from studio.ui.views.view import View
from studio.ui.widgets.markdown import prepare

if TYPE_CHECKING:
    from studio.ui.studio import Studio

CATEGORY = Text("Chat", "对话")
ACTIONS = (
    ("new", Text("New chat", "新对话"), "plus", "Ctrl+N", "new_thread"),
    ("send", Text("Send the question", "发送问题"), "arrow-up", "", "send"),
    ("stop", Text("Stop the answer", "停止回答"), "square", "", "stop"),
    ("next_source", Text("Next source", "下一个来源"), "arrow-down", "Alt+Down", "next_source"),
    ("previous_source", Text("Previous source", "上一个来源"), "arrow-up", "Alt+Up", "previous_source"),
)


class ChatView(View):
    """Threads at the left, the conversation, and the sources of an answer at the right.

    `front` is the thread in front, None for a new one, which is made when its first question is asked.
    """

    name = "chat"
    title = Text("Chat", "对话")
    icon = "messages-square"
    order = 6

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.front: Thread | None = None
        self._wanted = ""  # the thread that is being opened

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.threads = ThreadsPanel()
        yield
        self.middle = Conversation()
        yield
        self.sources = SourcesPanel()
        yield
        self.using = Using(studio, self.middle)
        self.showing = Showing(self.middle, self._model_of)
        self.sourcing = Sourcing(studio, self.middle, self.sources)
        self.keeping = Keeping(studio, self.threads, self._show_threads)
        self.asking = Asking(studio, self)
        yield
        self.build(self.middle, self.threads, self.sources)
        yield
        self._connect()
        studio.bridge.listen(self, ThreadsChanged, self._threads_changed)
        studio.bridge.run(self, asyncio.to_thread(prepare))  # imports of the first answer, off the window's thread
        studio.opener("thread", lambda thread_id, **_: self.open_thread(thread_id))
        self.new_thread()

    @classmethod
    def register(cls, studio: Studio) -> None:
        def do(method: str) -> None:
            studio.window.show_view("chat", lambda view: getattr(view, method)())

        for name, words, icon, keys, method in ACTIONS:
            studio.actions.add(Action(f"chat.{name}", words, partial(do, method), icon, keys, CATEGORY, view="chat"))

    @property
    def around(self) -> Around:
        """Models, collections, datasets and examples, as last read."""
        return self.using.around

    @property
    def lives(self) -> dict[str, Live]:
        """The answers that are being written, by thread."""
        return self.asking.lives

    def shown(self) -> None:
        self.using.look()
        self.keeping.load()
        self.middle.composer.input.setFocus()

    # What a person does

    def new_thread(self) -> None:
        """An empty thread."""
        self.front, self._wanted = None, ""
        self.showing.show([])
        self.middle.head.show_thread(None, 0)
        self.threads.select("")
        self.sourcing.clear()
        self.using.show_for(None)
        self._show_streaming()
        self.middle.composer.input.setFocus()

    def open_thread(self, thread_id: str) -> None:
        """Show a thread from its end."""
        self._wanted = thread_id
        self.studio.bridge.run(self, self._read(thread_id), partial(self._show_thread, thread_id))

    def ask(self, question: str) -> None:
        """Ask in the thread in front; a new one is made first."""
        if self.front is not None:
            self._begin(self.front.id, question)
            return
        made = self.studio.engine.chat.create(**self.using.chosen())
        self.studio.bridge.run(self, made, partial(self._ask_first, question), partial(self._give_back, question))

    def send(self) -> None:
        self.middle.composer.send()

    def stop(self) -> None:
        """End the answer of the thread in front; what is written stays."""
        if self.front is not None:
            self.asking.stop(self.front.id)

    def retry(self, message_id: str) -> None:
        """Ask the question of an answer again; the old answer stays on disk as another branch."""
        question = self.showing.question_of(message_id)
        if self.front is None or question is None or self.front.id in self.lives:
            return
        self.showing.cut(question)
        self._begin(self.front.id, question.content, question.parent_id)

    def next_source(self) -> None:
        self._step_source(1)

    def previous_source(self) -> None:
        self._step_source(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.front and self.front.id in self.lives:
            self.stop()
            return
        super().keyPressEvent(event)

    # Asking

    def _ask_first(self, question: str, thread: Thread) -> None:
        self.front, self._wanted = thread, thread.id
        self._begin(thread.id, question)

    def _begin(self, thread_id: str, question: str, parent_id: str | None = LEAF) -> None:
        self.asking.begin(thread_id, question, parent_id)
        self.middle.go_to_end()
        self._show_streaming()

    def _show_event(self, live: Live, event: ChatEvent) -> None:
        answer = live.answer
        if answer is None or not self._in_front(live):
            return
        if isinstance(event, Asked):
            self.showing.add(event.question, event.answer)
            self._show_count()
            self._show_streaming()
        view = self.showing.answer(answer.id)
        if view is None:
            return
        if isinstance(event, Worked):
            view.add_step(answer)
        elif isinstance(event, SourcesFound):
            view.show_sources(answer)
            self.sourcing.show(answer)
        elif isinstance(event, Piece):
            view.append(answer, event.text, live.tokens, live.first, live.rate)

    def _show_end(self, live: Live, message: Message | None) -> None:
        if message is not None and self._in_front(live):
            self.showing.finish(message)
            self.sourcing.show(message)
            self.using.show_context(message)
        self._show_streaming()

    def _give_back(self, question: str, error: StudioError) -> None:
        self.middle.composer.input.setPlainText(question)
        self.studio.window.notice(Notice("error", error.message, error.repair))

    # Showing

    async def _read(self, thread_id: str) -> tuple[Thread, list[Message]]:
        chat = self.studio.engine.chat
        return await chat.thread(thread_id), await chat.messages(thread_id)

    def _show_thread(self, thread_id: str, found: tuple[Thread, list[Message]]) -> None:
        if thread_id == self._wanted:
            self.front, messages = found
            Turns(self._fill(thread_id, [self.asking.known(each) for each in messages]), self).start()

    def _fill(self, thread_id: str, messages: list[Message]) -> Iterator[object]:
        """The conversation, then its sources, unless a person went to another thread meanwhile."""
        self.showing.show(messages)
        yield
        if thread_id != self._wanted:
            return
        self.sourcing.clear()
        last = self.showing.last_answer()
        if last is not None:
            self.sourcing.show(last)
        self.threads.select(thread_id)
        self.using.show_for(self.front)
        if last is not None:
            self.using.show_context(last)
        self._show_count()
        self._show_streaming()
        self.middle.composer.input.setFocus()

    def _refresh(self, thread_id: str, found: tuple[Thread, list[Message]]) -> None:
        """What the engine has now: another title, or an answer that was stopped or written elsewhere."""
        if self.front is None or thread_id != self.front.id:
            return
        self.front, messages = found
        if thread_id not in self.lives:
            self.showing.refresh(messages)
        self._show_count()

    def _show_count(self) -> None:
        self.middle.head.show_thread(self.front, len(self.showing.messages))

    def _show_streaming(self) -> None:
        streaming = self.front is not None and self.front.id in self.lives
        self.middle.composer.set_streaming(streaming)
        self.middle.composer.set_follow_up(bool(self.showing.messages))
        self.set_badge("accent" if self.lives else None)

    def _step_source(self, by: int) -> None:
        self.show_panel("inspector", True)
        self.sources.step(by)

    def _choose_source(self, message: Message, number: int) -> None:
        self.show_panel("inspector", True)
        self.sourcing.choose(message, number)

    # Threads and what they use

    def _show_threads(self, threads: list[Thread]) -> None:
        self.threads.show_threads(threads, self.around.named, list(self.lives))
        self.threads.select(self.front.id if self.front else "")

    def _threads_changed(self, event: ThreadsChanged) -> None:
        self.keeping.load_soon()
        if self.front is not None and event.thread_id == self.front.id:
            work = self._read(event.thread_id)
            self.studio.bridge.run(self, work, partial(self._refresh, event.thread_id), lambda _: None)

    def _rename_listed(self, thread_id: str) -> None:
        self.open_thread(thread_id)
        QTimer.singleShot(150, self.middle.head.begin)

    def _rename(self, words: str) -> None:
        if self.front is not None:
            self.keeping.update(self.front.id, title=words)

    def _leave(self, thread_id: str) -> None:
        """A thread is being deleted."""
        self.asking.stop(thread_id)
        if self.front is not None and self.front.id == thread_id:
            self.new_thread()

    def _picked(self, name: str, value: object) -> None:
        if self.front is not None:
            self.front = self.front.model_copy(update={name: value})
            self.keeping.update(self.front.id, **{name: value})

    def _looked(self) -> None:
        self.using.show_for(self.front)
        last = self.showing.last_answer()
        if last is not None:
            self.using.show_context(last)
        self.showing.show_models()
        self.keeping.load()

    def _model_of(self, message: Message) -> Model | None:
        """The model that wrote an answer, or will write it; nobody's when it never came to that."""
        if not message.model and message.status != "streaming":
            return None
        return self.around.model(message.model or (self.front.model if self.front else ""))

    def _mend(self, view: str) -> None:
        """The way out of an error lies in another view."""
        self.studio.window.show_view(view)

    def _in_front(self, live: Live) -> bool:
        return self.front is not None and self.front.id == live.thread_id

    def _connect(self) -> None:
        self.threads.new.connect(self.new_thread)
        self.threads.chosen.connect(self.open_thread)
        self.threads.rename.connect(self._rename_listed)
        self.keeping.restored.connect(self.open_thread)
        self.keeping.deleting.connect(self._leave)
        self.middle.renamed.connect(self._rename)
        self.middle.sources_toggled.connect(partial(self.toggle_panel, "inspector"))
        self.middle.example_chosen.connect(self.ask)
        self.middle.composer.sent.connect(self.ask)
        self.middle.composer.stopped.connect(self.stop)
        self.using.looked.connect(self._looked)
        self.using.picked.connect(self._picked)
        self.showing.chip.connect(self._choose_source)
        self.showing.open_rows.connect(self.sourcing.open_rows)
        self.showing.retry.connect(self.retry)
        self.showing.mend.connect(self._mend)
        self.sources.closed.connect(partial(self.show_panel, "inspector", False))
        self.asking.told.connect(self._show_event)
        self.asking.ended.connect(self._show_end)
        self.asking.refused.connect(lambda live: self.middle.composer.input.setPlainText(live.words))
