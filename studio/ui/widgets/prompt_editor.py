"""An editor of a prompt: its {{variables}} tinted, put in from a list, in a larger window where there is much to write."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.labels import Label
from studio.ui.widgets.menus import Menu
from studio.ui.widgets.panel import Divider

HINT = Text("{{name}} becomes an input", "{{名称}} 会成为输入")
INSERT, NEW = Text("Insert a variable", "插入变量"), Text("New variable", "新变量")
LARGER = Text("Write in a larger window", "在大窗口中编辑")
LEAST, LINE, MOST = 88, 30, 260
CLOSE = Text("Done", "完成")


class PromptEditor(QWidget):
    """`changed` comes with each change of the text. Variables that are known are offered; others become ports by being typed.
    A `line` has no tools and begins as low as a field."""

    changed = Signal()

    def __init__(self, title: Text, line: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self._least = title, LINE if line else LEAST
        self.code = CodeEditor("prompt")
        self.code.setTabChangesFocus(True)  # words need no indents, and Tab must lead out
        self.variables: dict[str, str] = {}
        self.insert_button = IconButton("braces", INSERT, size=14, parent=self)
        self.expand_button = IconButton("maximize-2", LARGER, size=14, parent=self)
        column = QVBoxLayout(self)
        above, below = (theme.scaled(3), theme.scaled(3)) if line else (1, theme.scaled(5))  # within the round corners
        column.setContentsMargins(1, above, 1, below)
        column.setSpacing(0)
        if line:
            self.insert_button.hide()
            self.expand_button.hide()
        else:
            column.addLayout(self._tools())
            column.addWidget(Divider())
        column.addWidget(self.code)
        self.setFocusProxy(self.code)
        self.code.changed.connect(self.changed)
        self.code.textChanged.connect(self._grow)
        self._grow()
        self.insert_button.clicked.connect(self._offer)
        self.expand_button.clicked.connect(self.expand)

    def _tools(self) -> QHBoxLayout:
        tools = QHBoxLayout()
        tools.setContentsMargins(theme.size("space.2"), 2, theme.size("space.1"), 2)
        tools.setSpacing(0)
        tools.addWidget(Label(HINT, "caption", "text.tertiary", elide="end"), 1)
        tools.addWidget(self.insert_button)
        tools.addWidget(self.expand_button)
        return tools

    def text(self) -> str:
        return self.code.text()

    def set_text(self, words: str) -> None:
        """Show another text without telling anybody."""
        if words != self.code.text():
            blocked = self.code.blockSignals(True)
            self.code.set_text(words)
            self.code.blockSignals(blocked)

    def set_variables(self, colours: Mapping[str, str]) -> None:
        """What there is to put in, with the colour of each."""
        if dict(colours) != self.variables:
            self.variables = dict(colours)
            self.code.set_variables(self.variables)
            self.code.set_completions([f"{{{{{name}}}}}" for name in self.variables])

    def insert(self, name: str) -> None:
        """At the caret; a new one is selected, so that its name can be typed over."""
        self.code.insert(f"{{{{{name}}}}}")
        self.code.setFocus()

    def expand(self) -> QDialog:
        """The same text in a window of its own; what is typed there is typed here."""
        dialog = QDialog(self.window())
        say(dialog.setWindowTitle, self.title)
        dialog.resize(theme.scaled(760), theme.scaled(560))
        large = CodeEditor("prompt")
        large.set_text(self.code.text())
        large.set_variables(self.variables)
        say(large.setAccessibleName, self.title)
        large.changed.connect(lambda: self.code.set_text(large.text()))
        done = Button(CLOSE, kind="primary")
        done.clicked.connect(dialog.accept)
        column = QVBoxLayout(dialog)
        column.addWidget(large, 1)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(done)
        column.addLayout(line)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        large.setFocus()
        return dialog

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.code.setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(self, "accent.ring" if self.code.hasFocus() else "border.strong", "surface.input", "radius.md")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._grow)  # when the text has been broken to the new width

    def _grow(self) -> None:
        """As high as its text, within bounds."""
        height, block = 0.0, self.code.document().firstBlock()
        most = theme.scaled(MOST)
        while block.isValid() and height < most:
            height += self.code.blockBoundingRect(block).height()
            block = block.next()
        spare = theme.scaled(12) if self._least == LINE else theme.scaled(28)
        self.code.setFixedHeight(min(most, max(theme.scaled(self._least), round(height) + spare)))

    def _offer(self) -> None:
        menu = Menu(self)
        for name in self.variables:
            menu.addAction(name, lambda name=name: self.insert(name))
        if self.variables:
            menu.addSeparator()
        menu.addAction(tr(NEW), lambda: self.insert(self._free()))
        menu.open_at(self.insert_button.mapToGlobal(QPoint(0, self.insert_button.height())))

    def _free(self) -> str:
        number, name = 1, "variable"
        while name in self.variables:
            number += 1
            name = f"variable_{number}"
        return name
