"""What goes along with the next question, as chips above its field."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.chat.message import Attachment
from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.views.chat_parts.question_view import ICONS
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card, Glyph
from studio.ui.widgets.states import Spinner

LONGEST = 28  # characters of a name
MODES = {"whole": Text("All of it", "全文"), "passages": Text("Passages that fit", "相关段落")}
COLOURS = {"dataset": "portText.table", "workflow": "portText.model"}


class Along(QWidget):
    """`changed` comes when something was added, taken away, or is to go in differently."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._attachments: list[Attachment] = []
        self._reading: list[str] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.size("space.2"))
        self.hide()

    def attachments(self) -> list[Attachment]:
        return list(self._attachments)

    def add(self, attachment: Attachment) -> None:
        """Each thing once."""
        if all((each.kind, each.ref) != (attachment.kind, attachment.ref) for each in self._attachments):
            self._attachments.append(attachment)
        self._show()

    def reading(self, name: str, on: bool) -> None:
        """A file that is being read, by its name."""
        self._reading = [*self._reading, name] if on else [each for each in self._reading if each != name]
        self._show()

    def busy(self) -> bool:
        return bool(self._reading)

    def remove(self, attachment_id: str) -> None:
        self._attachments = [each for each in self._attachments if each.id != attachment_id]
        self._show()

    def set_mode(self, attachment_id: str, mode: str) -> None:
        """Whether a text goes in whole or by its passages."""
        self._attachments = [
            each.model_copy(update={"mode": mode}) if each.id == attachment_id else each for each in self._attachments
        ]
        self._show()

    def take(self) -> list[Attachment]:
        """What goes along now; the chips are gone then."""
        taken, self._attachments = self._attachments, []
        self._show()
        return taken

    def tokens(self) -> int:
        """Of the texts that go in whole."""
        return sum(each.tokens for each in self._attachments if each.mode == "whole")

    def chips(self) -> list[_Chip]:
        return [chip for chip in self.findChildren(_Chip) if not chip.isHidden()]

    def _show(self) -> None:
        empty(self._row)
        for each in self._attachments:
            chip = _Chip(each)
            chip.close.clicked.connect(partial(self.remove, each.id))
            if chip.mode is not None:
                other = "passages" if each.mode == "whole" else "whole"
                chip.mode.clicked.connect(partial(self.set_mode, each.id, other))
            self._row.addWidget(chip)
        for name in self._reading:
            self._row.addWidget(Spinner())
            self._row.addWidget(Label(Text(f"Reading {name}", f"正在读取 {name}"), "dense", "text.secondary"))
        self._row.addStretch(1)
        self.setVisible(bool(self._attachments or self._reading))
        self.changed.emit()


class _Chip(Card):
    """One thing: its icon and name, for a text how it goes in, and a way to take it away."""

    def __init__(self, attachment: Attachment) -> None:
        super().__init__(pad=2, surface="panel")
        self.attachment = attachment
        row = QHBoxLayout()
        row.setContentsMargins(theme.size("space.1"), 0, 0, 0)
        row.setSpacing(theme.size("space.1"))
        row.addWidget(Glyph(ICONS[attachment.kind], COLOURS.get(attachment.kind, "portText.docs"), 14))
        title = attachment.title
        name = Label(title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…", "dense", "text.primary")
        name.setToolTip(title)
        row.addWidget(name)
        self.mode: Button | None = None
        if attachment.kind in ("file", "document"):
            words = MODES[attachment.mode]
            count = f"{attachment.tokens:,}"
            said = Text(f"{words.en}, {count} tokens", f"{words.zh}，{count} 个词元")
            self.mode = Button(said if attachment.mode == "whole" else words, "chevrons-up-down", "ghost", "sm")
            self.mode.setToolTip(f"{count} tokens")
            row.addWidget(self.mode)
        self.close = IconButton("x", Text(f"Remove {attachment.title}", f"移除 {attachment.title}"), size=12)
        row.addWidget(self.close)
        self.body.addLayout(row)
