"""Plug-ins that failed, and what the studio is."""

from __future__ import annotations

import platform
from pathlib import Path

import PySide6
from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio import __version__
from studio.engine.paths import resource
from studio.engine.text import Text
from studio.ui.frame.top_bar import paint_logo
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.settings_parts.page import Page
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import as_field
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Card, Section


class PluginsPage(Page):
    """What could not be loaded; everything else works."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(
            Text("Plug-ins", "插件"),
            Text(
                "A plug-in that fails is listed here, and the rest of the studio works.",
                "加载失败的插件列在这里，其余功能照常使用。",
            ),
        )
        failures = [*studio.engine.plugin_failures, *studio.window.view_failures]
        if not failures:
            self.column.addWidget(Badge(Text("All plug-ins are loaded", "全部插件已加载"), "success", "check"))
        for failure in failures:
            card = Card("danger")
            card.body.addWidget(Label(f"{failure.kind} · {failure.name}", "denseStrong"))
            card.body.addWidget(Label(failure.reason, "monoSmall", "text.secondary", wrap=True))
            self.column.addWidget(card)
        self.end()


class AboutPage(Page):
    """Version, folders, licences."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(Text("About", "关于"))
        self.column.addWidget(_BigLogo())
        self.column.addWidget(Label("ONE Data Studio", "title"))
        versions = f"{__version__} · Python {platform.python_version()} · Qt {PySide6.__version__} · {platform.system()} {platform.machine()}"
        self.column.addWidget(Label(versions, "dense", "text.secondary"))
        self.column.addWidget(Label(str(studio.engine.paths.data), "mono", "text.secondary", elide="middle"))
        folder = Button(Text("Open the data folder", "打开数据文件夹"), "folder-open")
        folder.clicked.connect(lambda: studio.actions.trigger("data.open_folder"))
        self.column.addWidget(folder)
        self.column.addWidget(Label(Text("Licences", "许可证"), "bodyStrong"))
        for file in [*resource().parent.glob("LICENSE"), *sorted(resource("licences").glob("*.txt"))]:
            self.column.addWidget(self._licence(file))
        self.end()

    def _licence(self, file: Path) -> Section:
        title = "ONE Data Studio (Apache-2.0)" if file.name == "LICENSE" else file.stem
        fold = Section(title, collapsible=True, open=False, flush=True)
        fold.toggled.connect(lambda open: self._show(fold, file) if open else None)
        return fold

    def _show(self, fold: Section, file: Path) -> None:
        if fold.body.count() == 0:
            words = QPlainTextEdit(file.read_text("utf-8"))
            words.setReadOnly(True)
            as_field(words)
            words.setFont(theme.font("monoSmall"))
            words.setMinimumHeight(theme.scaled(240))
            words.setAccessibleName(file.stem)
            fold.body.addWidget(words)


class _BigLogo(QWidget):
    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(48), theme.scaled(48))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = theme.scaled(44)
        paint_logo(painter, QPointF(size * 0.54, self.height() / 2), size, theme.colour("accent.text"))
