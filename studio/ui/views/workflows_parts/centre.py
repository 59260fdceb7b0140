"""The middle of the view: tabs of open workflows, the tools, and the sheet in front."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.frame.focus import tab_through
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.sheet import Sheet
from studio.ui.views.workflows_parts.start_page import StartPage
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider, Header
from studio.ui.widgets.tabs import TabBar

SAVED = Text("Saved {time}", "{time} 已保存")
SAVING = Text("Saving…", "正在保存…")
NOT_SAVED = Text("Not saved", "未保存")


class Centre(QWidget):
    """Says by signals what its tools are pressed for."""

    undo = Signal()
    redo = Signal()
    arrange = Signal()
    stop = Signal()
    run = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = TabBar(add=Text("New workflow", "新建工作流"), name=Text("Open workflows", "打开的工作流"))
        self.start_page = StartPage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.start_page)
        self.undo_button = IconButton("undo-2", Text("Undo (Ctrl Z)", "撤销（Ctrl Z）"))
        self.redo_button = IconButton("redo-2", Text("Redo (Ctrl Shift Z)", "重做（Ctrl Shift Z）"))
        self.arrange_button = IconButton("layout-grid", Text("Tidy up", "自动排列"))
        self.saved = Label("", "dense", "text.tertiary")
        self.stop_button = Button(Text("Stop", "停止"), "square", "danger")
        self.run_button = Button(Text("Queue run", "开始运行"), "play", "primary")
        self.tools: list[QWidget] = []
        self._build()

    def show_sheet(self, sheet: Sheet | None) -> None:
        if sheet is not None and self.pages.indexOf(sheet) < 0:
            self.pages.addWidget(sheet)
            tab_through(self.run_button, sheet.canvas)
        self.pages.setCurrentWidget(sheet or self.start_page)
        for tool in self.tools:
            tool.setVisible(sheet is not None and (tool is not self.saved or self._roomy()))
        self.show_state(sheet)

    def show_state(self, sheet: Sheet | None) -> None:
        """Which tools can be used, and whether everything is on disk."""
        if sheet is None:
            return
        stack = sheet.document.undo
        self.undo_button.setEnabled(stack.canUndo())
        self.redo_button.setEnabled(stack.canRedo())
        self.stop_button.setVisible(sheet.running)
        saving = sheet.saving
        if saving.error is not None:
            words = NOT_SAVED
        elif saving.dirty or saving.busy:
            words = SAVING
        else:
            words = SAVED.format(time=datetime.fromtimestamp(saving.saved_at).strftime("%H:%M"))
        self.saved.say(words)
        self.saved.set_colour("danger.text" if saving.error else "text.tertiary")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the room is short, tabs keep their names and the time of saving goes."""
        super().resizeEvent(event)
        self.saved.setVisible(self.pages.currentWidget() is not self.start_page and self._roomy())

    def _roomy(self) -> bool:
        return self.width() >= theme.scaled(720)

    def _build(self) -> None:
        head = Header(40)
        head.row.setContentsMargins(0, 0, theme.size("space.3"), 1)
        line = Divider(vertical=True)
        line.setFixedHeight(theme.scaled(16))
        self.tools = [
            self.undo_button, self.redo_button, self.arrange_button, line, self.saved, self.stop_button, self.run_button,
        ]  # fmt: skip
        head.row.addWidget(self.tabs, 1)
        for tool in self.tools:
            head.row.addWidget(tool)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self.pages, 1)
        pressed = {
            self.undo_button: self.undo, self.redo_button: self.redo, self.arrange_button: self.arrange,
            self.stop_button: self.stop, self.run_button: self.run,
        }  # fmt: skip
        for button, signal in pressed.items():
            button.clicked.connect(lambda _=False, told=signal: told.emit())
