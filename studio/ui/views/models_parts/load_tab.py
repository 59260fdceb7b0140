"""The inspector's first page: whether the model fits, how it is loaded, and the button that does it."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.models.fit import estimate
from studio.engine.models.model import LoadSettings, Model
from studio.engine.text import Text
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.models_parts.fit_box import FitBox
from studio.ui.views.models_parts.load_form import LoadForm
from studio.ui.views.models_parts.snapshot import Snapshot
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card, Divider, Glyph, scroll

SECONDS = {
    "unload": Text("Unload", "卸载"),
    "log": Text("Show log", "查看日志"),
    "remove": Text("Remove", "移除"),
    "save": Text("Save as default", "存为默认"),
}


class LoadTab(QWidget):
    """`asked` carries what is wanted: "load", "save", "unload", "cancel", "log", "remove"."""

    asked = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.model: Model | None = None
        self._snapshot = Snapshot()
        self.form = LoadForm(studio)
        self.note, self.trouble, self.fit = _Note("info"), _Note("danger"), FitBox()
        column = QVBoxLayout()
        side = theme.size("space.3")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.3"))
        for widget in (self.note, self.trouble, self.fit):
            column.addWidget(widget)
        column.addWidget(self.form)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scroll(column), 1)
        layout.addWidget(Divider())
        layout.addLayout(self._buttons())

    def steps(self) -> Iterator[object]:
        """The rest of the parts."""
        yield from self.form.steps()
        self.form.changed.connect(self._changed)

    def settings(self) -> LoadSettings:
        """As the form says now."""
        return LoadSettings.model_validate(self.form.values())

    def show_model(self, model: Model, snapshot: Snapshot) -> None:
        fresh = self.model is None or self.model.id != model.id
        self.model, self._snapshot = model, snapshot
        self.note.setVisible(model.label is not None)
        if model.label is not None:
            self.note.say(model.label)
        self.trouble.setVisible(model.error is not None)
        if model.error is not None:
            self.trouble.say(model.error)
        if fresh:
            self.form.show_model(model, snapshot)
            self.form.setVisible(model.backend in ("llama_cpp", "vllm"))
        self._show_fit()
        self._show_buttons(model)

    def _changed(self) -> None:
        self._show_fit()
        if self.model is not None:
            self._show_buttons(self.model)

    def _show_fit(self) -> None:
        model, computer = self.model, self._snapshot.computer
        if model is None or computer is None:
            return
        try:
            settings = self.settings()
        except ValueError:
            return  # the form says itself what is wrong
        residents = self._snapshot.residents
        held = sum(one.bytes for one in residents if one.id == model.id)
        others = [one for one in residents if one.id != model.id]
        self.fit.show_fit(estimate(model, settings, computer, held, others, self._snapshot.limit))

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        side = theme.size("space.3")
        row.setContentsMargins(side, side, side, side)
        self.second = Button(Text("Unload", "卸载"))
        self.first = Button(Text("Load model", "加载模型"), "power", "primary")
        self.second.clicked.connect(lambda: self.asked.emit(self._second))
        self.first.clicked.connect(lambda: self.asked.emit(self._first))
        self._first, self._second = "load", "unload"
        row.addWidget(self.second)
        row.addStretch(1)
        row.addWidget(self.first)
        return row

    def _show_buttons(self, model: Model) -> None:
        changed = model.backend in ("llama_cpp", "vllm") and self.form.values() != model.load_settings.model_dump()
        words = {
            "available": Text("Load model", "加载模型"),
            "loading": Text("Cancel loading", "取消加载"),
            "loaded": Text("Load again", "重新加载"),
            "failed": Text("Try again", "重试"),
            "missing": Text("Look again", "重新查找"),
        }
        self.first.say(words[model.state])
        self._first = "cancel" if model.state == "loading" else "refresh" if model.state == "missing" else "load"
        self.first.setEnabled(model.state != "loaded" or changed)
        bad = model.state in ("failed", "missing")
        seconds = {"loaded": "unload", "failed": "log", "missing": "remove"}
        self._second = seconds.get(model.state, "save")
        self.second.say(SECONDS[self._second])
        self.second.setVisible(bad or model.state == "loaded" or changed)


class _Note(Card):
    def __init__(self, tone: str) -> None:
        super().__init__(tone=tone, pad=10)
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        self.words = Label("", "dense", f"{tone}.text", wrap=True)
        row.addWidget(Glyph("info" if tone == "info" else "circle-x", f"{tone}.text", 14))
        row.addWidget(self.words, 1)
        self.body.addLayout(row)

    def say(self, words: Text) -> None:
        self.words.say(words)
