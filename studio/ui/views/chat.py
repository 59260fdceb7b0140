"""Chat: questions about documents and data, answered with their sources."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu

from studio.engine.chat.message import (
    ApprovalWanted,
    Asked,
    Attachment,
    ChatEvent,
    Message,
    Piece,
    SourcesFound,
    Thread,
    ThreadsChanged,
    Worked,
    Working,
)
from studio.engine.chat.service import LEAF
from studio.engine.errors import StudioError
from studio.engine.events import Notice
from studio.engine.models.model import Model
from studio.engine.text import Text
from studio.ui.views.chat_parts import commands
from studio.ui.views.chat_parts.acting import Acting
from studio.ui.views.chat_parts.around import Around
from studio.ui.views.chat_parts.asking import Asking
from studio.ui.views.chat_parts.beginning import Beginning
from studio.ui.views.chat_parts.conversation import Conversation
from studio.ui.views.chat_parts.keeping import Keeping
from studio.ui.views.chat_parts.live import Live
from studio.ui.views.chat_parts.opening import Opening
from studio.ui.views.chat_parts.running import Running
from studio.ui.views.chat_parts.showing import Branch, Showing
from studio.ui.views.chat_parts.sources_panel import SourcesPanel
from studio.ui.views.chat_parts.sourcing import Sourcing
from studio.ui.views.chat_parts.threads import ThreadsPanel
from studio.ui.views.chat_parts.using import Using
from studio.ui.views.view import View
from studio.ui.widgets.markdown_writer import prepare

if TYPE_CHECKING:
    from studio.ui.studio import Studio


class ChatView(View):
    """Threads at the left, the conversation, and the sources of an answer at the right.

    `front` is the thread in front, None for a new one, which is made when its first question is asked.
    """

    name = "chat"
    title = Text("Chat", "对话")
    icon = "messages-square"
    order = 6
    side_width = "layout.sidePanel.data"

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.front: Thread | None = None
        self.branches = 1

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.threads = ThreadsPanel()
        yield
        self.middle = Conversation()
        yield
        self.sources = SourcesPanel()
        yield
        self.using = Using(studio, self.middle)
        self.beginning = Beginning(studio, self.using, self.middle.examples)
        self.showing = Showing(self.middle, self._model_of)
        self.sourcing = Sourcing(studio, self.middle, self.sources, self.showing)
        self.keeping = Keeping(studio, self.threads, self._show_threads)
        self.asking = Asking(studio, self)
        self.acting = Acting(studio, self, self.showing)
        self.opening = Opening(studio, self)
        self.running = Running(studio, self)
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
        commands.register(studio)

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
        self.sourcing.look()
        self.middle.composer.input.setFocus()

    # What a person does

    def new_thread(self) -> None:
        """An empty thread."""
        self.front, self.opening.wanted = None, ""
        self.showing.show(Branch())
        self.middle.head.show_thread(None, 0)
        self.threads.select("")
        self.sourcing.clear()
        self.using.show_for(None)
        self.show_streaming()
        self.middle.composer.input.setFocus()

    def open_thread(self, thread_id: str) -> None:
        """Show a thread from its end."""
        self.opening.thread(thread_id)

    def open_message(self, thread_id: str, message_id: str) -> None:
        """Show a thread at a message that was found; its branch comes to the front."""
        self.opening.message(thread_id, message_id)

    def ask(self, question: str) -> None:
        """Ask in the thread in front, with what goes along; a new thread is made first."""
        attachments = self.middle.composer.along.take()
        if self.front is not None:
            self.begin(question, LEAF, attachments)
            return
        made = self.studio.engine.chat.create(**self.using.chosen())
        first = partial(self._ask_first, question, attachments)
        self.studio.bridge.run(self, made, first, partial(self._refused, question, attachments))

    def send(self) -> None:
        self.middle.composer.send()

    def stop(self) -> None:
        """End the answer of the thread in front; what is written stays."""
        if self.front is not None:
            self.asking.stop(self.front.id)

    def retry(self, message_id: str) -> None:
        """Another answer to the same question; the old one stays as another version."""
        answer = self.showing.message(message_id)
        if self.front is None or answer is None or self.asking.busy(self.front.id):
            return
        self.showing.cut(answer)
        self.asking.again(self.front.id, message_id)
        self._begun()

    def go_on(self, message_id: str) -> None:
        """Write on where an answer ended."""
        if self.front is not None:
            self.asking.go_on(self.front.id, message_id)
            self._begun()

    def attach(self) -> None:
        self.middle.composer.choose_files()

    def mention(self) -> None:
        self.middle.composer.mentions.begin()

    def choose_workflow(self) -> None:
        self.middle.composer.commands.begin()

    def save_as_workflow(self) -> None:
        self.acting.save_as_workflow()

    def find(self) -> None:
        """Look for words in all threads."""
        self.show_panel("side", True)
        self.threads.search.setFocus()
        self.threads.search.selectAll()

    def import_chats(self) -> None:
        self.keeping.ask_import()

    def next_version(self) -> None:
        self.showing.step_version(1)

    def previous_version(self) -> None:
        self.showing.step_version(-1)

    def next_source(self) -> None:
        self._step_source(1)

    def previous_source(self) -> None:
        self._step_source(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.front and self.asking.busy(self.front.id):
            self.stop()
            return
        super().keyPressEvent(event)

    # Asking

    def begin(self, question: str, parent_id: str | None, attachments: list[Attachment]) -> None:
        """Ask in the thread in front, below a message."""
        assert self.front is not None
        self.asking.begin(self.front.id, question, parent_id, attachments, self.front.beside)
        self._begun()

    def begin_run(self, workflow_id: str, inputs: dict[str, Any]) -> None:
        """Run a workflow in the thread in front."""
        assert self.front is not None
        self.asking.run_workflow(self.front.id, workflow_id, inputs)
        self._begun()

    def take_up(self, thread: Thread) -> None:
        """A thread that was just made is the one in front."""
        self.front, self.opening.wanted = thread, thread.id

    def _ask_first(self, question: str, attachments: list[Attachment], thread: Thread) -> None:
        self.take_up(thread)
        self.begin(question, LEAF, attachments)

    def _begun(self) -> None:
        self.middle.go_to_end()
        self.show_streaming()

    def _show_event(self, live: Live, event: ChatEvent) -> None:
        answer = live.answer
        if answer is None or not self._in_front(live):
            return
        if isinstance(event, Asked):
            if live.second:
                self.showing.add_beside(event.answer)
            else:
                self.showing.add(event.question, event.answer)
            if event.answer.sources:  # one that was joined on its way
                self.sourcing.show(event.answer)
            self.show_count()
            self.show_streaming()
        view = self.showing.answer(answer.id)
        if view is None:
            return
        if isinstance(event, Worked):
            view.add_step(answer)
        elif isinstance(event, Working):
            view.show_working(event.step)
        elif isinstance(event, ApprovalWanted):
            view.ask_leave(event)
        elif isinstance(event, SourcesFound):
            view.show_sources(answer)
            self.sourcing.show(answer)
        elif isinstance(event, Piece):
            view.append(answer, event.text, live.tokens, live.first, live.rate)

    def _show_end(self, live: Live, message: Message | None) -> None:
        if message is not None and self._in_front(live):
            self.showing.finish(message)
            if not live.second:
                self.sourcing.show(message)
                self.using.show_context(message)
        if live.joined and self._in_front(live):
            self.opening.again(live.thread_id)
        self.show_streaming()

    def _refused(self, question: str, attachments: list[Attachment], error: StudioError) -> None:
        self._give_back(question, attachments)
        self.studio.window.notice(Notice("error", error.message, error.repair))

    def _give_back(self, question: str, attachments: list[Attachment]) -> None:
        """What was not taken stands in the field again."""
        self.middle.composer.input.setPlainText(question)
        for each in attachments:
            self.middle.composer.along.add(each)

    # Showing

    def show_opened(self) -> None:
        """All that stands around the messages of a thread that was opened."""
        assert self.front is not None
        self.sourcing.clear()
        last = self.showing.last_answer()
        if last is not None:
            self.sourcing.show(last)
        self.threads.select(self.front.id)
        self.using.show_for(self.front)
        if last is not None:
            self.using.show_context(last)
        self.show_count()
        self.show_streaming()
        self.showing.show_waiting(self.asking.waiting(self.front.id))
        self.sourcing.look()
        self.middle.composer.input.setFocus()

    def show_count(self) -> None:
        """How many messages and branches there are, beside the title."""
        self.middle.head.show_thread(self.front, len(self.showing.messages), self.branches)

    def show_streaming(self) -> None:
        streaming = self.front is not None and self.asking.busy(self.front.id)
        self.middle.composer.set_streaming(streaming)
        self.middle.composer.set_follow_up(bool(self.showing.messages))
        self.set_badge("accent" if self.lives or self.asking.others else None)

    def _step_source(self, by: int) -> None:
        self.show_panel("inspector", True)
        self.sources.step(by)

    def _choose_source(self, message: Message, number: int) -> None:
        self.show_panel("inspector", True)
        self.sourcing.choose(message, number)

    # Threads and what they use

    def _show_threads(self, threads: list[Thread], answered: list[str]) -> None:
        self.threads.show_threads(threads, self.around.named, answered)
        self.threads.select(self.front.id if self.front else "")

    def _threads_changed(self, event: ThreadsChanged) -> None:
        self.keeping.load_soon()
        self.opening.changed(event.thread_id)

    def _rename_listed(self, thread_id: str) -> None:
        self.open_thread(thread_id)
        QTimer.singleShot(150, self.middle.head, self.middle.head.begin)

    def _fill_export(self, menu: QMenu) -> None:
        if self.front is not None:
            self.threads.fill_export(menu, self.front.id)

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
        self.threads.found.connect(self.open_message)
        self.acting.forked.connect(self.open_thread)
        self.middle.head.export_wanted.connect(self._fill_export)
        self.middle.head.keep_wanted.connect(self.acting.save_as_workflow)
        self.threads.rename.connect(self._rename_listed)
        self.keeping.restored.connect(self.open_thread)
        self.keeping.deleting.connect(self._leave)
        self.middle.renamed.connect(self._rename)
        self.middle.sources_toggled.connect(partial(self.toggle_panel, "inspector"))
        self.middle.example_chosen.connect(self.ask)
        self.middle.composer.sent.connect(self.ask)
        self.middle.composer.stopped.connect(self.stop)
        self.middle.composer.edit_wanted.connect(self.showing.edit_last)
        self.middle.composer.run_wanted.connect(self.running.ask)
        self.using.looked.connect(self._looked)
        self.using.picked.connect(self._picked)
        self.showing.chip.connect(self._choose_source)
        self.showing.open_rows.connect(self.sourcing.open_rows)
        self.showing.retry.connect(self.retry)
        self.showing.mend.connect(self._mend)
        self.sources.closed.connect(partial(self.show_panel, "inspector", False))
        self.asking.told.connect(self._show_event)
        self.asking.ended.connect(self._show_end)
        self.asking.refused.connect(lambda live: self._give_back(live.words, live.attachments))
