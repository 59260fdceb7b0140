"""A workflow is built, set up and run without touching the mouse: every key goes to whatever has the focus."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication, QMenu, QPlainTextEdit

from studio.ui.canvas.view import CanvasView
from studio.ui.views.workflows import Workflows
from tests.ui.real import desk_with

CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
NONE = Qt.KeyboardModifier.NoModifier


class Keys:
    """A keyboard: it knows no widget, only what Qt says has the focus."""

    def __init__(self, desk) -> None:
        self.desk, self.qtbot = desk, desk.qtbot

    @property
    def focus(self):
        popup = QApplication.activePopupWidget()
        return popup if isinstance(popup, QMenu) else QApplication.focusWidget()

    def press(self, key, held=NONE) -> None:
        QApplication.processEvents()  # nobody types faster than the window paints
        self.desk.until(lambda: self.focus is not None)
        self.qtbot.keyClick(self.focus, key, held)

    def type(self, words: str) -> None:
        for letter in words:
            self.qtbot.keyClicks(self.focus, letter)

    def until_focus(self, kind, key=Qt.Key.Key_Tab, held=NONE, most: int = 40) -> None:
        """Press a key until the focus is on such a widget."""
        for _ in range(most):
            if isinstance(self.focus, kind):
                return
            self.press(key, held)
        raise AssertionError(f"{kind} was not reached; the focus is on {self.focus}")

    def to_canvas(self) -> None:
        self.until_focus(CanvasView, Qt.Key.Key_F6, most=12)

    def add(self, words: str) -> None:
        """`/`, a few letters, Enter."""
        self.press(Qt.Key.Key_Slash)
        self.desk.until(lambda: QApplication.activePopupWidget() is not None)
        self.type(words)
        self.press(Qt.Key.Key_Return)
        self.desk.until(lambda: isinstance(self.focus, CanvasView))

    def connect(self, target: str) -> None:
        """C, then the port and the target from lists."""
        self.press(Qt.Key.Key_C)
        self.desk.until(lambda: isinstance(self.focus, QMenu))
        self.press(Qt.Key.Key_Down)
        self.press(Qt.Key.Key_Right)
        self.desk.until(lambda: self.focus.activeAction() is not None and not self.focus.activeAction().menu())
        for _ in range(20):
            if target in self.focus.activeAction().text():
                break
            self.press(Qt.Key.Key_Down)
        self.press(Qt.Key.Key_Return)


@pytest.fixture
def desk(bridge, qtbot, tmp_path, monkeypatch):
    with desk_with(Workflows, tmp_path, bridge, qtbot, monkeypatch) as made:
        made.window.activateWindow()
        qtbot.waitUntil(lambda: QGuiApplication.focusWindow() is not None)
        yield made


def test_a_workflow_is_built_and_run_by_keyboard_alone(desk):
    keys, view = Keys(desk), desk.window.current_view()
    keys.until_focus(type(view.centre.start_page.blank), Qt.Key.Key_Tab)
    while keys.focus is not view.centre.start_page.blank:
        keys.press(Qt.Key.Key_Tab)
    keys.press(Qt.Key.Key_Space)
    desk.until(lambda: view.sheet is not None)
    document = view.sheet.document
    keys.to_canvas()
    keys.add("tishici")  # pinyin of 提示词
    keys.press(Qt.Key.Key_Return)  # open its settings
    keys.until_focus(QPlainTextEdit)
    keys.press(Qt.Key.Key_A, CONTROL)
    keys.type("Hello there")
    desk.until(lambda: document.nodes["prompt"].params.get("template") == "Hello there")
    keys.to_canvas()
    keys.add("outp")
    keys.press(Qt.Key.Key_Right, SHIFT)
    for _ in range(4):
        keys.press(Qt.Key.Key_Right, SHIFT)
    assert document.nodes["output"].position[0] >= document.nodes["prompt"].position[0] + 256
    keys.press(Qt.Key.Key_Tab, SHIFT)  # the step before
    assert view.sheet.canvas.sheet.chosen_ids() == ["prompt"]
    keys.connect("Output")
    assert [(e.source, e.target) for e in document.edges.values()] == [("prompt", "output")]
    keys.press(Qt.Key.Key_Right, ALT)
    assert view.sheet.canvas.sheet.chosen_ids() == ["output"]
    keys.press(Qt.Key.Key_Return, CONTROL)
    desk.until(lambda: view.sheet.settled)
    states = {name: item.live.state for name, item in view.sheet.canvas.sheet.nodes.items()}
    assert states == {"prompt": "done", "output": "done"}
    (run,) = desk.wait(desk.engine.workflows.executions())
    assert run.outputs == {"result": "Hello there"}
    keys.to_canvas()
    keys.press(Qt.Key.Key_Z, CONTROL)
    assert not document.edges


def test_keys_with_an_arrow_are_the_canvass_though_another_view_has_a_shortcut_with_them(desk):
    view = desk.window.current_view()
    view.new_workflow()
    desk.until(lambda: view.sheet is not None)
    asked = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Right, ALT)
    asked.ignore()
    view.sheet.canvas.event(asked)
    assert asked.isAccepted()


def test_tab_goes_through_the_steps_and_then_leaves_the_canvas(desk):
    keys, view = Keys(desk), desk.window.current_view()
    view.new_workflow()
    desk.until(lambda: view.sheet is not None)
    keys.to_canvas()
    keys.add("prompt")
    keys.add("output")
    keys.press(Qt.Key.Key_Escape)
    seen = []
    while isinstance(keys.focus, CanvasView):
        keys.press(Qt.Key.Key_Tab)
        seen.append(view.sheet.canvas.sheet.chosen_ids())
    assert seen == [["prompt"], ["output"], ["output"]]
