"""The right panel: one model, how to load it, what it is, what it says."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.models_parts import words
from studio.ui.views.models_parts.details_tab import DetailsTab, LogTab, TemplateTab
from studio.ui.views.models_parts.load_tab import LoadTab
from studio.ui.views.models_parts.snapshot import Snapshot
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Glyph, Header, Surface
from studio.ui.widgets.panel_tabs import PanelTabs
from studio.ui.widgets.states import Empty


class ModelInspector(Surface):
    """`asked` carries the model's id and what is wanted; `menu` where to open its menu."""

    asked = Signal(str, str)
    menu = Signal(str, QPoint)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self.model_id = ""
        self.load, self.details, self.log = LoadTab(studio), DetailsTab(studio), LogTab(studio)
        self.template = TemplateTab()
        self.load.asked.connect(self._ask)
        self.empty = Empty(
            "box",
            Text("No model chosen", "未选择模型"),
            Text("Choose one to see how it loads.", "选择一个模型，查看加载方式。"),
        )
        self.tabs = PanelTabs(
            [
                ("load", Text("Load settings", "加载设置")),
                ("details", Text("Details", "详情")),
                ("template", Text("Template", "对话模板")),
                ("log", Text("Log", "日志")),
            ]
        )
        self.tabs.changed.connect(lambda which: self.show_tab(str(which)))
        self.pages = QStackedWidget()
        for page in (self.empty, self.load, self.details, self.template, self.log):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head())
        tabs = Header(32)
        tabs.row.addWidget(self.tabs)
        layout.addWidget(tabs)
        layout.addWidget(self.pages, 1)

    def show_snapshot(self, snapshot: Snapshot, model_id: str) -> None:
        model = snapshot.model(model_id)
        fresh, self.model_id = self.model_id != model_id, model.id if model else ""
        self.more.setVisible(model is not None)
        self.star.setVisible(model is not None)
        if model is None:
            self.pages.setCurrentWidget(self.empty)
            return
        icon, colour = words.ICONS[model.kind]
        self.glyph.set(icon, colour)
        self.star.set_icon("star", "warning.text" if model.starred else "text.secondary")
        self.star.say(Text("Take the star away", "取消星标") if model.starred else Text("Star", "加星标"))
        self.starred = model.starred
        self.title.say(model.name)
        self.quantization.say(model.quantization)
        self.load.show_model(model, snapshot)
        self.details.show_model(model)
        self.template.show_model(model)
        self.log.show_model(model)
        if fresh or self.pages.currentWidget() is self.empty:
            self.show_tab(str(self.tabs.value()))

    def show_tab(self, which: str) -> None:
        self.tabs.set_value(which)
        if self.model_id:
            pages = {"load": self.load, "details": self.details, "template": self.template, "log": self.log}
            self.pages.setCurrentWidget(pages[which])

    def _head(self) -> Header:
        header = Header(40)
        self.glyph = Glyph("box", "port.model", 14, tile=24)
        self.title, self.quantization = (
            Label(Text("Model", "模型"), "bodyStrong", elide="end"),
            Label("", "mono", "text.secondary"),
        )
        self.star, self.starred = IconButton("star", Text("Star", "加星标")), False
        self.star.clicked.connect(lambda: self._ask("unstar" if self.starred else "star"))
        self.more = IconButton("ellipsis", Text("More", "更多"))
        self.more.clicked.connect(
            lambda: self.menu.emit(self.model_id, self.more.mapToGlobal(self.more.rect().bottomLeft()))
        )
        header.row.addWidget(self.glyph)
        header.row.addWidget(self.title, 1)
        header.row.addWidget(self.quantization)
        header.row.addWidget(self.star)
        header.row.addWidget(self.more)
        header.row.setSpacing(theme.size("space.2"))
        return header

    def _ask(self, wanted: str) -> None:
        if wanted == "log":
            self.show_tab("log")
        else:
            self.asked.emit(self.model_id, wanted)
