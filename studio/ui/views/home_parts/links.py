"""Below the checks: working with a team, shortcuts, what changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio import __version__
from studio.engine.text import Text
from studio.ui.icons import paint_icon
from studio.ui.language import say
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button, Pressable
from studio.ui.widgets.labels import KeyCap, Label
from studio.ui.widgets.panel import Card, Glyph, scroll


class TeamCard(Card):
    """The way to clusters."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(pad=16, parent=parent)
        head = QHBoxLayout()
        head.addWidget(Glyph("server", "accent.text"))
        head.addWidget(Label(Text("Working with a team?", "与团队协作？"), "bodyStrong"), 1)
        button = Button(Text("Connect a cluster", "连接集群"), "log-in")
        button.clicked.connect(lambda: studio.actions.trigger("clusters.add"))
        words = Text(
            "Connect a cluster to use shared datasets, larger models and scheduled runs.",
            "连接集群，使用共享数据集、更大的模型和定时运行。",
        )
        self.body.addLayout(head)
        self.body.addWidget(Label(words, "dense", "text.secondary", wrap=True))
        self.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)


class LinkRow(Pressable):
    """A quiet row that opens something; its keys, or an arrow, stand at its end."""

    def __init__(self, icon: str, title: Text, run: Callable[[], object], keys: str = "") -> None:
        super().__init__()
        self.icon_name = icon
        say(self.setText, title)
        say(self.setAccessibleName, title)
        self.clicked.connect(lambda _=False: run())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, theme.size("space.4"), 0)
        row.setSpacing(theme.size("space.1"))
        row.addStretch(1)
        for key in keys.split("+") if keys else ():
            row.addWidget(KeyCap(key))
        if not keys:
            row.addWidget(Glyph("chevron-right", "text.secondary"))

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(200), theme.scaled(32))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("surface.hover"))
            painter.drawRoundedRect(QRectF(self.rect()), theme.size("radius.md"), theme.size("radius.md"))
        size, pad = theme.scaled(16), theme.size("space.4")
        paint_icon(painter, self.icon_name, "text.secondary", QRectF(pad, (self.height() - size) / 2, size, size))
        painter.setFont(theme.font("dense"))
        painter.setPen(theme.colour("text.primary"))
        painter.drawText(
            self.rect().adjusted(pad + size + theme.size("space.2"), 0, 0, 0),
            Qt.AlignmentFlag.AlignVCenter,
            self.text(),
        )


def link_rows(studio: Studio) -> list[LinkRow]:
    """Only what is there."""
    rows = []
    if studio.actions.has("help.shortcuts"):
        keys = studio.actions.keys_of(studio.actions.get("help.shortcuts"))
        rows.append(
            LinkRow(
                "keyboard",
                Text("Keyboard shortcuts", "键盘快捷键"),
                lambda: studio.actions.trigger("help.shortcuts"),
                keys,
            )
        )
    if studio.actions.has("palette.open"):
        keys = studio.actions.keys_of(studio.actions.get("palette.open"))
        rows.append(
            LinkRow("command", Text("All commands", "全部命令"), lambda: studio.actions.trigger("palette.open"), keys)
        )
    changes = changes_file()
    if changes is not None:
        title = Text(f"What changed in {__version__}", f"{__version__} 版有哪些变化")
        rows.append(LinkRow("gift", title, lambda: ChangesDialog(changes, studio.window).show()))
    return rows


def changes_file() -> Path | None:
    """The list of changes: beside the code in a checkout, in the resources when installed."""
    here = Path(__file__).resolve()
    places = [here.parents[4] / "CHANGELOG.md", here.parents[3] / "resources" / "CHANGELOG.md"]
    return next((place for place in places if place.is_file()), None)


class ChangesDialog(QDialog):
    """The changes, as Markdown."""

    def __init__(self, file: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        say(self.setWindowTitle, Text("What changed", "更新内容"))
        self.resize(theme.scaled(560), theme.scaled(480))
        from studio.ui.widgets.markdown import MarkdownView  # late: it takes 16 ms, and Home is shown first

        view = MarkdownView(self)
        view.set_markdown(file.read_text("utf-8"))
        column = QVBoxLayout(self)
        column.addWidget(scroll(view), 1)
        close = Button(Text("Close", "关闭"))
        close.clicked.connect(self.accept)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
