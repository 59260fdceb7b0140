"""The parts a view is made of: panels with a header, sections, cards, dividers, scrolling."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.buttons import Button, Pressable
from studio.ui.widgets.labels import Label


class Surface(QWidget):
    """A plain ground: "panel", "content", "app", "canvas"."""

    def __init__(self, surface: str = "panel", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.surface = surface
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), theme.colour(f"surface.{self.surface}"))


class Header(Surface):
    """The strip on top of a view (40) or a panel (32), with a line below. Fill `row`; tabs begin at the edge (`flush`).
    A `wide` one stands in line with cards below it, which are set in by 16 at both sides."""

    def __init__(
        self,
        height: int = 32,
        surface: str = "panel",
        parent: QWidget | None = None,
        *,
        flush: bool = False,
        wide: bool = False,
    ) -> None:
        super().__init__(surface, parent)
        self._sides = ("space.4", "space.4") if wide else ("space.0" if flush else "space.3", "space.2")
        self._height, self._roomy = height, 0
        self._buttons: tuple[Button, ...] = ()
        self.row = QHBoxLayout(self)
        self.row.setSpacing(theme.size("space.2"))
        theme.changed.connect(self._restyle)
        self._restyle()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            painter.fillRect(0, self.height() - 1, self.width(), 1, theme.colour("border.default"))

    def bare_below(self, width: int, *buttons: Button) -> None:
        """Where it is narrower than `width` these buttons show their icons only."""
        self._roomy, self._buttons = width, buttons
        self._squeeze()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._squeeze()

    def _squeeze(self) -> None:
        for button in self._buttons:
            button.set_bare(self.width() < theme.scaled(self._roomy))

    def _restyle(self) -> None:
        self._squeeze()
        self.setFixedHeight(theme.scaled(self._height))
        left, right = map(theme.size, self._sides)
        self.row.setContentsMargins(left, 0, right, 1)


class Panel(Surface):
    """A column with a header and a body. Fill `body` (a layout); `tools` stand at the right of the header."""

    def __init__(
        self,
        title: Text | str | None = None,
        tools: Sequence[QWidget] = (),
        header: int = 32,
        icon: str | None = None,
        surface: str = "panel",
        parent: QWidget | None = None,
        wide: bool = False,
    ) -> None:
        super().__init__(surface, parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.header: Header | None = None
        self.title: Label | None = None
        if title is not None or tools:
            self.header = Header(header, surface, wide=wide)
            self._fill_header(title, tools, icon)
            layout.addWidget(self.header)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        layout.addLayout(self.body, 1)
        if title is not None:
            say(self.setAccessibleName, title)

    def add(self, widget: QWidget, stretch: int = 0) -> QWidget:
        """Put a widget below what is there."""
        self.body.addWidget(widget, stretch)
        return widget

    def _fill_header(self, title: Text | str | None, tools: Sequence[QWidget], icon: str | None) -> None:
        assert self.header is not None
        if icon:
            self.header.row.addWidget(Glyph(icon))
        if title is not None:
            self.title = Label(title, "bodyStrong" if self.header._height >= 40 else "denseStrong", elide="end")
            self.header.row.addWidget(self.title, 1)
        else:
            self.header.row.addStretch(1)
        for tool in tools:
            self.header.row.addWidget(tool)


class Section(QWidget):
    """A titled group. Fill `body`; a collapsible one opens and closes with its title. One that is `flush` stands where its
    surroundings begin: they are set in already."""

    toggled = Signal(bool)

    def __init__(
        self,
        title: Text | str,
        collapsible: bool = False,
        tools: Sequence[QWidget] = (),
        open: bool = True,
        flush: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._head = _SectionHead(title, collapsible, flush)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, theme.size("space.2"), 0)
        row.addWidget(self._head, 1)
        for tool in tools:
            row.addWidget(tool)
        layout.addLayout(row)
        self.content = QWidget()
        self.body = QVBoxLayout(self.content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        layout.addWidget(self.content)
        self._head.clicked.connect(lambda: collapsible and self.set_open(not self.is_open()))
        self.set_open(open)

    def is_open(self) -> bool:
        return not self.content.isHidden()

    def set_open(self, open: bool) -> None:
        changed = open != self.is_open()
        self.content.setVisible(open)
        self._head.set_open(open)
        if changed:
            self.toggled.emit(open)

    def set_count(self, count: int | str | None) -> None:
        """A quiet figure beside the title."""
        self._head.count = "" if count is None else f"{count:,}" if isinstance(count, int) else count
        self._head.update()


class _SectionHead(Pressable):
    def __init__(self, title: Text | str, collapsible: bool, flush: bool) -> None:
        super().__init__()
        self.collapsible, self.flush, self.open, self.count = collapsible, flush, True, ""
        if not collapsible:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        say(self.setText, title)
        say(self.setAccessibleName, title)

    def set_open(self, open: bool) -> None:
        self.open = open
        self.update()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(theme.font("denseStrong")).horizontalAdvance(self.text())
        return QSize(width + theme.scaled(56), theme.size("layout.row.list"))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            size = theme.scaled(14)
            left = 0.0 if self.flush else float(theme.size("space.2" if self.collapsible else "space.3"))
            if self.collapsible:
                arrow = "chevron-down" if self.open else "chevron-right"
                ink = "text.primary" if self.underMouse() else "text.secondary"
                paint_icon(painter, arrow, ink, QRectF(left, (self.height() - size) / 2, size, size))
                left += theme.scaled(20)
            painter.setFont(theme.font("denseStrong"))
            painter.setPen(theme.colour("text.primary"))
            box = QRectF(left, 0, self.width() - left, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, self.text())
            left += QFontMetrics(painter.font()).horizontalAdvance(self.text()) + theme.size("space.2")
            painter.setFont(theme.font("dense"))
            painter.setPen(theme.colour("text.tertiary"))
            painter.drawText(QRectF(left, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, self.count)


class Card(QFrame):
    """A raised box with a border. Fill `body`. `tone` colours it for a warning or a good state."""

    def __init__(
        self, tone: str | None = None, pad: int = 12, surface: str = "raised", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.tone, self.surface = tone, surface
        self.body = QVBoxLayout(self)
        side = theme.scaled(pad)
        self.body.setContentsMargins(side, side, side, side)
        self.body.setSpacing(theme.size("space.2"))
        theme.changed.connect(self.update)

    def set_tone(self, tone: str | None) -> None:
        self.tone = tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(
            self,
            f"{self.tone}.border" if self.tone else "border.default",
            f"{self.tone}.muted" if self.tone else f"surface.{self.surface}",
            "radius.lg",
        )


class Divider(QWidget):
    """A line of one pixel."""

    def __init__(self, vertical: bool = False, colour: str = "border.default", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = colour
        if vertical:
            self.setFixedWidth(1)
            self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        else:
            self.setFixedHeight(1)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour(self._colour))


class Glyph(QWidget):
    """An icon that is only seen; `tile` puts it on a tinted square, as in model and node lists."""

    def __init__(
        self, name: str, colour: str = "text.secondary", size: int = 16, tile: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.name, self.colour, self._size, self._tile = name, colour, size, tile
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def set(self, name: str, colour: str | None = None) -> None:
        self.name, self.colour = name, colour or self.colour
        self.update()

    def sizeHint(self) -> QSize:
        side = theme.scaled(self._tile or self._size)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            if self._tile:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                ground = theme.colour(self.colour)
                ground.setAlphaF(theme.tokens["node"]["iconTile"]["fillAlpha"])
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ground)
                radius = theme.size("node.iconTile.radius")
                painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
            size = theme.scaled(self._size)
            box = QRectF((self.width() - size) / 2, (self.height() - size) / 2, size, size)
            paint_icon(painter, self.name, self.colour, box)


def paint_raised(widget: QWidget) -> None:
    """The ground of what lies above the view, such as a popup, with its edge. Call it in `paintEvent`."""
    with QPainter(widget) as painter:
        painter.fillRect(widget.rect(), theme.colour("surface.raised"))
        painter.setPen(theme.colour("border.strong"))
        painter.drawRect(widget.rect().adjusted(0, 0, -1, -1))


def scroll(content: QWidget | QLayout) -> QScrollArea:
    """Put a widget or a layout in a vertical scroller without a frame of its own."""
    inner = content if isinstance(content, QWidget) else QWidget()
    if isinstance(content, QLayout):
        inner.setLayout(content)
    return _Scroller(inner)


class _Scroller(QScrollArea):
    """Takes its content when it is measured or seen.

    Qt measures and so dresses all that a scroller is given. Dressed parts are dressed anew with every move of what is around
    them, and while a view is put together all of it moves several times.
    """

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self._inner = inner
        inner.setParent(self.viewport())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def widget(self) -> QWidget:
        return self._inner

    def sizeHint(self) -> QSize:
        self._take()
        return super().sizeHint()

    def showEvent(self, event: QShowEvent) -> None:
        self._take()
        super().showEvent(event)

    def _take(self) -> None:
        if super().widget() is None:
            self.setWidget(self._inner)
            self._inner.setAutoFillBackground(False)
