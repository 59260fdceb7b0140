"""What stands where content is missing: nothing yet, still loading, failed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.gap import gap
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Glyph, Header

SKELETON_AFTER, PROGRESS_AFTER, CANCEL_AFTER = 200, 1000, 3000


class Empty(QWidget):
    """Names the next step, with one button (or a few)."""

    def __init__(
        self, icon: str, title: Text, body: Text | None = None, *buttons: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        column = centred_column(self)
        column.addWidget(Glyph(icon, "text.tertiary", 24), 0, Qt.AlignmentFlag.AlignHCenter)
        gap(column, "space.1")
        heading = Label(title, "bodyStrong", wrap=True)
        heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(heading)
        if body is not None:
            words = Label(body, "body", "text.secondary", wrap=True)
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(words)
        if buttons:
            gap(column, "space.2")
            row = QHBoxLayout()
            row.addStretch(1)
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            column.addLayout(row)


class Loading(QWidget):
    """Keeps the place: a skeleton after 200 ms, progress after 1 s, Cancel after 3 s. Starts to count when it is shown."""

    def __init__(
        self, on_cancel: Callable[[], object] | None = None, text: Text | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        column = centred_column(self, 240)
        self.skeleton = Skeleton()
        self.label = Label(text or Text("Loading", "正在加载"), "dense", "text.secondary")
        self.label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.meter = Meter(None, name=Text("Progress", "进度"))
        self.cancel = Button(Text("Cancel", "取消"), size="sm")
        for widget in (self.skeleton, self.label, self.meter):
            column.addWidget(widget)
        column.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignHCenter)
        if on_cancel is not None:
            self.cancel.clicked.connect(lambda _=False: on_cancel())
        self._stages = [
            (SKELETON_AFTER, [self.skeleton]),
            (PROGRESS_AFTER, [self.label, self.meter]),
            (CANCEL_AFTER, [self.cancel] if on_cancel else []),
        ]
        self._timers = [self._timer(delay, widgets) for delay, widgets in self._stages]

    def set_progress(self, share: float | None, text: Text | None = None) -> None:
        self.meter.set(share)
        if text is not None:
            self.label.say(text)

    def showEvent(self, event: object) -> None:
        for timer in self._timers:
            timer.start()

    def hideEvent(self, event: object) -> None:
        for (_, widgets), timer in zip(self._stages, self._timers, strict=True):
            timer.stop()
            for widget in widgets:
                widget.hide()

    def _timer(self, delay: int, widgets: list[QWidget]) -> QTimer:
        for widget in widgets:
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
            widget.hide()
        self.cancel.hide()
        timer = QTimer(self, singleShot=True, interval=delay)
        timer.timeout.connect(lambda: [widget.show() for widget in widgets])
        return timer


class Coming(QWidget):
    """A view that is being made: its title at once, a skeleton where it takes longer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Label("", "bodyStrong")
        header = Header(40, "content")
        header.row.addWidget(self.title, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(Loading(), 1)

    def say(self, title: Text) -> None:
        self.title.say(title)


class Skeleton(QWidget):
    """Grey bars where lines will be."""

    def __init__(self, lines: int = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(200), theme.scaled(20 * self._lines))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("surface.active"))
            for line in range(self._lines):
                width = self.width() * (1.0, 0.82, 0.93, 0.6)[line % 4]
                painter.drawRoundedRect(QRectF(0, theme.scaled(20 * line + 4), width, theme.scaled(10)), 3, 3)


class Failure(QWidget):
    """What failed, why, a way out (or a second one), and Copy details."""

    def __init__(
        self,
        error: StudioError,
        repair: tuple[Text, Callable[[], object]] | None = None,
        *more: tuple[Text, Callable[[], object]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.error = error
        column = centred_column(self, 500 if more else 360)
        column.addWidget(Glyph("circle-x", "danger.text", 24), 0, Qt.AlignmentFlag.AlignHCenter)
        heading = Label(error.message, "bodyStrong", wrap=True)
        heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(heading)
        if error.repair is not None:
            way_out = Label(error.repair, "body", "text.secondary", wrap=True)
            way_out.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(way_out)
        row = QHBoxLayout()
        row.addStretch(1)
        if repair is not None:
            words, mend = repair
            self.repair = Button(words)
            self.repair.clicked.connect(lambda _=False: mend())
            row.addWidget(self.repair)
        for other, instead in more:
            button = Button(other)
            button.clicked.connect(lambda _=False, instead=instead: instead())
            row.addWidget(button)
        self.copy = Button(Text("Copy details", "复制详细信息"), "copy", "ghost")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details_of(error)))
        row.addWidget(self.copy)
        row.addStretch(1)
        column.addLayout(row)


class Spinner(QWidget):
    """A turning ring while something works; a still one where motion is reduced."""

    def __init__(self, size: int = 14, colour: str = "accent.ring", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size, self._colour, self._angle = size, colour, 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._timer = QTimer(self, interval=40)
        self._timer.timeout.connect(self._turn)

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(self._size), theme.scaled(self._size))

    def showEvent(self, event: object) -> None:
        if theme.duration("spinnerTurn"):
            self._timer.start()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour(self._colour), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawArc(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), -self._angle * 16, 270 * 16)

    def _turn(self) -> None:
        self._angle = (self._angle + 360 * 40 // max(1, theme.duration("spinnerTurn"))) % 360
        self.update()


def details_of(error: StudioError) -> str:
    """What a person copies to report an error, without what is private."""
    from studio.ui.errors import redact

    lines = [f"{type(error).__name__} {error.code}", tr(error.whole()), error.details]
    return redact("\n".join(line for line in lines if line))


def centred_column(parent: QWidget, width: int = 360) -> QVBoxLayout:
    """A column in the middle of a widget, at most so wide."""
    outer = QHBoxLayout(parent)
    outer.setContentsMargins(theme.size("space.4"), theme.size("space.4"), theme.size("space.4"), theme.size("space.4"))
    holder = QWidget()
    holder.setMaximumWidth(theme.scaled(width))
    holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.size("space.2"))
    column.addStretch(1)
    outer.addStretch(1)
    outer.addWidget(holder, 100)
    outer.addStretch(1)
    inner = QVBoxLayout()
    inner.setSpacing(theme.size("space.2"))
    column.addLayout(inner)
    column.addStretch(1)
    return inner
