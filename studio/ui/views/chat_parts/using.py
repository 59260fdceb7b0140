"""What a question may use: the pickers of the composer, filled from the rooms and remembered by the thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.engine.chat.message import Message, Thread
from studio.engine.knowledge.document import CollectionsChanged
from studio.engine.models.model import Model, ModelChanged
from studio.engine.text import Text
from studio.ui.language import language
from studio.ui.views.chat_parts.around import Around, look_around
from studio.ui.views.chat_parts.conversation import Conversation
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
        pickers = (("model", composer.model), ("knowledge", composer.knowledge), ("datasets", composer.datasets))
        for name, picker in pickers:
            picker.changed.connect(partial(self._pick, name))
        language.changed.connect(self._show_examples)
        for kind in (ModelChanged, CollectionsChanged):
            studio.bridge.listen(self, kind, lambda _: self._pause.start())

    def look(self) -> None:
        """Read what there is."""
        if self._studio.bridge.engine is not None:  # it may be closing
            self._studio.bridge.run(self, look_around(self._studio.engine), self._show)

    def chosen(self) -> dict[str, Any]:
        """What a new thread begins with."""
        composer = self._middle.composer
        return {
            "model": (composer.model.values() or [""])[0],
            "knowledge": composer.knowledge.values(),
            "datasets": composer.datasets.values(),
        }

    def show_for(self, thread: Thread | None) -> None:
        """The thread's own choice, or what a new one begins with."""
        composer = self._middle.composer
        knowledge, datasets = (thread.knowledge, thread.datasets) if thread else self.around.first()
        model = self.around.model(thread.model if thread else "")
        composer.model.set_values([model.id] if model else [])
        composer.knowledge.set_values(knowledge)
        composer.datasets.set_values(datasets)
        composer.set_local(model is not None and not model.remote)
        if thread is None:
            composer.set_context(None, None)

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
        self._show_examples()
        self.looked.emit()

    def _show_examples(self) -> None:
        self._middle.examples.show_examples(self.around.examples.get(language.current, []))

    def _pick(self, name: str, values: list[str]) -> None:
        if name != "model":
            self.picked.emit(name, values)
            return
        model = self.around.model(values[0])
        self._middle.composer.set_local(model is not None and not model.remote)
        self.picked.emit(name, values[0])


def _room(model: Model) -> int:
    """Tokens of context as the model is loaded."""
    return min(model.context_length or model.load_settings.context_length, model.load_settings.context_length)
