"""Build and run workflows on a canvas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shiboken6 import isValid

from studio.engine.text import Text
from studio.engine.workflows.execution import Execution, Workflow
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.service import WorkflowsChanged
from studio.ui.canvas import editing, tidying
from studio.ui.language import tr
from studio.ui.turns import Turns
from studio.ui.views.view import View
from studio.ui.views.workflows_parts.bottom import Bottom
from studio.ui.views.workflows_parts.centre import Centre
from studio.ui.views.workflows_parts.collapsing import enter
from studio.ui.views.workflows_parts.commands import add_actions, delete_workflow, duplicate_workflow
from studio.ui.views.workflows_parts.inspector import Inspector
from studio.ui.views.workflows_parts.sheet import Sheet, blank
from studio.ui.views.workflows_parts.side import Side
from studio.ui.views.workflows_parts.start_form import StartForm
from studio.ui.views.workflows_parts.templates import graph_of
from studio.ui.widgets.discard import discard
from studio.ui.widgets.tabs import Tab

if TYPE_CHECKING:
    from studio.ui.studio import Studio

MEMORY = "open_workflows"
AT_FIRST = 3
NEW_NAME = Text("New workflow", "新建工作流")


class Workflows(View):
    """Tabs of sheets; the panels around them show the sheet in front."""

    name = "workflows"
    title = Text("Workflows", "工作流")
    icon = "workflow"
    order = 5

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self.sheets: dict[str, Sheet] = {}
        self.known: dict[str, Workflow] = {}
        self.form: StartForm | None = None
        self._remembered: dict[str, dict[str, Any]] = {}
        self._names: dict[str, str] = {}
        self._asked = False
        self._waiting: list[tuple[str, dict[str, Any]]] = []

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.centre = Centre()
        yield
        self.side = Side(studio.engine.workflows.node_types())
        yield
        self.inspector = Inspector(studio)
        yield
        self.bottom = Bottom(studio)
        yield
        self.build(self.centre, side=self.side, inspector=self.inspector, bottom=self.bottom)
        self._connect()
        add_actions(self)
        studio.opener("workflow", self.open_workflow)
        studio.bridge.listen(self, WorkflowsChanged, self._heard)
        self._turn("")

    @property
    def sheet(self) -> Sheet | None:
        """The one in front."""
        return self.sheets.get(self.centre.tabs.current())

    def shown(self) -> None:
        self.refresh()
        if self.sheet is not None:
            self.sheet.canvas.setFocus()

    def refresh(self) -> None:
        self.studio.bridge.run(self, self.studio.choices("dataset"), self._name)
        self.studio.bridge.run(self, self.studio.engine.workflows.list(), self._listed)

    def _name(self, choices: list[tuple[str, Any]]) -> None:
        """Steps show the name of a dataset, not its id."""
        self._names = {value: tr(words) for value, words in choices}
        for sheet in self.sheets.values():
            sheet.show_names(self._names)

    # opening

    def open_workflow(self, workflow_id: str, execution: str | None = None, node: str | None = None, **_: Any) -> None:
        """Bring a workflow to the front; with `execution`, show that run on it."""
        place = {"execution": execution, "node": node}
        if workflow_id in self.sheets:
            self._show_place(workflow_id, place)
        elif workflow_id in self.known:
            self._open(self.known[workflow_id], place)
        else:
            work = self.studio.engine.workflows.get(workflow_id)
            self.studio.bridge.run(self, work, lambda workflow: self._open(workflow, place))

    def new_workflow(self, definition: Graph | None = None) -> None:
        """Make one and open it; its name can be changed at once in the inspector."""
        name = self.free_name(definition.name) if definition is not None else self.free_name(tr(NEW_NAME))
        work = self.studio.engine.workflows.create(name, definition or blank(name))
        self.studio.bridge.run(self, work, self._open)

    def free_name(self, name: str) -> str:
        """That name, or with a number where a workflow has it already."""
        taken, number, found = {workflow.name for workflow in self.known.values()}, 1, name
        while found in taken:
            number += 1
            found = f"{name} {number}"
        return found

    def close_workflow(self, workflow_id: str) -> None:
        sheet = self.sheets.pop(workflow_id, None)
        self.centre.tabs.remove(workflow_id)
        if sheet is not None:
            sheet.saving.when_saved(sheet.deleteLater)
            self.centre.pages.removeWidget(sheet)
        self._remember()

    # running

    def run(self) -> None:
        """Queue a run of the sheet in front; ask for its inputs first, where it takes any."""
        sheet = self.sheet
        if sheet is None:
            return
        fields = sheet.start_fields()
        if not fields:
            self._start({})
            return
        remembered = self._remembered.get(sheet.workflow.id)
        if remembered is not None:
            self._ask(sheet, fields, remembered)
            return
        work = self.studio.engine.workflows.executions(sheet.workflow.id, 1)
        self.studio.bridge.run(self, work, lambda found: self._ask(sheet, fields, _inputs_of(found)))

    def stop(self) -> None:
        if self.sheet is not None:
            self.sheet.stop()

    def _ask(self, sheet: Sheet, fields: list[Any], remembered: dict[str, Any]) -> None:
        self.form = StartForm(fields, remembered, self)
        self.form.given.connect(self._start)
        self.form.open_below(self.centre.run_button)

    def _start(self, inputs: dict[str, Any]) -> None:
        sheet = self.sheet
        if sheet is None:
            return
        self._remembered[sheet.workflow.id] = inputs
        if any(problem.level == "error" for problem in sheet.problems):
            self.bottom.show_tab("problems")
        sheet.start(inputs)

    # following

    def _connect(self) -> None:
        centre = self.centre
        centre.tabs.selected.connect(self._turn)
        centre.tabs.closed.connect(self.close_workflow)
        centre.tabs.added.connect(self.new_workflow)
        centre.start_page.opened.connect(self.open_workflow)
        centre.start_page.wanted.connect(self.new_workflow)
        centre.start_page.sample.connect(self._add_sample)
        centre.start_page.template.connect(lambda key: self.new_workflow(graph_of(key)))
        self.inspector.about.duplicate.connect(lambda: duplicate_workflow(self))
        self.inspector.about.delete.connect(lambda: delete_workflow(self))
        centre.undo.connect(lambda: self._on_canvas(lambda canvas: canvas.document.undo.undo()))
        centre.redo.connect(lambda: self._on_canvas(lambda canvas: canvas.document.undo.redo()))
        centre.arrange.connect(lambda: self._on_canvas(tidying.tidy))
        centre.run.connect(self.run)
        centre.stop.connect(self.stop)
        self.side.outline.chosen.connect(self._choose)
        self.side.palette_.wanted.connect(self._add_node)
        self.bottom.chosen.connect(lambda step: self._choose([step]))
        self.inspector.retry.connect(lambda step: self.sheet and self.sheet.retry(step))
        self.inspector.show_data.connect(self._show_data)
        self.inspector.open_run.connect(lambda execution: self.sheet and self.sheet.watch(execution))

    def _listed(self, workflows: list[Workflow]) -> None:
        self.known = {workflow.id: workflow for workflow in workflows}
        self.centre.start_page.show_workflows(workflows)
        for sheet in list(self.sheets.values()):
            self._follow_outside(sheet)
        if self._asked or not workflows:
            return
        self._asked = True
        remembered = [i for i in self.studio.window.memory.get(MEMORY, []) if i in self.known]
        Turns(self._open_all(remembered or [workflow.id for workflow in workflows[:AT_FIRST]]), self).start()

    def _open_all(self, ids: list[str]) -> Iterator[object]:
        """The first one in front, unless a person opened another meanwhile."""
        for workflow_id in ids:
            yield
            if workflow_id in self.known and workflow_id not in self.sheets:
                yield from self._opening(self.known[workflow_id], select=False)
                yield
            if not self.centre.tabs.current():
                self.centre.tabs.select(workflow_id)

    def _follow_outside(self, sheet: Sheet) -> None:
        """A workflow that was changed elsewhere is shown as it is now; one with changes of its own keeps them."""
        now, saving = self.known.get(sheet.workflow.id), sheet.saving
        if now is None or saving.dirty or saving.busy or now.version <= saving.version:
            return
        saving.version = now.version
        if now.definition.model_dump() == sheet.document.graph.model_dump():
            return
        front = self.sheet is sheet
        self.sheets.pop(now.id)
        self.centre.pages.removeWidget(sheet)
        discard(sheet)
        self._open(now, select=False)
        if front:
            self._turn(now.id)

    def _open(self, workflow: Workflow, place: dict[str, Any] | None = None, select: bool = True) -> None:
        Turns(self._opening(workflow, place, select), self).start()

    def _opening(
        self, workflow: Workflow, place: dict[str, Any] | None = None, select: bool = True
    ) -> Iterator[object]:
        """Its sheet at once; its tab, and what is to be seen on it, at later turns."""
        if workflow.id not in self.sheets:
            sheet = Sheet(self.studio, workflow, self._names)
            self.sheets[workflow.id] = sheet
            self.known[workflow.id] = workflow
            self._follow(sheet)
            yield
        self.centre.tabs.add(Tab(workflow.id, workflow.name, "workflow"), select)
        self._remember()
        if place:
            yield
            self._show_place(workflow.id, place)

    def _show_place(self, workflow_id: str, place: dict[str, Any]) -> None:
        self.centre.tabs.select(workflow_id)
        sheet = self.sheets[workflow_id]
        if place.get("execution") and (sheet.run is None or sheet.run.execution_id != place["execution"]):
            sheet.watch(place["execution"])
        if place.get("node"):
            self._choose([place["node"]])

    def _follow(self, sheet: Sheet) -> None:
        front = lambda react: lambda *values: self.sheet is sheet and react(*values)  # noqa: E731
        sheet.chosen.connect(front(self._chosen))
        sheet.edited.connect(front(self._edited))
        sheet.told.connect(front(self._told))
        sheet.problems_changed.connect(front(self._show_problems))
        sheet.wants_run.connect(front(self.run))
        sheet.run_changed.connect(lambda: self._run_changed(sheet))
        sheet.saving.changed.connect(front(lambda: self.centre.show_state(sheet)))
        sheet.document.undo.indexChanged.connect(lambda _: self._undo_moved(sheet))
        sheet.canvas.opened.connect(front(self._opened))

    def _undo_moved(self, sheet: Sheet) -> None:
        if isValid(self) and isValid(sheet.document.undo) and self.sheet is sheet:  # a stack that goes tells once more
            self.centre.show_state(sheet)

    def _turn(self, workflow_id: str) -> None:
        sheet = self.sheets.get(workflow_id)
        self.centre.show_sheet(sheet)
        self.side.show_sheet(sheet)
        self.inspector.show_sheet(sheet)
        self.bottom.show_sheet(sheet)
        self._remember()

    def _chosen(self, ids: list[str]) -> None:
        self.side.outline.choose(ids)
        self.inspector.choose(ids)
        self.bottom.choose(ids)

    def _choose(self, ids: list[str]) -> None:
        """Something was chosen beside the canvas: the canvas follows."""
        if self.sheet is not None:
            self.sheet.canvas.sheet.choose(ids)
            if len(ids) == 1:
                self.sheet.canvas.show_item(ids[0])

    def _edited(self) -> None:
        sheet = self.sheet
        if sheet is None:
            return
        self.side.show_sheet(sheet)
        self.side.outline.choose(sheet.canvas.sheet.chosen_ids())
        self.centre.tabs.change(sheet.workflow.id, title=sheet.document.name)
        self.inspector.about.show_names()
        self.centre.show_state(sheet)

    def _told(self, lives: dict[str, Any]) -> None:
        self.side.outline.show_lives(lives)
        self.bottom.tick()
        self.inspector.show_live()

    def _show_problems(self) -> None:
        if self.sheet is not None:
            self.side.outline.show_problems({problem.node_id for problem in self.sheet.problems})
            self.bottom.show_problems()

    def _run_changed(self, sheet: Sheet) -> None:
        workflow = sheet.workflow
        icon, colour = ("loader-circle", "accent.ring") if sheet.running else ("workflow", "text.secondary")
        self.centre.tabs.add(Tab(workflow.id, sheet.document.graph.name, icon, colour), select=False)
        self.set_badge("accent" if any(one.running for one in self.sheets.values()) else None)
        if self.sheet is not sheet:
            return
        self.centre.show_state(sheet)
        self.side.show_sheet(sheet)
        self.bottom.show_run()
        self._show_problems()
        self.inspector.show_live()
        self.inspector.about.refresh()

    def _opened(self, part_id: str) -> None:
        if self.sheet is None:
            return
        if part_id in self.sheet.document.notes:
            editing.edit_note(self.sheet.canvas, part_id)
            return
        if part_id in self.sheet.document.frames:
            editing.edit_title(self.sheet.canvas, part_id)
            return
        if enter(self.sheet, part_id):
            return
        self.show_panel("inspector")
        self.inspector.choose([part_id])
        self.inspector.focus_title()

    def _add_node(self, kind: Any) -> None:
        if self.sheet is not None:
            canvas = self.sheet.canvas
            editing.add_node(canvas, kind, editing.free_place(canvas))

    def _show_data(self, step: str) -> None:
        self.show_panel("bottom")
        self.bottom.show_tab("data")
        self.bottom.preview.show_step(self.sheet.run if self.sheet else None, step)

    def _on_canvas(self, act: Any) -> None:
        if self.sheet is not None:
            act(self.sheet.canvas)

    def _add_sample(self) -> None:
        self.studio.bridge.run(self, self.studio.engine.sample.prepare(), lambda _: self.refresh())

    def _heard(self, event: WorkflowsChanged) -> None:
        self.refresh()

    def _remember(self) -> None:
        if self._asked or self.sheets:
            self.studio.window.memory.set(MEMORY, self.centre.tabs.ids())


def _inputs_of(executions: list[Execution]) -> dict[str, Any]:
    return dict(executions[0].inputs) if executions else {}
