"""A few lines of code in colours, to be read and copied."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from studio.engine.text import Text
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.highlight import spans


class CodeLabel(QLabel):
    """Highlighted code without an editor around it."""

    def __init__(self, code: str = "", language: str = "sql", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._code, self._language = code, language
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        say(self.setAccessibleName, Text("Query", "查询语句"))
        theme.changed.connect(self._write)
        self._write()

    def set_code(self, code: str) -> None:
        self._code = code
        self._write()

    def code(self) -> str:
        return self._code

    def _write(self) -> None:
        self.setFont(theme.font("mono"))
        self.setAccessibleDescription(self._code)
        parts, at = [], 0
        for start, length, role in sorted(spans(self._code, self._language)):
            if start < at:
                continue
            parts.append(escape(self._code[at:start]))
            words = escape(self._code[start : start + length])
            parts.append(f'<span style="color:{theme.css(f"syntax.{role}")}">{words}</span>')
            at = start + length
        parts.append(escape(self._code[at:]))
        colour = theme.css("text.primary")
        self.setText(f'<div style="white-space:pre-wrap;color:{colour}">{"".join(parts)}</div>')
