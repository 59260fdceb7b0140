"""What is wrong with a workflow and what failed in its run, each with the button that mends it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.canvas.fixes import words_of
from studio.ui.language import language, say
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.sheet import Sheet
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.rows import ROLE, Row, RowList

AT_MOST = 200  # buttons; who has more problems mends those first
RUN = "run"
MENDS = Text("{repair}: {problem}", "{repair}：{problem}")


class ProblemList(RowList):
    """`repair(row, place)` comes for a click on a row's button and for Enter; a row is called "number:step" or "run:step"."""

    repair = Signal(str, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Text("Problems", "问题"), parent=parent)
        self._ways: dict[str, tuple[str, str]] = {}
        self._known: object = None
        self._dressed = True
        self._sheet: Sheet | None = None
        self.activated.connect(self._by_key)
        language.changed.connect(self._show_again)
        theme.changed.connect(self._show_again)

    def show_sheet(self, sheet: Sheet | None) -> None:
        """What the judge says of the graph, then what failed in the run."""
        self._sheet = sheet
        ways: dict[str, tuple[str, str]] = {}
        rows: list[Row] = []
        titles = sheet.titles() if sheet is not None else {}
        for number, problem in enumerate(sheet.problems if sheet is not None else ()):
            tone = "danger" if problem.level == "error" else "warning"
            icon = "circle-x" if tone == "danger" else "triangle-alert"
            title = titles.get(problem.node_id, problem.node_id)
            rows.append(Row(f"{number}:{problem.node_id}", problem.message, title, icon, colour=f"{tone}.text"))
            if problem.fix is not None and problem.node_id in titles:
                ways[rows[-1].id] = (problem.fix.kind, problem.fix.target)
        for step, live in sheet.lives().items() if sheet is not None else ():
            if live.state == "failed":
                words = f"{live.message} {live.repair}".strip()
                rows.append(Row(f"{RUN}:{step}", words, titles.get(step, step), "circle-x", colour="danger.text"))
                ways[rows[-1].id] = live.fix
        known = [(row.id, row.title, row.subtitle, row.colour) for row in rows], ways
        if known != self._known:
            self._known, self._ways, self._dressed = known, ways, False
            self.set_rows(rows)
            self._dress()

    def button(self, row: str) -> Button | None:
        """The button of a row."""
        for place in range(self.model().rowCount()):
            index = self.model().index(place, 0)
            if index.data(ROLE).id == row:
                held = self.indexWidget(index)
                return held.findChild(Button) if held is not None else None
        return None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._dress()

    def _dress(self) -> None:
        """Lay the buttons on their rows, once somebody sees them."""
        if self._dressed or not self.isVisible():
            return
        self._dressed = True
        held = set(list(self._ways)[:AT_MOST])
        for place, row in enumerate(self.rows()):
            button = self._held(row, self._ways[row.id]) if row.id in held else None
            row.room = button.sizeHint().width() if button is not None else 0
            self.setIndexWidget(self.model().index(place, 0), button)
        self.viewport().update()

    def _show_again(self) -> None:
        self._known = None
        self.show_sheet(self._sheet)

    def _held(self, row: Row, way: tuple[str, str]) -> QWidget:
        """The button, at the end of its row; the rest of the row takes clicks as ever."""
        holder = QWidget()
        holder.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, theme.size("space.3"), 0)
        line.addStretch(1)
        button = Button(words_of(*way), size="sm")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Enter on the row does the same
        say(button.setAccessibleName, MENDS.format(repair=words_of(*way), problem=row.title))
        button.clicked.connect(lambda: self.repair.emit(row.id, button.mapToGlobal(QPoint(0, button.height()))))
        line.addWidget(button)
        return holder

    def _by_key(self, row: str) -> None:
        button = self.button(row)
        if row in self._ways:
            place = button.mapToGlobal(QPoint(0, button.height())) if button else self.mapToGlobal(QPoint())
            self.repair.emit(row, place)
