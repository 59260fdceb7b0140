"""One cell, looked at closely: long text, a tree, a picture or bytes. Stands beside a table and follows its cursor."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton, Segmented
from studio.ui.widgets.cell_value import CellValue
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Header, Surface
from studio.ui.widgets.value_tree import ValueTree

MOST_SHOWN = 50_000  # characters; the copy takes all
MODES = {
    "tree": Text("Tree", "树"),
    "text": Text("Text", "文本"),
    "image": Text("Picture", "图片"),
    "hex": Text("Bytes", "字节"),
}


class ValuePane(Surface):
    """`closed` comes with Esc and with its cross."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self.value = CellValue("null")
        self.title, self.note = Label("", "denseStrong", elide="end"), Label("", "caption", "text.secondary", wrap=True)
        self.head = Header(32)
        self.modes: Segmented | None = None
        self.text, self.tree, self.picture = QPlainTextEdit(readOnly=True), ValueTree(), Picture()
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.document().setDocumentMargin(theme.size("space.3"))
        say(self.text.setAccessibleName, Text("Value", "内容"))
        self.stack = QStackedWidget()
        self._lay_out()

    def _lay_out(self) -> None:
        copy = IconButton("copy", Text("Copy value", "复制内容"))
        copy.clicked.connect(self.copy)
        close = IconButton("x", Text("Close", "关闭"))
        close.clicked.connect(self.closed)
        for widget, stretch in ((self.title, 1), (copy, 0), (close, 0)):
            self.head.row.addWidget(widget, stretch)
        for page in (self.text, self.tree, self.picture):
            self.stack.addWidget(page)
        self.bar = QVBoxLayout()
        pad = theme.size("space.2")
        self.bar.setContentsMargins(pad, pad, pad, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addLayout(self.bar)
        column.addWidget(self.stack, 1)
        column.addWidget(self.note)
        self.note.setContentsMargins(pad, 2, pad, pad)

    def show_value(self, title: str, value: CellValue) -> None:
        """Show a cell, in the way that fits its value best."""
        self.value = value
        self.title.setText(title)
        modes = self.offered()
        if self.modes is not None:
            discard(self.modes)
            self.modes = None
        if len(modes) > 1:
            self.modes = Segmented([(mode, MODES[mode]) for mode in modes], modes[0])
            self.modes.changed.connect(self.show_as)
            self.bar.addWidget(self.modes)
        self.show_as(modes[0])

    def offered(self) -> list[str]:
        """The ways in which this value can be looked at, the best first."""
        ways = {
            "tree": ["tree", "text"],
            "image": ["image", "hex"] if self.value.hex else ["image", "text"],
            "binary": ["hex"],
        }
        return ways.get(self.value.kind, ["text"])

    def show_as(self, mode: object) -> None:
        note = self.value.note
        if mode == "tree":
            self.tree.show_value(self.value.tree)
            self.stack.setCurrentWidget(self.tree)
        elif mode == "image" and self.value.image is not None:
            self.picture.show_image(self.value.image)
            self.stack.setCurrentWidget(self.picture)
        else:
            words = self.value.hex if mode == "hex" else self._words()
            self.text.setFont(theme.font("mono" if mode == "hex" or self.value.kind == "tree" else "body"))
            wrapping = QPlainTextEdit.LineWrapMode
            self.text.setLineWrapMode(wrapping.NoWrap if mode == "hex" else wrapping.WidgetWidth)
            self.text.setPlainText(words[:MOST_SHOWN])
            self.stack.setCurrentWidget(self.text)
            if len(words) > MOST_SHOWN:
                note = Text(
                    f"The first {MOST_SHOWN:,} of {len(words):,} characters. Copying takes all of them.",
                    f"显示 {len(words):,} 个字符中的前 {MOST_SHOWN:,} 个，复制时包含全部。",
                )
        self.note.say(note or "")
        self.note.setVisible(note is not None)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.value.text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
            return
        super().keyPressEvent(event)

    def _words(self) -> str:
        if self.value.kind == "null":
            return tr(Text("null (no value)", "null（没有值）"))
        return self.value.text or tr(Text("(empty text)", "（空文本）"))


class Picture(QWidget):
    """A picture as large as there is room, never larger than it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        say(self.setAccessibleName, Text("Picture", "图片"))

    def show_image(self, image: QImage) -> None:
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(event.rect(), theme.colour("surface.content"))
            if self._image.isNull():
                return
            room = self.size() - QSize(16, 16)
            size = self._image.size()
            if size.width() > room.width() or size.height() > room.height():
                size = size.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(
                (self.width() - size.width()) // 2, (self.height() - size.height()) // 2, size.width(), size.height()
            )
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
