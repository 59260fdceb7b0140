"""What keys do while the canvas has the focus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

STEP, LEAP = 8.0, 64.0
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
LETTERS = {
    Qt.Key.Key_B, Qt.Key.Key_D, Qt.Key.Key_M, Qt.Key.Key_N, Qt.Key.Key_F, Qt.Key.Key_C, Qt.Key.Key_G, Qt.Key.Key_X, Qt.Key.Key_Slash,
    Qt.Key.Key_Space,
}  # fmt: skip
HELD = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def mine(event: QKeyEvent) -> bool:
    """Whether the canvas takes a key before any shortcut does."""
    if event.modifiers() & HELD:
        return _standard(event) is not None or event.key() in ARROWS  # Alt Right has another meaning in Chat
    if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        return True
    return event.key() in LETTERS or event.key() in ARROWS or event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


def press(canvas, event: QKeyEvent) -> bool:
    """Do what the key says; False when it says nothing here."""
    if event.key() in ARROWS:
        return _arrow(canvas, event)
    command = _standard(event) or (None if event.modifiers() & HELD else _plain(event))
    if command is None:
        return False
    command(canvas)
    return True


def _arrow(canvas, event: QKeyEvent) -> bool:
    from studio.ui.canvas import editing

    x, y = ARROWS[event.key()]
    if event.modifiers() & Qt.KeyboardModifier.AltModifier:
        editing.go_to_connected(canvas, x + y > 0)
    elif event.modifiers() & Qt.KeyboardModifier.ControlModifier or not canvas.sheet.chosen_ids():
        canvas.scroll_by(QPoint(int(x * LEAP), int(y * LEAP)))
    else:
        length = LEAP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        editing.nudge(canvas, x * length, y * length)
    return True


def _standard(event: QKeyEvent) -> Callable | None:
    from studio.ui.canvas import editing, swapping

    known: list[tuple[QKeySequence.StandardKey, Callable]] = [
        (QKeySequence.StandardKey.Undo, lambda canvas: canvas.document.undo.undo()),
        (QKeySequence.StandardKey.Redo, lambda canvas: canvas.document.undo.redo()),
        (QKeySequence.StandardKey.Copy, editing.copy),
        (QKeySequence.StandardKey.Cut, editing.cut),
        (QKeySequence.StandardKey.Paste, editing.paste),
        (QKeySequence.StandardKey.SelectAll, _choose_all),
        (QKeySequence.StandardKey.Find, lambda canvas: canvas.find_wanted.emit()),
        (QKeySequence.StandardKey.Delete, editing.delete),
    ]
    for sequence, command in known:
        if event.matches(sequence):
            return command
    held = event.modifiers() & HELD
    if held == Qt.KeyboardModifier.ControlModifier and event.key() == Qt.Key.Key_D:
        return editing.duplicate
    if held == Qt.KeyboardModifier.ControlModifier and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        return swapping.dissolve
    if held == Qt.KeyboardModifier.ControlModifier and event.key() == Qt.Key.Key_0:
        return lambda canvas: canvas.set_zoom(1.0)
    return None


def _plain(event: QKeyEvent) -> Callable | None:
    from studio.ui.canvas import editing

    shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    commands: dict[Qt.Key, Callable] = {
        Qt.Key.Key_Backspace: editing.delete,
        Qt.Key.Key_D: editing.duplicate,
        Qt.Key.Key_M: lambda canvas: editing.switch(canvas, "mute"),
        Qt.Key.Key_B: lambda canvas: editing.switch(canvas, "bypass"),
        Qt.Key.Key_N: lambda canvas: editing.write_note(canvas, _middle(canvas)),
        Qt.Key.Key_F: lambda canvas: canvas.fit(None if shift else canvas.sheet.chosen_ids() or None),
        Qt.Key.Key_Slash: lambda canvas: canvas.add_wanted.emit(editing.place_beside(canvas), None),
        Qt.Key.Key_C: _connect_from_lists,
        Qt.Key.Key_G: editing.write_frame,
        Qt.Key.Key_X: lambda canvas: canvas.hold(cutting=True),
        Qt.Key.Key_Space: lambda canvas: canvas.hold(space=True),
        Qt.Key.Key_Escape: _escape,
        Qt.Key.Key_Return: _run_from if shift else _open,
        Qt.Key.Key_Enter: _run_from if shift else _open,
        Qt.Key.Key_Plus: lambda canvas: canvas.step_zoom(True),
        Qt.Key.Key_Minus: lambda canvas: canvas.step_zoom(False),
    }
    return commands.get(Qt.Key(event.key()))


def _middle(canvas) -> QPointF:
    return canvas.visible_rect().center()


def _choose_all(canvas) -> None:
    canvas.sheet.choose([*canvas.sheet.nodes, *canvas.sheet.notes, *canvas.sheet.areas])


def _escape(canvas) -> None:
    if not canvas.stop_gesture():
        canvas.sheet.choose(())


def _run_from(canvas) -> None:
    chosen = canvas.sheet.chosen_ids()
    if len(chosen) == 1 and chosen[0] in canvas.document.nodes:
        canvas.run_from_wanted.emit(chosen[0])


def _open(canvas) -> None:
    chosen = canvas.sheet.chosen_ids()
    if len(chosen) == 1 and chosen[0] not in canvas.document.edges:
        canvas.opened.emit(chosen[0])


def _connect_from_lists(canvas) -> None:
    from studio.ui.canvas.menu import pop_connect

    pop_connect(canvas)
