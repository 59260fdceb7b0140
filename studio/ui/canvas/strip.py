"""The tools over the canvas: select, pan, fit, zoom."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.canvas import editing
from studio.ui.canvas.view import CanvasView
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Divider

SPARE = 5  # the first parts: modes, what is chosen, a comment, and the line after them


class Strip(QWidget):
    """Lies over a corner of the canvas."""

    def __init__(self, canvas: CanvasView, parent: QWidget) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.select = IconButton("mouse-pointer-2", Text("Select", "选择"))
        self.pan = IconButton("hand", Text("Pan (Space)", "平移（空格）"))
        self.percent = Label("100%", "dense", "text.primary")
        row = QHBoxLayout(self)
        pad = theme.size("space.1")
        row.setContentsMargins(pad, pad, pad, pad)
        row.setSpacing(2)
        self._parts = self._widgets()
        for widget in self._parts:
            row.addWidget(widget)
        self._wire()
        self.adjustSize()

    def make_fit(self, room: int) -> None:
        """In a narrow pane the tools go that have keys: what is left zooms and shows all."""
        narrow = False
        for narrow in (False, True):
            for part in self._parts[:SPARE]:
                part.setVisible(not narrow)
            self.adjustSize()
            if self.width() <= room:
                return

    def _widgets(self) -> list[QWidget]:
        fit = IconButton("scan", Text("Show the selection (F)", "显示所选（F）"))
        note = IconButton("sticky-note", Text("Add a comment (N)", "添加注释（N）"))
        smaller = IconButton("minus", Text("Zoom out", "缩小"))
        larger = IconButton("plus", Text("Zoom in", "放大"))
        whole = IconButton("maximize", Text("Show all (Shift F)", "显示全部（Shift F）"))
        fit.clicked.connect(lambda: self.canvas.fit(self.canvas.sheet.chosen_ids() or None))
        note.clicked.connect(lambda: editing.write_note(self.canvas, self.canvas.visible_rect().center()))
        smaller.clicked.connect(lambda: self.canvas.step_zoom(False))
        larger.clicked.connect(lambda: self.canvas.step_zoom(True))
        whole.clicked.connect(self.canvas.show_all)
        self.percent.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.percent.setMinimumWidth(theme.scaled(40))
        line = Divider(vertical=True)
        line.setFixedHeight(theme.scaled(16))
        return [self.select, self.pan, fit, note, line, smaller, self.percent, larger, whole]

    def _wire(self) -> None:
        for button in (self.select, self.pan):
            button.setCheckable(True)
        self.select.setChecked(True)
        self.select.clicked.connect(lambda: self._use(False))
        self.pan.clicked.connect(lambda: self._use(True))
        self.canvas.zoomed.connect(lambda zoom: self.percent.say(f"{zoom:.0%}"))
        self.percent.say(f"{self.canvas.zoom:.0%}")
        theme.changed.connect(self._rescale)

    def _rescale(self) -> None:
        self.percent.setMinimumWidth(theme.scaled(40))
        self.adjustSize()

    def _use(self, panning: bool) -> None:
        self.select.setChecked(not panning)
        self.pan.setChecked(panning)
        self.canvas.set_panning(panning)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(self, "border.strong", "surface.raised", "radius.lg")
