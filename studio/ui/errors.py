"""What nobody caught: shown in a dialog with details to copy, and the window lives on."""

from __future__ import annotations

import logging
import platform
import re
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import shiboken6
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio import __version__
from studio.engine.text import Text
from studio.ui.bridge import Bridge
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import as_field
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Glyph

log = logging.getLogger(__name__)
HIDDEN = "•••"
SECRETS = (
    re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"),
    re.compile(
        r"(?i)(\w*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|authorization)\w*[\"']?\s*[:=]\s*[\"']?)"
        r"(?!bearer|basic)([^\s\"',;&}]+)"
    ),
    re.compile(r"\b(?:sk|pk|hf|ghp|gho|glpat|xox[bap]|one|AKIA)[-_]?[A-Za-z0-9_-]{12,}\b"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    re.compile(r"(\w+://)[^/\s:@]+:[^/\s@]+@"),
)


def redact(details: str) -> str:
    """Details without the home folder, the user's name in paths, tokens, keys and passwords."""
    home = str(Path.home())
    if len(home) > 1:
        details = details.replace(home, "~")
    details = re.sub(r"(/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\\s\"']+", "~", details)
    details = SECRETS[0].sub(lambda found: f"{found[1]} {HIDDEN}", details)
    details = SECRETS[1].sub(lambda found: f"{found[1]}{HIDDEN}", details)
    for pattern in SECRETS[2:4]:
        details = pattern.sub(HIDDEN, details)
    return SECRETS[4].sub(lambda found: f"{found[1]}{HIDDEN}@", details)


def details_of(error: BaseException) -> str:
    """The error with its place, and what the studio runs on; redacted."""
    trace = "".join(traceback.format_exception(error))
    system = (
        f"ONE Data Studio {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    return redact(f"{system}\n\n{trace}")


class CrashDialog(QDialog):
    """Not fatal: says what happened, offers the details, and goes away with Continue or Esc."""

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.details = details_of(error)
        self.setModal(False)
        say(self.setWindowTitle, Text("Unexpected error", "意外错误"))
        self.resize(theme.scaled(640), theme.scaled(400))
        layout = QVBoxLayout(self)
        side = theme.size("space.6")
        layout.setContentsMargins(side, side, side, theme.size("space.4"))
        layout.setSpacing(theme.size("space.3"))
        layout.addLayout(self._head(error))
        self.body = QPlainTextEdit(self.details)
        self.body.setReadOnly(True)
        as_field(self.body)
        self.body.setFont(theme.font("monoSmall"))
        say(self.body.setAccessibleName, Text("Details", "详细信息"))
        layout.addWidget(self.body, 1)
        layout.addLayout(self._buttons())

    def showEvent(self, event: object) -> None:
        self._go_on.setFocus()

    def again(self, error: BaseException) -> None:
        """One more while the dialog is open: added below, so a storm of errors stays one dialog."""
        if len(self.details) < 200_000:
            self.details += "\n\n" + details_of(error)
            self.body.setPlainText(self.details)

    def _head(self, error: BaseException) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.3"))
        row.addWidget(Glyph("triangle-alert", "warning.text", 24))
        words = QVBoxLayout()
        words.addWidget(
            Label(Text("Something went wrong, and the studio goes on", "出现意外错误，程序可继续使用"), "title")
        )
        name = type(error).__name__
        words.addWidget(
            Label(
                Text(
                    f"{name}. Your data is safe on disk. The details below hold no names of folders, keys or tokens.",
                    f"{name}。数据已安全保存在磁盘上。下方详细信息已去除文件夹名、密钥和令牌。",
                ),
                "body",
                "text.secondary",
                wrap=True,
            )
        )
        row.addLayout(words, 1)
        return row

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        copy = Button(Text("Copy details", "复制详细信息"), "copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.details))
        go_on = Button(Text("Continue", "继续"), kind="primary")
        go_on.clicked.connect(self.accept)
        row.addStretch(1)
        row.addWidget(copy)
        row.addWidget(go_on)
        self._go_on = go_on
        return row


class CrashGuard:
    """Takes what nobody caught on any thread to one dialog on the window's thread."""

    def __init__(self, bridge: Bridge, parent: Callable[[], QWidget | None]) -> None:
        self.dialog: CrashDialog | None = None
        self._bridge, self._parent = bridge, parent

    def install(self) -> None:
        """From now on: `sys.excepthook`, `threading.excepthook` and the engine loop's handler."""
        sys.excepthook = self._uncaught
        threading.excepthook = lambda args: self.show(args.exc_value) if args.exc_value else None
        self._bridge.on_loop(self._watch_loop)

    def show(self, error: BaseException) -> None:
        """From any thread."""
        log.error("uncaught", exc_info=error)
        self._bridge.post(lambda: self._show(error))

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.show(error)
        # Python keeps the last error and so its frames: a painter among them would end the process with what it paints on
        traceback.clear_frames(trace)

    def _watch_loop(self) -> None:
        import asyncio

        asyncio.get_running_loop().set_exception_handler(lambda _, context: self._from_loop(context))

    def _from_loop(self, context: dict[str, object]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception):
            self.show(error)
        else:
            log.warning("%s", context.get("message"))

    def _show(self, error: BaseException) -> None:
        if self.dialog is not None and shiboken6.isValid(self.dialog) and self.dialog.isVisible():
            self.dialog.again(error)
            return
        self.dialog = CrashDialog(error, self._parent())
        self.dialog.show()
