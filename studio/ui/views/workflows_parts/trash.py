"""The trash of workflows, in the side panel's place: what was deleted in the last 30 days, back or for good."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.text import Text, plural
from studio.engine.workflows.execution import Workflow
from studio.engine.workflows.service import WorkflowsChanged
from studio.ui import when
from studio.ui.icons import icon
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.start_page import about
from studio.ui.widgets.ask import Ask, ask_before
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import Label
from studio.ui.widgets.menus import Menu
from studio.ui.widgets.panel import Divider, Header
from studio.ui.widgets.rows import Row, RowList

if TYPE_CHECKING:
    from studio.ui.studio import Studio

TRASH = Text("Trash", "回收站")
DELETED = Text("Deleted in the last 30 days", "过去 30 天内删除")
EMPTY = Text("The trash is empty.", "回收站是空的。")
RESTORE = Text("Restore", "恢复")
FOR_GOOD = Text("Delete for good", "永久删除")
RUNS_STAY = Text(
    "Its versions and schedules go with it and cannot be brought back. Its runs stay.",
    "其版本和计划将一并删除，无法恢复。运行记录会保留。",
)


class TrashPanel(QWidget):
    """`restored` gives the id of a workflow that is back."""

    restored = Signal(str)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._there: dict[str, Workflow] = {}
        self.list = RowList(TRASH, height=48)
        self.count = Label("", "dense", "text.tertiary")
        self.nothing = Label(EMPTY, "dense", "text.tertiary", wrap=True)
        self.empty = IconButton("trash-2", Text("Empty trash", "清空回收站"))
        self.restore_button = Button(RESTORE, "archive-restore", size="sm")
        self.delete_button = Button(FOR_GOOD, kind="danger", size="sm")
        self.list.selected.connect(lambda _: self._offer())
        self.list.menu.connect(self._menu)
        self.empty.clicked.connect(self.ask_empty)
        self.restore_button.clicked.connect(lambda: self.restore(self.list.current()))
        self.delete_button.clicked.connect(lambda: self.ask_delete(self.list.current()))
        studio.bridge.listen(self, WorkflowsChanged, lambda _: self.isVisible() and self.load())
        self._lay_out()
        self._show([])

    def load(self) -> None:
        if self._studio.bridge.engine is not None:  # it may be closing
            self._studio.bridge.run(self, self._studio.engine.workflows.trash(), self._show, of="trash")

    def restore(self, workflow_id: str) -> None:
        work = self._studio.engine.workflows.restore(workflow_id)
        self._studio.bridge.run(self, work, lambda back: self.restored.emit(back.id))

    def ask_delete(self, workflow_id: str) -> Ask:
        """It cannot be undone, so it asks and names it."""
        name = self._there[workflow_id].name
        title = Text(f"Delete “{name}” for good?", f"永久删除“{name}”？")
        return self._ask(title, RUNS_STAY, lambda: self._studio.engine.workflows.forget(workflow_id))

    def ask_empty(self) -> Ask:
        """It cannot be undone, so it asks and names the number."""
        count = len(self._there)
        title = Text(f"Delete {plural(count, 'workflow', 'workflows')} for good?", f"永久删除 {count} 个工作流？")
        body = Text(
            "Their versions and schedules go with them and cannot be brought back. Their runs stay.", RUNS_STAY.zh
        )
        return self._ask(title, body, self._studio.engine.workflows.empty_trash)

    def _ask(self, title: Text, body: Text, work: Callable[[], Coroutine[Any, Any, object]]) -> Ask:
        then = lambda: self._studio.bridge.run(self, work())  # noqa: E731
        return ask_before(self._studio.window, title, body, FOR_GOOD, then)

    def _show(self, workflows: list[Workflow]) -> None:
        self._there = {workflow.id: workflow for workflow in workflows}
        heading = [Row("heading", DELETED, heading=True)] if workflows else []
        self.list.set_rows([*heading, *map(_row, workflows)])
        self.count.say(Text.same(f"{len(workflows):,}" if workflows else ""))
        self.nothing.setVisible(not workflows)
        self.empty.setEnabled(bool(workflows))
        self._offer()

    def _offer(self) -> None:
        for button in (self.restore_button, self.delete_button):
            button.setEnabled(bool(self.list.current()))

    def _menu(self, workflow_id: str, place: QPoint) -> None:
        menu = Menu(self)
        for words, glyph, act in ((RESTORE, "archive-restore", self.restore), (FOR_GOOD, "trash-2", self.ask_delete)):
            entry = menu.addAction(icon(glyph, "text.secondary", theme.scaled(14)), tr(words))
            entry.triggered.connect(lambda _=False, act=act: act(workflow_id))
        menu.open_at(place)

    def _lay_out(self) -> None:
        head = Header(32)
        head.row.addWidget(Label(TRASH, "denseStrong"))
        head.row.addWidget(self.count)
        head.row.addStretch(1)
        head.row.addWidget(self.empty)
        side = theme.size("space.3")
        self.nothing.setContentsMargins(side, theme.size("space.2"), side, 0)
        tools = QHBoxLayout()
        tools.setContentsMargins(side, theme.size("space.2"), side, theme.size("space.2"))
        tools.setSpacing(theme.size("space.2"))
        tools.addWidget(self.restore_button)
        tools.addWidget(self.delete_button)
        tools.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self.nothing)
        column.addWidget(self.list, 1)
        column.addWidget(Divider())
        column.addLayout(tools)


def _row(workflow: Workflow) -> Row:
    deleted, what = when.moment(workflow.deleted_at), about(workflow)
    under = Text(f"{deleted.en} · {what.en}", f"{deleted.zh} · {what.zh}")
    return Row(workflow.id, workflow.name, under, "workflow", hint=workflow.name)
