"""A person at the window: real mouse and keys through the X server (xdotool), eyes by widgets and accessible names."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer
from PySide6.QtGui import QImage, QInputMethodEvent, QPainter
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

W = TypeVar("W", bound=QWidget)
TICK = 0.005  # seconds between two ticks of the watchdog
LONG = 0.05  # seconds of processor time in one turn that are looked at more closely
PIECE = 0.0055  # seconds of processor time that `paint_something` takes on two quiet cores of the machine this was written on


class Watchdog:
    """Measures how long the window's thread was away.

    A stall is counted by the thread's own processor time as well as by the wall clock: on a busy machine the wall clock also
    counts time in which the operating system ran something else. How fast that thread's processor is, `pace` measures, and a
    stall has it from when it was over: other programs come and go.
    """

    def __init__(self) -> None:
        self._main = threading.get_ident()
        self._wall, self._cpu = time.monotonic(), time.thread_time()
        self._seen: list[str] = []
        self.stalls: list[dict[str, Any]] = []
        self.paces: list[float] = []
        self._timer = QTimer()
        self._timer.setInterval(int(TICK * 1000))
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def _tick(self) -> None:
        wall, cpu = time.monotonic(), time.thread_time()
        away, busy = wall - self._wall - TICK, cpu - self._cpu
        if away > 0.016:
            pace = max(pace_of_painting() for _ in range(3)) if busy > LONG else 1.0
            self.stalls.append(
                {
                    "wall_ms": round(away * 1000, 1), "cpu_ms": round(busy * 1000, 1), "pace": round(pace, 2),
                    "at_pace_ms": round(busy * 1000 / max(1.0, pace), 1), "where": self._seen[:3],
                }
            )  # fmt: skip
        self._wall, self._cpu, self._seen = time.monotonic(), time.thread_time(), []

    def _watch(self) -> None:
        """Look from outside where the thread is while it does not answer."""
        while True:
            time.sleep(0.02)
            if time.monotonic() - self._wall > 0.03 and len(self._seen) < 3:
                self._seen.append(_place(self._main))

    def pace(self) -> float:
        """How many times as long this thread takes for a known piece of painting as on the machine the bound was set for.

        A slow or crowded processor (shared caches, hyperthreads) needs more of its own time for the same work, too.
        """
        self.paces.append(pace_of_painting())
        self._wall, self._cpu, self._seen = time.monotonic(), time.thread_time(), []
        return self.paces[-1]

    def worst(self, by: str = "cpu_ms") -> list[dict[str, Any]]:
        return sorted(self.stalls, key=lambda stall: -stall[by])[:8]


def pace_of_painting() -> float:
    """How many times as long as on that machine this thread takes for the piece now."""
    began = time.thread_time()
    paint_something()
    return (time.thread_time() - began) / PIECE


def paint_something() -> None:
    """Python and Qt in the mixture of a window: words are measured, cut and painted, boxes drawn, lists made."""
    image = QImage(400, 300, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for number in range(120):
        words = f"row {number} 华南 {sum(range(200))}"
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, 60 + number)
        place = QRectF(number % 40 * 5, number % 25 * 10, 120, 14)
        painter.drawRoundedRect(place, 4, 4)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)
        sorted((letter, place.left()) for letter in words)
    painter.end()


def _place(thread: int) -> str:
    """Where a thread is, innermost first, the import machinery left out.

    Only names and numbers are taken, in a few microseconds: a frame that is held while the thread goes on would keep its
    painter alive beyond the widget that it paints, which ends the process.
    """
    frame = sys._current_frames().get(thread)
    places: list[tuple[str, int, str]] = []
    while frame is not None and len(places) < 9:
        if "importlib" not in frame.f_code.co_filename:
            places.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    del frame
    return " < ".join(f"{name.rpartition('/')[2]}:{line} {function}" for name, line, function in places)


class Pressed(QObject):
    """Whether the next press of a mouse button hits a widget, once there was one."""

    def __init__(self, app: QApplication, widget: QWidget) -> None:
        super().__init__()
        self._widget = widget
        self.hits: bool | None = None
        app.installEventFilter(self)

    def eventFilter(self, thing: QObject, event: QEvent) -> bool:
        if self.hits is None and event.type() == QEvent.Type.MouseButtonPress and isinstance(thing, QWidget):
            self.hits = thing is self._widget or self._widget.isAncestorOf(thing)
        return False


class Hands:
    """Clicks, types and waits."""

    def __init__(self, app: QApplication, window: QWidget) -> None:
        self.app = app
        self.window = window

    def wait(self, ready: Callable[[], Any], what: str | Callable[[], str], seconds: float = 120) -> Any:
        """Let the window live until `ready` is true; its value. Fails naming `what`."""
        end = time.monotonic() + seconds
        while True:
            found = ready()
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds:g} s in vain for {what if isinstance(what, str) else what()}")
            self.live(0.01)

    def live(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.app.processEvents()
            time.sleep(0.001)

    def do(self, *words: str) -> None:
        """Run xdotool while the window lives; from another thread, because starting a program is not the window's work."""
        done: list[int] = []
        threading.Thread(target=lambda: done.append(subprocess.run(["xdotool", *words]).returncode)).start()
        while not done:
            self.live(0.005)
        assert done == [0], words
        self.live(0.05)

    def click(self, widget: QWidget, at: QPoint | None = None, *, double: bool = False) -> None:
        """Where the widget is. What arrives above it may move it under the hand, which then follows it and clicks again."""
        repeat = ("--repeat", "2", "--delay", "60") if double else ()
        for _ in range(20):
            place = self._settled(widget, at)
            self.do("mousemove", str(place.x()), str(place.y()))
            if widget.mapToGlobal(at or widget.rect().center()) != place:
                continue
            pressed = Pressed(self.app, widget)
            self.do("click", *repeat, "1")
            end = time.monotonic() + 20
            while pressed.hits is None and time.monotonic() < end:
                self.live(0.02)
            if pressed.hits:
                return
        raise AssertionError(f"{widget} was not hit")

    def _settled(self, widget: QWidget, at: QPoint | None) -> QPoint:
        """Where to click once the widget stays where it is: what arrives above it may move it."""
        while True:
            place = widget.mapToGlobal(at or widget.rect().center())
            self.live(0.1)
            if widget.mapToGlobal(at or widget.rect().center()) == place:
                return place

    def keys(self, *names: str) -> None:
        self.do("key", "--clearmodifiers", *names)

    def type(self, words: str) -> None:
        """Latin letters key by key; Chinese as an input method commits it to the widget that has the focus."""
        for latin, other in re.findall(r"([\x20-\x7e]*)([^\x20-\x7e]*)", words):
            if latin:
                self.do("type", "--delay", "15", latin)
            if other:
                event = QInputMethodEvent()
                event.setCommitString(other)
                QApplication.sendEvent(self.app.focusWidget(), event)
                self.live(0.05)

    def find(
        self, kind: type[W], matches: Callable[[W], bool] = lambda widget: True, inside: QWidget | None = None
    ) -> W | None:
        """A visible widget of a class."""
        for widget in (inside or self.window).findChildren(kind):
            if widget.isVisible() and matches(widget):
                return widget
        return None

    def button(self, *words: str, inside: QWidget | None = None, seconds: float = 120) -> QAbstractButton:
        """The visible, enabled button that reads or is named so."""

        def matches(button: QAbstractButton) -> bool:
            said = (button.text(), button.accessibleName())
            return button.isEnabled() and any(word in said for word in words)

        found: QAbstractButton = self.wait(
            lambda: self.find(QAbstractButton, matches, inside), f"a button {words}", seconds
        )
        return found

    def press(self, *words: str, inside: QWidget | None = None) -> None:
        self.click(self.button(*words, inside=inside))

    def popup(self) -> QWidget | None:
        return self.app.activePopupWidget() or self.app.activeModalWidget()
