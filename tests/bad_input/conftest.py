"""The whole window over a real engine on a copy of the sample project, and a disk that can be filled."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import gc
import shutil
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from studio.engine.paths import Paths
from studio.ui import app as application
from studio.ui.actions import Actions
from studio.ui.bridge import Bridge
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.states import Failure
from studio.ui.window import Window
from tests import collecting
from tests.conftest import SmallDisk

SECONDS = 120_000
SHOTS = os.environ.get("BAD_INPUT_SHOTS", "")  # a folder for pictures of what a person sees


class Person:
    """Somebody before the real window."""

    def __init__(self, window: Window, home: Path, qtbot: Any) -> None:
        self.window, self.home, self.qtbot = window, home, qtbot
        self.bridge = window.bridge
        self._asker = QObject()  # outlives the window, which is closed before the engine

    @property
    def engine(self) -> Any:
        return self.bridge.engine

    def start(self, beside: Any = None) -> None:
        """Open the engine as the program does."""
        application._open_engine(self.window, Paths.under(self.home), beside)

    def until(self, true: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=SECONDS)

    def until_open(self) -> None:
        self.until(lambda: self.bridge.engine is not None)

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of something that the engine does."""
        answers: list[Any] = []
        self.bridge.run(
            self._asker,
            work,
            lambda result: answers.append((result, None)),
            lambda error: answers.append((None, error)),
        )
        self.until(lambda: answers)
        result, error = answers[0]
        if error is not None:
            raise error
        return result

    def failure(self) -> Failure | None:
        """The page that stands where the views would."""
        page = self.window.stack.currentWidget()
        return page if isinstance(page, Failure) else None

    def page_fails(self) -> Failure:
        self.until(self.failure)
        found = self.failure()
        assert found is not None
        return found

    def reads(self, inside: QWidget | None = None) -> str:
        """All words that are shown."""
        return "\n".join(label.whole() for label in (inside or self.window).findChildren(Label) if label.isVisible())

    def press(self, words: str, inside: QWidget | None = None) -> None:
        """Press the button whose words begin so."""
        next(
            button
            for button in (inside or self.window).findChildren(Button)
            if button.isVisible() and button.text().startswith(words)
        ).click()

    def notices(self) -> list[str]:
        return [
            f"{kept.notice.title.en} {kept.notice.body.en if kept.notice.body else ''}" for kept in self.window.notices
        ]

    def look(self, name: str) -> None:
        """A picture in both languages, where somebody wants to see them."""
        if not SHOTS:
            return
        for code in ("zh", "en"):
            language.set(code)
            self.qtbot.wait(400)
            self.window.grab().save(f"{SHOTS}/{name}-{code}.png")

    def alive(self) -> bool:
        """Every view still comes to the front."""
        return all(self.show(name).name == name for name in self.window.view_names())

    def show(self, name: str) -> Any:
        """Bring a view to the front and wait until it is there."""
        self.window.show_view(name)
        self.until(lambda: getattr(self.window.current_view(), "name", "") == name)
        return self.window.current_view()


@pytest.fixture(autouse=True, scope="module")
def collected_with_the_file() -> Iterator[None]:
    yield
    collecting.of_the_file()
    gc.enable()  # for the tests without a window that this process goes on with


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    with collecting.on_this_thread():
        yield


@pytest.fixture
def bridge(qapp: QApplication) -> Iterator[Bridge]:
    """The program's own, which views use by themselves."""
    from studio.ui.bridge import bridge

    yield bridge
    bridge.stop()


@pytest.fixture
def person(
    qapp: QApplication, bridge: Bridge, copy_of_sample: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    """The window of a copy of the sample project, whose engine is not yet open."""
    monkeypatch.setenv("ONE_DATA_SERVER__ENABLED", "false")
    yield from _person(qapp, bridge, copy_of_sample, qtbot)


def _person(qapp: QApplication, bridge: Bridge, home: Path, qtbot: Any) -> Iterator[Person]:
    language.set("en")
    theme.apply(qapp, "dark")
    window = Window(bridge, Actions(), home / "config" / "window.json")
    qtbot.addWidget(window)
    window.resize(1400, 900)
    window.show()
    one = Person(window, home, qtbot)
    yield one
    if one.engine is not None:
        while application._beside:
            one.wait(application._beside.pop().close())
        one.wait(one.engine.close())
    language.set("en")


@pytest.fixture
def home_on_disk(disk: SmallDisk, sample_home: Path) -> Path:
    return Path(shutil.copytree(sample_home, disk.folder / "home"))


@pytest.fixture
def person_on_disk(
    qapp: QApplication, bridge: Bridge, disk: SmallDisk, home_on_disk: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    """As `person`, with its home on a disk that can be filled."""
    monkeypatch.setenv("ONE_DATA_SERVER__ENABLED", "false")
    for one in _person(qapp, bridge, home_on_disk, qtbot):
        yield one
        disk.free()
