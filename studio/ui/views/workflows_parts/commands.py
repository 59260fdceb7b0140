"""What can be done to workflows from the palette, by keys, and from the inspector."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from studio.engine.text import Text
from studio.ui.actions import Action
from studio.ui.canvas import editing
from studio.ui.making import MAKERS
from studio.ui.views.workflows_parts.collapsing import enter

if TYPE_CHECKING:
    from studio.ui.studio import Studio
    from studio.ui.views.workflows import Workflows

CATEGORY = Text("Workflows", "工作流")
NONE_OPEN = Text("Open a workflow first.", "请先打开一个工作流。")
ONE_OPEN = Text("Open another workflow first.", "请先打开另一个工作流。")
NOT_RUNNING = Text("Nothing is running here.", "当前没有运行。")
BESIDE, OTHER_SIDE = (
    Text("Open beside, or bring back", "并排打开或移回"),
    Text("Work in the other side", "切换到另一侧"),
)
EARLIER = Text("A moment earlier in the run", "运行的上一时刻")
LATER = Text("A moment later in the run", "运行的下一时刻")
SCHEDULES = Text("Schedules and triggers", "计划与触发")
DELETED = Text("Deleted “{name}”", "已删除“{name}”")


def add_first_actions(studio: Studio) -> None:
    """What can be done before the view was ever opened."""

    def on_view(act: Callable[[Any], object]) -> Callable[[], object]:
        return lambda: studio.window.show_view("workflows", act)

    new, trash = on_view(lambda view: view.new_workflow()), on_view(_show_trash)
    words = Text("Trash of workflows", "工作流回收站")
    studio.actions.add(
        Action("workflows.new", MAKERS["workflow"].title, new, "plus", "Ctrl+N", CATEGORY, view="workflows")
    )
    studio.actions.add(Action("workflows.trash", words, trash, "trash-2", "", CATEGORY))


def add_actions(view: Workflows) -> None:
    """Make the view's actions known; those that need an open workflow say so."""

    def none_open() -> Text | None:
        return None if view.sheet is not None else NONE_OPEN

    def idle() -> Text | None:
        return None if view.sheet is not None and view.sheet.running else NOT_RUNNING

    def alone() -> Text | None:
        return None if len(view.centre.tabs.ids()) > 1 else ONE_OPEN

    centre, actions = view.centre, view.studio.actions
    for name, title, run, icon, keys, why_not in (
        ("run", Text("Queue run", "开始运行"), view.run, "play", "Ctrl+Return", none_open),
        ("stop", Text("Stop the run", "停止运行"), view.stop, "square", "", idle),
        ("undo", Text("Undo", "撤销"), centre.undo.emit, "undo-2", "Ctrl+Z", none_open),
        ("redo", Text("Redo", "重做"), centre.redo.emit, "redo-2", "Ctrl+Shift+Z", none_open),
        ("arrange", Text("Tidy up", "自动排列"), centre.arrange.emit, "layout-grid", "", none_open),
        ("beside", BESIDE, lambda: centre.tabs.move(centre.tabs.current()), "columns-2", "Ctrl+\\", alone),
        ("other_side", OTHER_SIDE, lambda: _other_side(view), "arrow-left-right", "Ctrl+Shift+\\", alone),
        ("earlier", EARLIER, lambda: _through(view, -1), "chevron-left", "Ctrl+[", none_open),
        ("later", LATER, lambda: _through(view, 1), "chevron-right", "Ctrl+]", none_open),
        ("schedules", SCHEDULES, lambda: view.show_beside("schedules"), "calendar-clock", "", none_open),
        ("versions", Text("Versions", "版本"), lambda: view.show_beside("history"), "history", "", none_open),
    ):
        actions.add(Action(f"workflows.{name}", title, run, icon, keys, CATEGORY, why_not, view.name))


def _show_trash(view: Workflows) -> None:
    view.show_panel("side")
    view.side.show_trash(True)


def _other_side(view: Workflows) -> None:
    view.centre.tabs.other_side()
    if view.sheet is not None:
        view.sheet.canvas.setFocus()


def _through(view: Workflows, by: int) -> None:
    if view.sheet is not None:
        view.sheet.step_through(by)


def duplicate_workflow(view: Workflows) -> None:
    """A copy of the workflow in front, opened."""
    if view.sheet is not None:
        graph = view.sheet.document.graph.model_copy(deep=True)
        graph.name = view.free_name(graph.name)
        view.new_workflow(graph)


def delete_workflow(view: Workflows) -> None:
    """Put the workflow in front away; the toast brings it back."""
    sheet = view.sheet
    if sheet is None:
        return
    workflow_id, name = sheet.workflow.id, sheet.document.graph.name
    workflows, bridge = view.studio.engine.workflows, view.studio.bridge
    view.close_workflow(workflow_id)

    def undo() -> None:
        bridge.run(view, workflows.restore(workflow_id), lambda _: view.open_workflow(workflow_id))

    said = DELETED.format(name=name)
    bridge.run(view, workflows.delete(workflow_id), lambda _: view.studio.window.toast(said, undo))


def open_part(view: Workflows, part_id: str) -> None:
    """A double-click: words are edited in their place, a sub-workflow is entered, a step's settings come to the front."""
    sheet = view.sheet
    if sheet is None:
        return
    if part_id in sheet.document.notes:
        editing.edit_note(sheet.canvas, part_id)
    elif part_id in sheet.document.frames:
        editing.edit_title(sheet.canvas, part_id)
    elif not enter(sheet, part_id):
        view.show_panel("inspector")
        view.beside.choose([part_id])
        view.inspector.focus_title()
