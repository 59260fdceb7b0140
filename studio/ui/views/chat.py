"""Chat: questions about documents and data, answered with their sources."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent

from studio.engine.chat.message import (
    Answered,
    AnswerFailed,
    Asked,
    ChatEvent,
    Message,
    Piece,
    Source,
    SourcesFound,
    Thread,
    ThreadsChanged,
    Worked,
)
from studio.engine.errors import StudioError
from studio.engine.events import Notice
from studio.engine.knowledge.document import CollectionsChanged
from studio.engine.models.model import Model, ModelChanged
from studio.engine.text import Text
from studio.ui.actions import Action
from studio.ui.language import language
from studio.ui.views.chat_parts.around import Around, look_around
from studio.ui.views.chat_parts.conversation import Conversation
from studio.ui.views.chat_parts.live import Live
from studio.ui.views.chat_parts.messages import AnswerView, QuestionView
from studio.ui.views.chat_parts.picker import Choice
from studio.ui.views.chat_parts.sources_panel import SourcesPanel
from studio.ui.views.chat_parts.threads import ThreadsPanel
from studio.ui.views.view import View

if TYPE_CHECKING:
    from studio.ui.studio import Studio

CATEGORY = Text("Chat", "对话")
SHOWN = 30  # messages of a thread that are shown at first
PAGE_WIDTH = 900  # pixels of a page's image


class ChatView(View):
    """Threads at the left, the conversation, and the sources of the chosen answer at the right."""

    name = "chat"
    title = Text("Chat", "对话")
    icon = "messages-square"
    order = 6

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.around = Around()
        self.thread: Thread | None = None
        self.lives: dict[str, Live] = {}
        self._messages: list[Message] = []
        self._shown = SHOWN
        self._wanted = ""  # the thread that is being opened
        self._sourced = ""  # the message whose sources are shown
        self.threads = ThreadsPanel()
        self.middle = Conversation()
        self.sources = SourcesPanel()
        self.build(self.middle, self.threads, self.sources)
        self._soon = QTimer(self, singleShot=True, interval=60)
        self._soon.timeout.connect(self._load_threads)
        self._connect()
        self._listen()
        self.new_thread()

    @classmethod
    def register(cls, studio: Studio) -> None:
        def view() -> ChatView | None:
            found = studio.window.show_view("chat")
            return found if isinstance(found, ChatView) else None

        def do(name: str) -> None:
            found = view()
            if found is not None:
                getattr(found, name)()

        for key, words, icon, keys, method in (
            ("new", Text("New chat", "新对话"), "plus", "Ctrl+N", "new_thread"),
            ("send", Text("Send the question", "发送问题"), "arrow-up", "", "send"),
            ("stop", Text("Stop the answer", "停止回答"), "square", "", "stop"),
            ("next_source", Text("Next source", "下一个来源"), "arrow-down", "Alt+Down", "next_source"),
            ("previous_source", Text("Previous source", "上一个来源"), "arrow-up", "Alt+Up", "previous_source"),
        ):
            studio.actions.add(Action(f"chat.{key}", words, partial(do, method), icon, keys, CATEGORY, view="chat"))

    def shown(self) -> None:
        self.studio.bridge.run(self, look_around(self.studio.engine), self._show_around)
        self._load_threads()
        self.middle.composer.input.setFocus()

    # What a person does

    def new_thread(self) -> None:
        """An empty thread; it is made when the first question is asked."""
        self.thread, self._wanted, self._messages = None, "", []
        self.middle.clear()
        self.middle.head.show_thread(None, 0)
        self.threads.select("")
        self.sources.show_sources([])
        self._show_pickers()
        self._show_streaming()
        self.middle.composer.input.setFocus()

    def open_thread(self, thread_id: str) -> None:
        """Show a thread from its end."""
        self._wanted, self._shown = thread_id, SHOWN
        self.studio.bridge.run(self, self._read(thread_id), partial(self._show_thread, thread_id))

    def ask(self, question: str) -> None:
        """Ask in the thread that is in front; a new one is made first."""
        if self.thread is not None:
            self._begin(self.thread.id, question)
            return
        composer = self.middle.composer
        made = self.studio.engine.chat.create(
            model=(composer.model.values() or [""])[0],
            knowledge=composer.knowledge.values(),
            datasets=composer.datasets.values(),
        )
        self.studio.bridge.run(self, made, partial(self._ask_first, question), partial(self._give_back, question))

    def send(self) -> None:
        self.middle.composer.send()

    def stop(self) -> None:
        """End the answer of the thread in front; what is written stays."""
        live = self.lives.pop(self.thread.id, None) if self.thread else None
        if live is None:
            return
        live.handle.cancel()
        self._finish(live, live.stopped())

    def retry(self, message_id: str) -> None:
        """Ask the question of an answer again; the old answer stays on disk as another branch."""
        question = self._question_of(message_id)
        if self.thread is None or question is None or self.thread.id in self.lives:
            return
        view = next((each for each in self.middle.views() if each.message.id == question.id), None)
        if view is not None:
            self.middle.remove_from(view)
        self._messages = self._messages[: self._messages.index(question)]
        self._begin(self.thread.id, question.content, question.parent_id)

    def next_source(self) -> None:
        self.sources.step(1)

    def previous_source(self) -> None:
        self.sources.step(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.thread and self.thread.id in self.lives:
            self.stop()
            return
        super().keyPressEvent(event)

    # Asking

    def _ask_first(self, question: str, thread: Thread) -> None:
        self.thread, self._wanted = thread, thread.id
        self._begin(thread.id, question)

    def _begin(self, thread_id: str, question: str, parent_id: str | None = "leaf") -> None:
        live = Live(thread_id, question)
        self.lives[thread_id] = live
        events = self.studio.engine.chat.ask(thread_id, question, parent_id=parent_id)
        live.handle = self.studio.bridge.stream(
            self, events, partial(self._heard, live), None, partial(self._refused, live)
        )
        self.middle.go_to_end()
        self._show_streaming()

    def _heard(self, live: Live, event: ChatEvent) -> None:
        live.take(event)
        if isinstance(event, Answered | AnswerFailed):
            self.lives.pop(live.thread_id, None)
            self._finish(live, event.message)
        elif self._in_front(live) and live.answer is not None:
            self._show_event(live, event, live.answer)

    def _show_event(self, live: Live, event: ChatEvent, answer: Message) -> None:
        if isinstance(event, Asked):
            self._messages += [event.question, event.answer]
            self._add(event.question)
            self._add(event.answer)
            self._show_count()
            self._show_streaming()
        view = self._answer_view(answer.id)
        if view is None:
            return
        if isinstance(event, Worked):
            view.add_step(answer)
        elif isinstance(event, SourcesFound):
            view.show_sources(answer)
            self._show_sources(answer)
        elif isinstance(event, Piece):
            view.append(answer, event.text, live.tokens, live.first, live.rate)

    def _finish(self, live: Live, message: Message | None) -> None:
        if message is None:
            self._show_streaming()
            return
        if self._in_front(live):
            self._messages = [message if each.id == message.id else each for each in self._messages]
            view = self._answer_view(message.id)
            if view is not None:
                view.finish(message, self.around.model(message.model))
            self._show_sources(message)
            self._show_context(message)
        self._show_streaming()

    def _refused(self, live: Live, error: StudioError) -> None:
        """The question was not taken: it goes back to where it was written."""
        self.lives.pop(live.thread_id, None)
        self._show_streaming()
        if live.question is None:
            self._give_back(live.words, error)
        else:
            self.studio.window.notice(Notice("error", error.message, error.repair))

    def _give_back(self, question: str, error: StudioError) -> None:
        self.middle.composer.input.setPlainText(question)
        self.studio.window.notice(Notice("error", error.message, error.repair))

    # Showing

    async def _read(self, thread_id: str) -> tuple[Thread, list[Message]]:
        chat = self.studio.engine.chat
        return await chat.thread(thread_id), await chat.messages(thread_id)

    def _show_thread(self, thread_id: str, found: tuple[Thread, list[Message]]) -> None:
        if thread_id != self._wanted:
            return
        self.thread, self._messages = found
        live = self.lives.get(thread_id)
        if live is not None and live.answer is not None:
            known = live.answer
            self._messages = [known if each.id == known.id else each for each in self._messages]
        self._fill()
        self.threads.select(thread_id)
        self._show_pickers()
        self._show_streaming()
        self.middle.composer.input.setFocus()

    def _fill(self) -> None:
        """All messages that are to be shown, anew."""
        self.middle.clear()
        for message in self._messages[-self._shown :]:
            self._add(message)
        self.middle.more.setVisible(len(self._messages) > self._shown)
        last = next((each for each in reversed(self._messages) if each.role == "assistant"), None)
        self.sources.show_sources([])
        if last is not None:
            self._show_sources(last)
            self._show_context(last)
        self._show_count()

    def _show_earlier(self) -> None:
        self._shown += SHOWN
        self._fill()

    def _refresh(self, thread_id: str, found: tuple[Thread, list[Message]]) -> None:
        """What the engine has now: other names, or an answer that was stopped or written elsewhere."""
        if self.thread is None or thread_id != self.thread.id or thread_id in self.lives:
            return
        thread, messages = found
        self.thread = thread
        if [each.id for each in messages] != [each.id for each in self._messages]:
            self._messages = messages
            self._fill()
        for message in messages:
            view = self._answer_view(message.id)
            if view is not None and view.message != message:
                view.show_message(message, self.around.model(message.model))
        self._messages = messages
        self._show_count()

    def _add(self, message: Message) -> None:
        if message.role == "user":
            self.middle.add(QuestionView(message))
            return
        chosen = self.thread.model if self.thread else ""
        view = AnswerView(message, self.around.model(message.model or chosen))
        view.chip.connect(self._choose_source)
        view.open_rows.connect(self._open_rows)
        view.retry.connect(self.retry)
        view.mend.connect(self.studio.window.show_view)
        self.middle.add(view)

    def _show_count(self) -> None:
        self.middle.head.show_thread(self.thread, len(self._messages))

    def _show_sources(self, message: Message) -> None:
        """An answer's sources; what a person chose stays chosen while it is the same answer."""
        if not message.sources and message.id != self._sourced and self.sources.sources:
            return
        same = message.id == self._sourced
        current = self.sources.current
        kept = current.number if same and current and self.sources.picked else None
        self.sources.picked = self.sources.picked and same
        self._sourced = message.id
        self.sources.show_sources(message.sources, kept)

    def _choose_source(self, message_id: str, number: int) -> None:
        """A chip was pressed: its source, with the panel open."""
        message = next((each for each in self._messages if each.id == message_id), None)
        view = self._answer_view(message_id)
        shown = view.message if view is not None else message
        if shown is None:
            return
        self._sourced, self.sources.picked = message_id, True
        self.show_panel("inspector", True)
        self.sources.show_sources(shown.sources, number)
        self._mark_chip(number)

    def _mark_chip(self, number: int) -> None:
        for view in self.middle.views():
            if isinstance(view, AnswerView):
                view.select_chip(number if view.message.id == self._sourced else None)

    def _show_context(self, message: Message) -> None:
        model = self.around.model(message.model)
        tokens = message.usage.get("total_tokens")
        self.middle.composer.set_context(tokens, _room(model) if model else None)

    def _show_streaming(self) -> None:
        streaming = self.thread is not None and self.thread.id in self.lives
        self.middle.composer.set_streaming(streaming)
        self.middle.composer.set_follow_up(bool(self._messages))
        self.set_badge("accent" if self.lives else None)

    # Threads

    def _load_threads(self) -> None:
        self.studio.bridge.run(self, self.studio.engine.chat.threads(), self._show_threads)

    def _show_threads(self, threads: list[Thread]) -> None:
        self.threads.show_threads(threads, self.around.named, list(self.lives))
        if self.thread is not None:
            self.threads.select(self.thread.id)

    def _threads_changed(self, event: ThreadsChanged) -> None:
        self._soon.start()
        if self.thread is not None and event.thread_id == self.thread.id and event.thread_id not in self.lives:
            work = self._read(event.thread_id)
            self.studio.bridge.run(self, work, partial(self._refresh, event.thread_id), lambda _: None)
        elif self.thread is not None and event.thread_id == self.thread.id and not self.thread.title:
            self.studio.bridge.run(self, self.studio.engine.chat.thread(event.thread_id), self._retitle)

    def _retitle(self, thread: Thread) -> None:
        if self.thread is not None and thread.id == self.thread.id:
            self.thread = thread
            self._show_count()

    def _update(self, thread_id: str, **fields: Any) -> None:
        self.studio.bridge.run(self, self.studio.engine.chat.update(thread_id, **fields))

    def _rename_listed(self, thread_id: str) -> None:
        self.open_thread(thread_id)
        QTimer.singleShot(150, self.middle.head.begin)

    def _delete(self, thread_id: str) -> None:
        if thread_id in self.lives:
            self.lives.pop(thread_id).handle.cancel()
        if self.thread is not None and self.thread.id == thread_id:
            self.new_thread()
        self.studio.bridge.run(
            self, self.studio.engine.chat.delete(thread_id), lambda _: self._offer_undo(thread_id)
        )

    def _offer_undo(self, thread_id: str) -> None:
        def undo() -> None:
            work = self.studio.engine.chat.restore(thread_id)
            self.studio.bridge.run(self, work, lambda _: self.open_thread(thread_id))

        self.studio.window.toast(Text("Thread deleted", "已删除对话"), undo)

    # What may be used

    def _show_around(self, around: Around) -> None:
        self.around = around
        composer = self.middle.composer
        demo = Text("demo", "演示")
        composer.model.set_choices(
            [Choice(model.id, model.name, demo if model.demo else "") for model in around.models.values()]
        )
        composer.knowledge.set_choices([Choice(*item) for item in around.collections.items()])
        composer.datasets.set_choices([Choice(*item) for item in around.datasets.items()])
        self._show_examples()
        self._show_pickers()
        for view in self.middle.views():
            if isinstance(view, AnswerView):
                view.show_model(around.model(view.message.model))
        self._load_threads()

    def _show_examples(self) -> None:
        self.middle.examples.show_examples(self.around.examples.get(language.current, []))

    def _show_pickers(self) -> None:
        composer, thread = self.middle.composer, self.thread
        knowledge, datasets = (thread.knowledge, thread.datasets) if thread else self.around.first()
        model = self.around.model(thread.model if thread else "")
        composer.model.set_values([model.id] if model else [])
        composer.knowledge.set_values(knowledge)
        composer.datasets.set_values(datasets)
        composer.set_local(model is not None and not model.remote)
        if thread is None:
            composer.set_context(None, None)

    def _picked(self, field: str, values: list[str]) -> None:
        value: Any = (values or [""])[0] if field == "model" else values
        if field == "model":
            model = self.around.model(value)
            self.middle.composer.set_local(model is not None and not model.remote)
        if self.thread is not None:
            self.thread = self.thread.model_copy(update={field: value})
            self._update(self.thread.id, **{field: value})

    # Sources

    def _fetch_page(self, source: Source, page: int) -> None:
        knowledge = self.studio.engine.knowledge

        async def fetch() -> Any:
            document = await knowledge.document(source.document_id)
            if document.format != "pdf" or not page:
                return await knowledge.page_text(source.document_id, source.page), 0, None
            spans = [(source.start, source.end)] if page == source.page else []
            image = await knowledge.page_image(source.document_id, page, spans, PAGE_WIDTH)
            return "", document.page_count or page, image

        def show(found: Any) -> None:
            text, pages, image = found
            if image is None:
                self.sources.show_text(source, text)
            else:
                self.sources.show_page(source, page, pages, image)

        self.studio.bridge.run(self, fetch(), show, partial(self.sources.show_error, source))

    def _open_rows(self, dataset_id: str, sql: str) -> None:
        self.studio.open("dataset", dataset_id, sql=sql)

    def _open_document(self, source: Source) -> None:
        self.studio.open("document", source.document_id, page=source.page, span=(source.start, source.end))

    # Wiring

    def _connect(self) -> None:
        self.threads.new.connect(self.new_thread)
        self.threads.chosen.connect(self.open_thread)
        self.threads.rename.connect(self._rename_listed)
        self.threads.pin.connect(lambda thread_id, pinned: self._update(thread_id, pinned=pinned))
        self.threads.delete.connect(self._delete)
        self.middle.renamed.connect(lambda words: self.thread and self._update(self.thread.id, title=words))
        self.middle.sources_toggled.connect(lambda: self.toggle_panel("inspector"))
        self.middle.example_chosen.connect(self.ask)
        self.middle.earlier.connect(self._show_earlier)
        composer = self.middle.composer
        composer.sent.connect(self.ask)
        composer.stopped.connect(self.stop)
        for field, picker in (
            ("model", composer.model), ("knowledge", composer.knowledge), ("datasets", composer.datasets)
        ):  # fmt: skip
            picker.changed.connect(partial(self._picked, field))
        self.sources.closed.connect(lambda: self.show_panel("inspector", False))
        self.sources.selected.connect(self._mark_chip)
        self.sources.page_wanted.connect(self._fetch_page)
        self.sources.open_rows.connect(self._open_rows)
        self.sources.open_document.connect(self._open_document)
        language.changed.connect(self._show_examples)
        self.studio.opener("thread", lambda thread_id, **_: self.open_thread(thread_id))

    def _listen(self) -> None:
        bridge = self.studio.bridge
        bridge.listen(self, ThreadsChanged, self._threads_changed)
        for kind in (ModelChanged, CollectionsChanged):
            bridge.listen(self, kind, lambda _: self._look_again())
        self._again = QTimer(self, singleShot=True, interval=300)
        self._again.timeout.connect(self._look)

    def _look_again(self) -> None:
        """Many changes in a row are looked at once."""
        self._again.start()

    def _look(self) -> None:
        self.studio.bridge.run(self, look_around(self.studio.engine), self._show_around)

    # Finding

    def _in_front(self, live: Live) -> bool:
        return self.thread is not None and self.thread.id == live.thread_id

    def _answer_view(self, message_id: str) -> AnswerView | None:
        views = (view for view in self.middle.views() if view.message.id == message_id)
        return next((view for view in views if isinstance(view, AnswerView)), None)

    def _question_of(self, answer_id: str) -> Message | None:
        answer = next((each for each in self._messages if each.id == answer_id), None)
        parent = answer.parent_id if answer else None
        return next((each for each in self._messages if each.id == parent), None)


def _room(model: Model) -> int:
    """Tokens of context as the model is loaded."""
    return min(model.context_length or model.load_settings.context_length, model.load_settings.context_length)
