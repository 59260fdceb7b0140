"""What a query may go on with: names and words to complete, and the arguments of the function that is being typed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QToolTip

from studio.ui.bridge import Handle, bridge
from studio.ui.widgets.cells import ICONS, kind_of
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.code_completion import Entry

if TYPE_CHECKING:
    from studio.engine.sql.suggest import Function, Suggester, Suggestion

MARKS = {"dataset": "table-2", "alias": "at-sign", "function": "square-function", "keyword": "key-square"}


class Suggesting(QObject):
    """Nothing is suggested until the `suggester` is there, which knows the datasets."""

    def __init__(self, editor: CodeEditor) -> None:
        super().__init__(editor)
        self.suggester: Suggester | None = None
        self._editor = editor
        self._asking: Handle | None = None
        editor.completion.ask_by(self._ask)
        editor.changed.connect(self._ask_signature)

    def _ask(self, text: str, position: int) -> None:
        if self.suggester is None:
            return
        if self._asking is not None:
            self._asking.cancel()
        work = asyncio.to_thread(self.suggester.at, text, position)
        show = self._editor.completion.show
        self._asking = bridge.run(self, work, lambda found: show([_entry(each) for each in found], position))

    def _ask_signature(self) -> None:
        """While the arguments of a function are typed, say which they are."""
        cursor = self._editor.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()].rstrip()
        if self.suggester is None or before[-1:] not in ("(", ","):
            QToolTip.hideText()
            return
        position = cursor.position()
        work = asyncio.to_thread(self.suggester.function_at, self._editor.text(), position)
        bridge.run(self, work, lambda found: self._show_signature(found, position))

    def _show_signature(self, found: Function | None, position: int) -> None:
        editor = self._editor
        if found is None or position != editor.textCursor().position() or editor.completion.is_open:
            return
        words = "\n".join(filter(None, (f"{found.signature} → {found.returns}".rstrip(" →"), found.about)))
        QToolTip.showText(editor.viewport().mapToGlobal(editor.cursorRect().bottomLeft()), words, editor)


def _entry(found: Suggestion) -> Entry:
    icon = ICONS[kind_of(found.type)] if found.kind == "column" else MARKS[found.kind]
    tone = {"column": "text.secondary", "dataset": "accent.text"}.get(found.kind, "text.tertiary")
    return Entry(found.text, found.insert, found.replaces, icon, found.detail, found.note, tone)
