"""What a question may use: the pickers of the composer, filled from the rooms and remembered by the thread."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.engine import ids
from studio.engine.chat.message import Attachment, Message, Thread
from studio.engine.errors import StudioError
from studio.engine.events import Notice
from studio.engine.knowledge.document import CollectionsChanged
from studio.engine.models.model import Model, ModelChanged
from studio.engine.text import Text
from studio.engine.workflows.service import WorkflowsChanged
from studio.ui.language import language
from studio.ui.views.chat_parts.around import Around, look_around
from studio.ui.views.chat_parts.conversation import Conversation
from studio.ui.views.chat_parts.mentions import Mention
from studio.ui.views.chat_parts.picker import Choice

if TYPE_CHECKING:
    from studio.ui.studio import Studio

PAUSE = 300  # ms: many changes in a row are looked at once


class Using(QObject):
    """`looked` comes when the rooms were read, `picked` with a thread's field and its new value."""

    looked = Signal()
    picked = Signal(str, object)

    def __init__(self, studio: Studio, middle: Conversation) -> None:
        super().__init__(middle)
        self._studio, self._middle = studio, middle
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.look)
        self.around = Around()
        composer = middle.composer
        pickers = (
            ("model", composer.model), ("knowledge", composer.knowledge), ("datasets", composer.datasets),
            ("tools", composer.tools), ("beside", composer.beside),
        )  # fmt: skip
        for name, picker in pickers:
            picker.changed.connect(partial(self._pick, name))
        language.changed.connect(self._show_examples)
        composer.dropped.connect(self.attach_files)
        composer.mentioned.connect(self.attach)
        for kind in (ModelChanged, CollectionsChanged, WorkflowsChanged):
            studio.bridge.listen(self, kind, lambda _: self._pause.start())

    def look(self) -> None:
        """Read what there is."""
        if self._studio.bridge.engine is None:  # it may be closing
            return
        composer, engine = self._middle.composer, self._studio.engine

        async def work() -> Around:
            around = await look_around(engine)
            there = around.mentions()
            await asyncio.to_thread(composer.mentions.prepare, there)
            await asyncio.to_thread(composer.commands.prepare, [each for each in there if each.kind == "workflow"])
            return around

        self._studio.bridge.run(self, work(), self._show, of="rooms")

    def chosen(self) -> dict[str, Any]:
        """What a new thread begins with."""
        composer = self._middle.composer
        return {
            "model": (composer.model.values() or [""])[0],
            "knowledge": composer.knowledge.values(),
            "datasets": composer.datasets.values(),
            "tools": composer.tools.values(),
            "beside": (composer.beside.values() or [""])[0],
        }

    def attach_files(self, paths: list[str]) -> None:
        """Read files that go along; one that cannot be read says so."""
        along = self._middle.composer.along
        for path in paths:
            name = Path(path).name
            along.reading(name, True)
            done = partial(self._attached, name)
            work = self._studio.engine.chat.attachments.add(path)
            self._studio.bridge.run(self, work, done, partial(self._not_attached, name))

    def attach(self, mention: Mention) -> None:
        """Something that was chosen after “@”."""
        engine, kind = self._studio.engine, mention.kind
        if kind == "document":
            self._middle.composer.along.reading(mention.title, True)
            work = engine.chat.attachments.document(engine.knowledge, mention.ref)
            done, failed = partial(self._attached, mention.title), partial(self._not_attached, mention.title)
            self._studio.bridge.run(self, work, done, failed)
            return
        made = Attachment.model_validate(
            {"id": ids.new("att"), "kind": kind, "ref": mention.ref, "title": mention.title}
        )
        self._middle.composer.along.add(made)

    def _attached(self, name: str, attachment: Attachment) -> None:
        self._middle.composer.along.reading(name, False)
        self._middle.composer.along.add(attachment)

    def _not_attached(self, name: str, error: StudioError) -> None:
        self._middle.composer.along.reading(name, False)
        self._studio.window.notice(Notice("error", error.message, error.repair))

    def show_for(self, thread: Thread | None) -> None:
        """The thread's own choice, or what a new one begins with."""
        composer = self._middle.composer
        knowledge, datasets = (thread.knowledge, thread.datasets) if thread else self.around.first()
        model = self.around.model(thread.model if thread else "")
        composer.model.set_values([model.id] if model else [])
        composer.knowledge.set_values(knowledge)
        composer.datasets.set_values(datasets)
        composer.tools.set_values(thread.tools if thread else [])
        composer.beside.set_values([thread.beside if thread else ""])
        composer.set_local(model is not None and not model.remote)
        composer.set_context(None, _room(model) if model else None)

    def show_context(self, message: Message) -> None:
        """How much of its model's context an answer took."""
        model = self.around.model(message.model)
        self._middle.composer.set_context(message.usage.get("total_tokens"), _room(model) if model else None)

    def _show(self, around: Around) -> None:
        self.around = around
        composer, demo = self._middle.composer, Text("demo", "演示")
        models = around.models.values()
        composer.model.set_choices([Choice(model.id, model.name, demo if model.demo else "") for model in models])
        composer.knowledge.set_choices([Choice(*item) for item in around.collections.items()])
        composer.datasets.set_choices([Choice(*item) for item in around.datasets.items()])
        composer.tools.set_choices([Choice(*item) for item in around.tools])
        one = Choice("", Text("One answer", "单个回答"))
        composer.beside.set_choices([one, *(Choice(model.id, model.name) for model in models)])
        composer.mentions.set_all(around.mentions())
        composer.commands.set_all([each for each in around.mentions() if each.kind == "workflow"])
        self._show_examples()
        self.looked.emit()

    def _show_examples(self) -> None:
        self._middle.examples.show_examples(self.around.examples.get(language.current, []))

    def _pick(self, name: str, values: list[str]) -> None:
        if name == "beside":
            self.picked.emit(name, values[0])
            return
        if name != "model":
            self.picked.emit(name, values)
            return
        model = self.around.model(values[0])
        self._middle.composer.set_local(model is not None and not model.remote)
        self._middle.composer.set_room(_room(model) if model else None)
        self.picked.emit(name, values[0])


def _room(model: Model) -> int:
    """Tokens of context as the model is loaded."""
    return min(model.context_length or model.load_settings.context_length, model.load_settings.context_length)
