"""The log of a run: when, which step, what."""

from __future__ import annotations

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio.engine.text import Text
from studio.ui import when
from studio.ui.language import language, say, tr
from studio.ui.theme import theme
from studio.ui.views.runs_parts.watching import Line, Watched

INK = {
    "danger": "danger.text",
    "warning": "warning.text",
    "success": "success.text",
    "cached": "cached.text",
    "": "text.secondary",
}


class RunLog(QPlainTextEdit):
    """Grows at its end, and follows it while a reader is there. `show_run` with a step shows only its lines."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Watched | None = None
        self._step = ""
        self._written = 0
        self.setReadOnly(True)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setMaximumBlockCount(5_000)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        say(self.setAccessibleName, Text("Log of the run", "运行日志"))
        theme.changed.connect(self._restyle)
        language.changed.connect(self._again)
        self._restyle()

    def show_run(self, run: Watched | None, step: str = "") -> None:
        """Show a run's lines; the same run again adds what is new."""
        if run is not self._run or step != self._step:
            self._run, self._step = run, step
            self._again()
            return
        self._add()

    def _again(self) -> None:
        self.clear()
        self._written = 0
        self._add()

    def _add(self) -> None:
        if self._run is None or self._written >= len(self._run.lines):
            return
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for line in self._run.lines[self._written :]:
            if not self._step or line.step in ("", self._step):
                self._write(cursor, line)
        cursor.endEditBlock()
        self._written = len(self._run.lines)
        if at_end:
            bar.setValue(bar.maximum())

    def _write(self, cursor: QTextCursor, line: Line) -> None:
        assert self._run is not None
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self.document().isEmpty():
            cursor.insertBlock()
        at = when.clock(line.at, seconds=True)
        title = tr(self._run.titles[line.step]) if line.step in self._run.titles else tr(Text("run", "运行"))
        cursor.insertText(f"{at}  ", _ink("text.tertiary"))
        cursor.insertText(f"{title}  ", _ink("text.primary" if not line.tone else INK[line.tone]))
        cursor.insertText(tr(line.words), _ink(INK[line.tone]))

    def _restyle(self) -> None:
        self.setFont(theme.font("mono"))
        self.document().setDocumentMargin(theme.size("space.2"))
        self._again()


def _ink(colour: str) -> QTextCharFormat:
    look = QTextCharFormat()
    look.setForeground(QColor(theme.colour(colour)))
    return look
