"""What can be done to workflows from the palette, by keys, and from the inspector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.engine.text import Text
from studio.ui.actions import Action

if TYPE_CHECKING:
    from studio.ui.views.workflows import Workflows

CATEGORY = Text("Workflows", "工作流")
NONE_OPEN = Text("Open a workflow first.", "请先打开一个工作流。")
NOT_RUNNING = Text("Nothing is running here.", "当前没有运行。")
DELETED = Text("Deleted “{name}”", "已删除“{name}”")


def add_actions(view: Workflows) -> None:
    """Make the view's actions known; those that need an open workflow say so."""

    def none_open() -> Text | None:
        return None if view.sheet is not None else NONE_OPEN

    def idle() -> Text | None:
        return None if view.sheet is not None and view.sheet.running else NOT_RUNNING

    centre, name = view.centre, view.name
    for action in (
        Action(
            "workflows.run", Text("Queue run", "开始运行"), view.run, "play", "Ctrl+Return", CATEGORY, none_open, name
        ),
        Action("workflows.stop", Text("Stop the run", "停止运行"), view.stop, "square", "", CATEGORY, idle, name),
        Action("workflows.new", Text("New workflow", "新建工作流"), view.new_workflow, "plus", "", CATEGORY),
        Action("workflows.undo", Text("Undo", "撤销"), centre.undo.emit, "undo-2", "Ctrl+Z", CATEGORY, none_open, name),
        Action(
            "workflows.redo",
            Text("Redo", "重做"),
            centre.redo.emit,
            "redo-2",
            "Ctrl+Shift+Z",
            CATEGORY,
            none_open,
            name,
        ),
        Action(
            "workflows.arrange",
            Text("Tidy up", "自动排列"),
            centre.arrange.emit,
            "layout-grid",
            "",
            CATEGORY,
            none_open,
            name,
        ),
        Action(
            "workflows.earlier", Text("A moment earlier in the run", "运行的上一时刻"), lambda: _through(view, -1),
            "chevron-left", "Ctrl+[", CATEGORY, none_open, name,
        ),
        Action(
            "workflows.later", Text("A moment later in the run", "运行的下一时刻"), lambda: _through(view, 1),
            "chevron-right", "Ctrl+]", CATEGORY, none_open, name,
        ),
    ):  # fmt: skip
        view.studio.actions.add(action)


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
