"""The inspector's other pages: the facts of a model, and what its worker wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.models.model import Model
from studio.engine.text import Text
from studio.ui import when
from studio.ui.language import tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.models_parts import words
from studio.ui.widgets import figures
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import scroll

if TYPE_CHECKING:
    from studio.engine.lineage.model_uses import ModelUse

LOG_EVERY = 1500  # ms
ICONS = {"collection": "library", "workflow": "workflow", "thread": "messages-square", "alias": "tag"}


class DetailsTab(QWidget):
    """Facts as name and value; what nobody knows is left out. Then what uses the model, to be opened."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self._model_id = ""
        self.uses: list[Button] = []
        self._used = QVBoxLayout()
        self._used.setSpacing(0)
        self.used_title = Label(Text("Used by", "使用者"), "dense", "text.secondary")
        self.used_title.hide()
        self._facts = QVBoxLayout()
        self._facts.setSpacing(theme.size("space.2"))
        column = QVBoxLayout()
        side = theme.size("space.3")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.3"))
        column.addLayout(self._facts)
        column.addWidget(self.used_title)
        column.addLayout(self._used)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll(column))
        self._shown: list[tuple[str, str]] = []

    def showEvent(self, event: object) -> None:
        self._look_for_uses()

    def show_model(self, model: Model) -> None:
        if model.id != self._model_id:
            self._model_id = model.id
            self._show_uses([])
            if self.isVisible():
                self._look_for_uses()
        facts = [(tr(name), value) for name, value in _facts(model) if value]
        if facts != self._shown:
            self._shown = facts
            self._fill(facts)

    def _fill(self, facts: list[tuple[str, str]]) -> None:
        empty(self._facts)
        for name, value in facts:
            self._facts.addWidget(_fact(name, value))

    def _look_for_uses(self) -> None:
        wanted = self._model_id
        if wanted and self.studio.bridge.engine is not None:
            shown = lambda uses: wanted == self._model_id and self._show_uses(uses)  # noqa: E731
            self.studio.bridge.run(self, self.studio.engine.model_uses.of(wanted), shown)

    def _show_uses(self, uses: list[ModelUse]) -> None:
        empty(self._used)
        self.used_title.setVisible(bool(uses))
        self.uses = [Button(one.title, ICONS[one.kind], "ghost", "sm") for one in uses]
        for button, one in zip(self.uses, uses, strict=True):
            button.setEnabled(one.kind != "alias")
            button.clicked.connect(lambda _=False, one=one: self.studio.open(one.kind, one.id))
            self._used.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)


class _LongText(QWidget):
    """A text to read, and a button that copies it."""

    def __init__(self, kind: str, copy: Text, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.body = CodeEditor(kind, read_only=True)
        self.body.setLineWrapMode(CodeEditor.LineWrapMode.WidgetWidth)
        button = Button(copy, "copy", "ghost", "sm")
        button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.body.text()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, theme.size("space.1"))
        layout.addWidget(self.body, 1)
        layout.addWidget(button)


class TemplateTab(_LongText):
    """How a conversation becomes the prompt that the model reads."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("prompt", Text("Copy template", "复制模板"), parent)

    def show_model(self, model: Model) -> None:
        words = model.chat_template or tr(Text("The model brings no chat template.", "该模型没有自带对话模板。"))
        if words != self.body.text():
            self.body.set_text(words)


class LogTab(_LongText):
    """The last lines of the worker, read again while it is seen."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("text", Text("Copy log", "复制日志"), parent)
        self.studio = studio
        self._model_id = ""
        self._timer = QTimer(self, interval=LOG_EVERY)
        self._timer.timeout.connect(self._read)

    def show_model(self, model: Model) -> None:
        if model.id != self._model_id:
            self._model_id = model.id
            self._show([])
        if self.isVisible():
            self._read()

    def showEvent(self, event: object) -> None:
        self._read()
        self._timer.start()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def _read(self) -> None:
        wanted = self._model_id

        async def read() -> list[str]:
            import asyncio

            return list(await asyncio.to_thread(self.studio.engine.models.log, wanted))

        if wanted:
            self.studio.bridge.run(self, read(), lambda lines: wanted == self._model_id and self._show(lines))

    def _show(self, lines: list[str]) -> None:
        text = "\n".join(lines) or tr(
            Text("Nothing yet: the log begins when the model is loaded.", "暂无日志，加载模型后开始记录。")
        )
        if text == self.body.text():
            return
        bar = self.body.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        self.body.set_text(text)
        if at_end:
            bar.setValue(bar.maximum())


def _facts(model: Model) -> list[tuple[Text, str]]:
    measured = tr(words.speed(model)) if model.tokens_per_second else ""
    if measured and model.measured_at:
        measured += f", {tr(when.ago(model.measured_at))}"
    return [
        (Text("Speed", "速度"), measured),
        *_measured(model),
        (Text("Engine", "引擎"), tr(model.why) if model.why else ""),
        (Text("Licence", "许可证"), model.licence),
        (Text("Architecture", "架构"), model.architecture),
        (Text("Parameters", "参数量"), figures.short(model.parameters) if model.parameters else ""),
        (Text("Quantization", "量化"), model.quantization),
        (Text("Trained context", "训练上下文"), f"{model.context_length:,}" if model.context_length else ""),
        (Text("Dimensions", "维度"), str(model.dimensions or "")),
        (Text("Server", "服务器") if model.remote else Text("File", "文件"), model.location),
        (Text("Name there", "远程名称"), model.remote_name),
        (Text("Downloaded from", "下载自"), model.hub),
        (Text("Checksum", "校验和"), f"SHA-256 {model.digest}" if model.digest else ""),
        (Text("Parts", "分卷"), str(model.parts) if model.parts > 1 else ""),
        (Text("Projector", "视觉投影"), model.projector.rpartition("/")[2]),
        (Text("Id", "标识"), model.id),
    ]


def _measured(model: Model) -> list[tuple[Text, str]]:
    """The rest of what was measured, beside the speed of one answer."""
    found = model.figures
    if found is None:
        return []
    at_once = " / ".join(f"{found.parallel[count]:,.0f}" for count in sorted(found.parallel))
    counts = "/".join(str(count) for count in sorted(found.parallel))
    return [
        (Text("First token", "首个词元"), f"{1000 * found.first_token_seconds:,.0f} ms"),
        (Text("Prompt", "提示词"), f"{found.prompt_tokens_per_second:,.0f} tok/s"),
        (Text(f"{counts} at once", f"{counts} 路"), f"{at_once} tok/s"),
        (Text("Peak memory", "内存峰值"), figures.size(found.peak_memory) if found.peak_memory else ""),
    ]


def _fact(name: str, value: str) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.size("space.2"))
    title = Label(name, "dense", "text.secondary")
    title.setFixedWidth(theme.scaled(96))
    row.addWidget(title)
    row.addWidget(Label(value, "dense", elide="middle"), 1)
    return holder
