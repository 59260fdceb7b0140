"""The versions of a workflow beside the canvas: named, compared, marked on the sheet, restored."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget
from shiboken6 import isValid

from studio.engine.text import Text, plural
from studio.engine.workflows.compare import Change, compare
from studio.engine.workflows.execution import WorkflowVersion
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.service import WorkflowsChanged
from studio.ui import when
from studio.ui.canvas.commands import Become
from studio.ui.canvas.marks import Marks
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.changes import ChangeLines, gone_of, marks_of, rows_of
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button, IconButton, Segmented
from studio.ui.widgets.inputs import LineField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Header, Panel
from studio.ui.widgets.rows import Row, RowList

if TYPE_CHECKING:
    from studio.ui.views.workflows_parts.sheet import Sheet

TITLE = Text("Versions", "版本")
KEEP = Text("Keep a version", "保存版本")
NAMING, NAME, NAME_IT = Text("Name this version", "命名此版本"), Text("Name", "名称"), Text("Keep", "保存")
WHY = Text(
    "A version is kept by itself whenever the workflow runs. A name makes this one easy to find again.",
    "每次运行都会自动保存版本。命名后更容易找到。",
)
NUMBER = Text("Version {number}", "版本 {number}")
NOW = Text("Now", "当前")
DRAFT, SAME_AS = (
    Text("changed since the last version", "上个版本之后有修改"),
    Text("as the last version", "与上个版本相同"),
)
TO_NOW, TO_BEFORE = Text("From it to now", "此版到当前"), Text("What it brought", "此版的修改")
NO_CHANGE = Text("No difference.", "没有差异。")
CHOOSE = Text("Choose a version to see what has changed.", "选择一个版本查看差异。")
RESTORE = Text("Restore", "恢复")
RESTORED = Text("{name} is back on the canvas", "已恢复“{name}”")
CURRENT = "now"


class HistoryPanel(Panel):
    """Follows the sheet in front. Marks are shown while the panel is; clicking a difference chooses its step."""

    chosen = Signal(object)  # ids
    closed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        self.keep = Button(KEEP, "bookmark", size="sm")
        close = IconButton("x", Text("Back to the inspector", "返回检查器"))
        super().__init__(TITLE, [self.keep, close], header=40, parent=parent)
        self.studio = studio
        self.sheet: Sheet | None = None
        self.versions: list[WorkflowVersion] = []
        self.changes: list[Change] = []
        self.naming: Ask | None = None
        self._draft = False
        self.list = RowList(TITLE, height=44)
        self.against = Segmented([(CURRENT, TO_NOW), ("before", TO_BEFORE)], CURRENT, stretch=True)
        self.rename = IconButton("pencil", NAMING, size=14)
        self.restore = Button(RESTORE, "rotate-ccw-clock", size="sm")
        self.said = Label(CHOOSE, "dense", "text.secondary", wrap=True)
        self.differences = RowList(Text("Differences", "差异"), height=44)
        self.lines = ChangeLines()
        self._lay_out()
        self.keep.clicked.connect(lambda: self._name(None))
        close.clicked.connect(self.closed)
        self.list.selected.connect(lambda _: self._compare())
        self.list.activated.connect(lambda row: self._name(self._version(row)))
        self.against.changed.connect(lambda _: self._compare())
        self.rename.clicked.connect(lambda: self._name(self._version(self.list.current())))
        self.restore.clicked.connect(self._restore)
        self.differences.selected.connect(self._choose)
        studio.bridge.listen(self, WorkflowsChanged, self._heard)

    def show_sheet(self, sheet: Sheet | None) -> None:
        if sheet is not self.sheet:
            self._unmark()
            self.sheet = sheet
            self._show_changes([], Graph(), Graph())
        self.keep.setEnabled(sheet is not None)
        self.refresh()

    def refresh(self) -> None:
        """Read the versions anew, where the panel is seen; hidden, it leaves no marks."""
        if self.sheet is None or self.isHidden():
            self._unmark()
            return
        workflows, workflow_id = self.studio.engine.workflows, self.sheet.workflow.id

        async def read() -> tuple[list[WorkflowVersion], bool]:
            return await workflows.versions(workflow_id), await workflows.is_draft(workflow_id)

        self.studio.bridge.run(self, read(), lambda found: self._take(workflow_id, *found), lambda _: None)

    def _lay_out(self) -> None:
        gap, side = theme.size("space.2"), theme.size("space.3")
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = Header(40)
        head.row.addWidget(self.against, 1, Qt.AlignmentFlag.AlignVCenter)
        column.addWidget(head)
        row = QHBoxLayout()
        row.setContentsMargins(side, gap, side, gap)
        row.setSpacing(theme.size("space.1"))
        row.addWidget(self.said, 1)
        row.addWidget(self.rename)
        row.addWidget(self.restore)
        column.addLayout(row)
        column.addWidget(self.differences, 3)
        column.addWidget(self.lines, 2)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.list)
        splitter.addWidget(below)
        splitter.setSizes([theme.scaled(280), theme.scaled(480)])
        self.body.setContentsMargins(0, theme.size("space.1"), 0, 0)
        self.body.addWidget(splitter, 1)

    def _heard(self, event: WorkflowsChanged) -> None:
        if self.sheet is not None and event.workflow_id == self.sheet.workflow.id:
            self.refresh()

    def _take(self, workflow_id: str, versions: list[WorkflowVersion], draft: bool) -> None:
        if self.sheet is None or self.sheet.workflow.id != workflow_id:
            return
        self.versions, self._draft = versions, draft
        kept = self.list.current()
        now = Row(CURRENT, NOW, DRAFT if draft else SAME_AS, "circle-dot", colour="accent.text")
        self.list.set_rows([now, *map(_row, versions)])
        self.list.select(kept or (str(versions[0].number) if versions else CURRENT))
        self._compare()

    def _version(self, row: str) -> WorkflowVersion | None:
        return next((one for one in self.versions if str(one.number) == row), None)

    def _before(self, version: WorkflowVersion | None) -> WorkflowVersion | None:
        """The one that came before it; before what is there now, the last one."""
        if version is None:
            return self.versions[0] if self.versions else None
        return next((one for one in self.versions if one.number < version.number), None)

    def _compare(self) -> None:
        """What changed from the chosen version to now, or what it brought itself."""
        version = self._version(self.list.current())
        self.rename.setEnabled(version is not None)
        self.restore.setEnabled(version is not None)
        if self.sheet is None:
            return
        now = self.sheet.document.graph
        if self.against.value() == CURRENT and version is not None:
            before, after = version.definition, now
        else:
            earlier = self._before(version)
            before = earlier.definition if earlier is not None else Graph()
            after = version.definition if version is not None else now
        sheet = self.sheet

        async def work() -> list[Change]:
            return await asyncio.to_thread(compare, before, after)

        def show(changes: list[Change]) -> None:
            if self.sheet is sheet:
                self._show_changes(changes, before, after)

        self.studio.bridge.run(self, work(), show, of="changes")

    def _show_changes(self, changes: list[Change], before: Graph, after: Graph) -> None:
        self.changes = changes
        self.differences.set_rows(rows_of(changes, before, after))
        self.lines.show_change(None)
        self.said.say(_count(len(changes)) if changes else NO_CHANGE if self.versions else CHOOSE)
        if self.sheet is not None and not self.isHidden():
            self._marks_of(self.sheet).show(marks_of(changes), gone_of(changes, before))

    def _choose(self, row: str) -> None:
        number, _, step = row.partition(":")
        self.lines.show_change(self.changes[int(number)])
        if self.sheet is None:
            return
        ghost = self._marks_of(self.sheet).ghosts.get(step)
        if step in self.sheet.document.nodes:
            self.chosen.emit([step])
        elif ghost is not None:
            self.sheet.canvas.show_box(ghost.box)

    def _marks_of(self, sheet: Sheet) -> Marks:
        scene = sheet.canvas.sheet
        return scene.findChild(Marks) or Marks(scene)

    def _unmark(self) -> None:
        if self.sheet is not None and isValid(self.sheet):
            self._marks_of(self.sheet).show({})

    def _name(self, version: WorkflowVersion | None) -> None:
        """Ask for a name: of this version, or, with none, of what is there now, which becomes one."""
        if self.sheet is None:
            return
        sheet, workflows = self.sheet, self.studio.engine.workflows
        dialog = Ask(NAMING if version else KEEP, NAME_IT, None if version else WHY, parent=self)
        field = LineField(value=version.name if version else "", name=NAME)
        dialog.add(NAME, field)

        def take() -> None:
            name = field.text()
            if version is not None:
                self.studio.bridge.run(self, workflows.name_version(sheet.workflow.id, version.number, name))
            else:
                sheet.saving.when_saved(
                    lambda: self.studio.bridge.run(self, workflows.save_version(sheet.workflow.id, name))
                )

        dialog.accepted.connect(take)
        self.naming = dialog
        dialog.open()
        field.setFocus()

    def _restore(self) -> None:
        """An undo step of the canvas. What was there before is kept as a version first."""
        version, sheet = self._version(self.list.current()), self.sheet
        if version is None or sheet is None:
            return
        keep = self.studio.engine.workflows.save_version

        def become() -> None:
            stack = sheet.document.undo
            stack.push(Become(sheet.document, version.definition))
            words = RESTORED.format(name=version.name or f"{version.number}")
            self.studio.window.toast(words, stack.undo)
            self._compare()

        sheet.saving.when_saved(lambda: self.studio.bridge.run(self, keep(sheet.workflow.id), lambda _: become()))


def _count(changes: int) -> Text:
    return Text(plural(changes, "difference", "differences"), f"{changes} 处差异")


def _row(version: WorkflowVersion) -> Row:
    number, at = NUMBER.format(number=version.number), when.moment(version.created_at)
    named = bool(version.name)
    under = Text(f"{number.en} · {at.en}", f"{number.zh} · {at.zh}") if named else at
    hint = when.moment(version.created_at, seconds=True)
    return Row(
        str(version.number), Text.same(version.name) if named else number, under,
        "bookmark" if named else "history", colour="accent.text" if named else "text.secondary", hint=hint,
    )  # fmt: skip
