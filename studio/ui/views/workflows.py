"""Build and run workflows on a canvas."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shiboken6 import isValid

from studio.engine.text import Text
from studio.engine.workflows.execution import Workflow
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.service import RunWaits, WorkflowsChanged
from studio.ui.canvas import editing, tidying
from studio.ui.canvas.tidying import give_places
from studio.ui.language import tr
from studio.ui.turns import Turns
from studio.ui.views.view import View
from studio.ui.views.workflows_parts import repairs
from studio.ui.views.workflows_parts.beside import Beside, look_for_waiting
from studio.ui.views.workflows_parts.bottom import Bottom
from studio.ui.views.workflows_parts.centre import Centre
from studio.ui.views.workflows_parts.commands import (
    add_actions,
    add_first_actions,
    delete_workflow,
    duplicate_workflow,
    open_part,
)
from studio.ui.views.workflows_parts.inspector import Inspector
from studio.ui.views.workflows_parts.sheet import Sheet, blank
from studio.ui.views.workflows_parts.side import Side
from studio.ui.views.workflows_parts.starting import Starting
from studio.ui.views.workflows_parts.templates import graph_of
from studio.ui.widgets.discard import discard
from studio.ui.widgets.tabs import Tab

if TYPE_CHECKING:
    from studio.ui.studio import Studio

MEMORY, SPLIT = "open_workflows", "workflows_side_by_side"
AT_FIRST = 3
NAMED = ("dataset", "collection", "workflow")
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
        self.starting = Starting(self)
        self._names: dict[str, str] = {}
        self._asked = self._laid_out = False

    def steps(self) -> Iterator[object]:
        studio = self.studio
        self.centre = Centre()
        yield
        self.side = Side(studio, studio.engine.workflows.node_types())
        yield
        self.inspector = Inspector(studio)
        yield
        self.bottom = Bottom(studio)
        yield
        self.beside = Beside(studio, self.inspector)
        yield
        self.build(self.centre, side=self.side, inspector=self.beside, bottom=self.bottom)
        self._connect()
        add_actions(self)
        studio.opener("workflow", self.open_workflow)
        studio.bridge.listen(self, WorkflowsChanged, self._heard)
        studio.bridge.listen(self, RunWaits, lambda event: event.waits and look_for_waiting(self))
        self._turn("")

    @classmethod
    def register(cls, studio: Studio) -> None:
        add_first_actions(studio)

    @property
    def sheet(self) -> Sheet | None:
        """The one in front."""
        return self.sheets.get(self.centre.tabs.current())

    def shown(self) -> None:
        self.refresh()
        if self.sheet is not None:
            self.sheet.canvas.setFocus()

    def shows(self, kind: str, object_id: str) -> bool:
        run = self.sheet.run if self.sheet is not None else None
        return kind == "run" and run is not None and run.execution_id == object_id

    def refresh(self) -> None:
        self.studio.bridge.run(self, self._known_names(), self._name, of="names")
        self.studio.bridge.run(self, self.studio.engine.workflows.list(), self._listed, of="workflows")

    async def _known_names(self) -> list[tuple[str, Any]]:
        return [pair for kind in NAMED for pair in await self.studio.choices(kind)]

    def _name(self, choices: list[tuple[str, Any]]) -> None:
        """Steps show the name of a dataset, collection or workflow, not its id."""
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
        """Make one and open it with the keys on its canvas; its name can be changed at once in the inspector."""
        name = self.free_name(definition.name) if definition is not None else self.free_name(tr(NEW_NAME))
        work = self.studio.engine.workflows.create(name, definition or blank(name))
        self.studio.bridge.run(self, work, lambda workflow: self._open(workflow, {"node": None}))

    def free_name(self, name: str) -> str:
        """That name, or with the next number where a workflow has it already."""
        taken = {workflow.name for workflow in self.known.values()}
        if name not in taken:
            return name
        base = re.sub(r" \d{1,2}$", "", name)
        return next(found for number in itertools.count(2) if (found := f"{base} {number}") not in taken)

    def close_workflow(self, workflow_id: str) -> None:
        sheet = self.sheets.pop(workflow_id, None)
        self.centre.tabs.remove(workflow_id)
        if sheet is not None:
            sheet.saving.when_saved(sheet.deleteLater)
            self.centre.tabs.remove_page(sheet)
        self._remember()

    # running

    def run(self) -> None:
        """Queue a run of the sheet in front; ask for its inputs first, where it takes any."""
        self.starting.begin()

    def stop(self) -> None:
        if self.sheet is not None:
            self.sheet.stop()

    def show_beside(self, name: str) -> None:
        """The schedules or the versions in the inspector's place; asked for again, the inspector."""
        self.show_panel("inspector")
        self.beside.toggle(name)

    # following

    def _connect(self) -> None:
        centre = self.centre
        centre.tabs.selected.connect(self._turn)
        centre.tabs.closed.connect(self.close_workflow)
        centre.tabs.added.connect(self.new_workflow)
        centre.tabs.arranged.connect(self._remember)
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
        self.side.trash.restored.connect(self.open_workflow)
        self.bottom.chosen.connect(lambda step: self._choose([step]))
        self.bottom.problems.repair.connect(lambda row, place: repairs.of_row(self, row, place))
        self.inspector.repair.connect(lambda step: self.sheet and repairs.repair(self, self.sheet, step))
        self.inspector.retry.connect(lambda step: self.sheet and self.sheet.retry(step))
        self.inspector.show_data.connect(self._show_data)
        for part in (self.inspector, self.beside):
            part.open_run.connect(lambda execution: self.sheet and self.sheet.watch(execution))
        self.beside.chosen.connect(self._choose)
        self.beside.turned.connect(centre.show_beside)
        centre.beside.connect(self.show_beside)

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
        yield
        self.centre.tabs.lay_out(self.studio.window.memory.get(SPLIT, {}))
        self._laid_out = True

    def _follow_outside(self, sheet: Sheet) -> None:
        """A workflow that was changed elsewhere is shown as it is now; one with changes of its own keeps them."""
        now, saving = self.known.get(sheet.workflow.id), sheet.saving
        if now is None or saving.dirty or saving.busy or now.updated_at <= saving.stamp:
            return
        saving.stamp = now.updated_at
        if now.definition.model_dump() == sheet.document.graph.model_dump():
            return
        front, seen = self.sheet is sheet, sheet.isVisible()
        self.sheets.pop(now.id)
        self.centre.tabs.remove_page(sheet)
        discard(sheet)
        self._open(now, select=False)
        if front:
            self._turn(now.id)
        elif seen:
            self.centre.tabs.show_page(self.sheets[now.id], now.id)

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
            give_places(sheet.canvas)
        self.centre.tabs.add(Tab(workflow.id, workflow.name, "workflow"), select)
        self._remember()
        if place:
            yield
            self._show_place(workflow.id, place)
        if self.sheets[workflow.id].run is None:
            look_for_waiting(self)

    def _show_place(self, workflow_id: str, place: dict[str, Any]) -> None:
        self.centre.tabs.select(workflow_id)
        sheet = self.sheets[workflow_id]
        if place.get("execution") and (sheet.run is None or sheet.run.execution_id != place["execution"]):
            sheet.watch(place["execution"])
        if place.get("node"):
            self._choose([place["node"]])
        sheet.canvas.setFocus()

    def _follow(self, sheet: Sheet) -> None:
        front = lambda react: lambda *values: self.sheet is sheet and react(*values)  # noqa: E731
        sheet.chosen.connect(front(self._chosen))
        sheet.edited.connect(front(self._edited))
        sheet.told.connect(front(self._told))
        sheet.problems_changed.connect(front(self._show_problems))
        sheet.wants_run.connect(front(self.run))
        sheet.wants_repair.connect(lambda step: repairs.repair(self, sheet, step))
        sheet.wants_mending.connect(lambda step: repairs.offer(self, sheet, step))
        entries = sheet.canvas.extra_entries
        sheet.canvas.extra_entries = lambda nodes, at: [*repairs.entries(self, sheet, nodes), *entries(nodes, at)]
        sheet.run_changed.connect(lambda: self._run_changed(sheet))
        sheet.saving.changed.connect(front(lambda: self.centre.show_state(sheet)))
        sheet.document.undo.indexChanged.connect(lambda _: self._undo_moved(sheet))
        sheet.canvas.opened.connect(front(lambda part: open_part(self, part)))

    def _undo_moved(self, sheet: Sheet) -> None:
        if isValid(self) and isValid(sheet.document.undo) and self.sheet is sheet:  # a stack that goes tells once more
            self.centre.show_state(sheet)

    def _turn(self, workflow_id: str) -> None:
        sheet = self.sheets.get(workflow_id)
        self.centre.show_sheet(sheet)
        self.side.show_sheet(sheet)
        self.side.outline.choose(sheet.canvas.sheet.chosen_ids() if sheet else [])
        self.beside.show_sheet(sheet)
        self.bottom.show_sheet(sheet)
        self._show_problems()
        self._remember()

    def _chosen(self, ids: list[str]) -> None:
        self.side.outline.choose(ids)
        self.beside.choose(ids)
        self.bottom.choose(ids)

    def _choose(self, ids: list[str]) -> None:
        """Something was chosen beside the canvas: the canvas follows."""
        if self.sheet is not None:
            self.sheet.canvas.sheet.choose(ids)
            if len(ids) == 1:
                self.sheet.canvas.show_item(ids[0])

    def choose_step(self, step: str) -> None:
        """Bring one step of the sheet in front into view, chosen."""
        self._choose([step])

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
        self.beside.schedules.refresh()

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
            if self._laid_out:
                self.studio.window.memory.set(SPLIT, self.centre.tabs.layout_now())
