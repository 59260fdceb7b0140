"""The middle of the view: tabs of open workflows, the tools, and the sheet in front."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui import when
from studio.ui.frame.focus import tab_through
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.sheet import Sheet
from studio.ui.views.workflows_parts.split import Split
from studio.ui.views.workflows_parts.start_page import StartPage
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider, Header

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
    beside = Signal(str)  # "schedules" or "history"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = Split()
        self.start_page = StartPage()
        self.pages = self.tabs.panes[0].pages
        self.pages.addWidget(self.start_page)
        self.title = Label("", "denseStrong", elide="end")
        self.undo_button = IconButton("undo-2", Text("Undo (Ctrl Z)", "撤销（Ctrl Z）"))
        self.redo_button = IconButton("redo-2", Text("Redo (Ctrl Shift Z)", "重做（Ctrl Shift Z）"))
        self.arrange_button = IconButton("layout-grid", Text("Tidy up", "自动排列"))
        self.schedules_button = IconButton("calendar-clock", Text("Schedules and triggers", "计划与触发"), True)
        self.history_button = IconButton("history", Text("Versions", "版本"), True)
        self.more = IconButton("ellipsis", Text("More", "更多"))
        self.saved = Label("", "dense", "text.tertiary")
        self.stop_button = Button(Text("Stop", "停止"), "square", "danger")
        self.run_button = Button(Text("Queue run", "开始运行"), "play", "primary")
        self.tools: list[QWidget] = []
        self._build()

    def show_sheet(self, sheet: Sheet | None) -> None:
        if sheet is None:
            self.pages.setCurrentWidget(self.start_page)
        else:
            if self.tabs.show_page(sheet, sheet.workflow.id):
                tab_through(self.run_button, sheet.canvas)
        for tool in self.tools:
            tool.setVisible(sheet is not None)
        self._make_room()
        self.show_state(sheet)

    def show_state(self, sheet: Sheet | None) -> None:
        """Which tools can be used, and whether everything is on disk."""
        if sheet is None:
            return
        self.title.setText(sheet.document.name)
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
            words = SAVED.format(time=when.clock(saving.saved_at))
        self.saved.say(words)
        self.saved.set_colour("danger.text" if saving.error else "text.tertiary")

    def show_beside(self, name: str) -> None:
        """What is shown in the inspector's place has its button pressed."""
        self.schedules_button.setChecked(name == "schedules")
        self.history_button.setChecked(name == "history")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the room is short, tabs keep their names and the time of saving goes."""
        super().resizeEvent(event)
        self._make_room()

    def _arrange(self) -> None:
        """Two panes have their tabs over them; the tabs of one stand beside the tools."""
        left, split = self.tabs.panes[0], self.tabs.is_split
        if split == left.head.isHidden():
            self.title.setVisible(split)
            if split:
                self._head.row.removeWidget(left.tabs)
                left.take_tabs()
            else:
                left.head.hide()
                self._head.row.insertWidget(0, left.tabs, 1)

    def _make_room(self) -> None:
        """What is used less goes into a menu where the room is short."""
        there, roomy = bool(self.tabs.current()), self.width() >= theme.scaled(720)
        for tool in (self.saved, self.arrange_button, self.schedules_button, self.history_button):
            tool.setVisible(there and roomy)
        self.more.setVisible(there and not roomy)

    def _open_more(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for button in (self.arrange_button, self.schedules_button, self.history_button):
            menu.addAction(button.toolTip(), button.click)
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _build(self) -> None:
        head = Header(40, flush=True)
        line = Divider(vertical=True)
        line.setFixedHeight(theme.scaled(16))
        self.tools = [
            self.undo_button, self.redo_button, self.arrange_button, self.schedules_button, self.history_button,
            self.more, line, self.saved, self.stop_button, self.run_button,
        ]  # fmt: skip
        self._head = head
        self.title.hide()
        head.row.addWidget(self.tabs.panes[0].tabs, 1)
        gap(head.row, "space.2")
        head.row.addWidget(self.title, 1)
        for tool in self.tools:
            head.row.addWidget(tool)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self.tabs, 1)
        self.tabs.panes[1].take_tabs()
        self.tabs.arranged.connect(self._arrange)
        pressed = {
            self.undo_button: self.undo, self.redo_button: self.redo, self.arrange_button: self.arrange,
            self.stop_button: self.stop, self.run_button: self.run,
        }  # fmt: skip
        for button, signal in pressed.items():
            button.clicked.connect(lambda _=False, told=signal: told.emit())
        self.more.clicked.connect(self._open_more)
        self.schedules_button.clicked.connect(lambda: self.beside.emit("schedules"))
        self.history_button.clicked.connect(lambda: self.beside.emit("history"))
