"""Pictures of what surrounds workflows: questions to people, schedules, versions, runs with their filters and costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio.engine.models.prices import Prices
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.engine.workflows.schedule import ScheduleSettings
from studio.ui.canvas.commands import Edit, Insert
from studio.ui.canvas.document import Parts
from tests.workflows.graphs import field, graph, step

WORDS = "Shall this letter go to {{value}}? It offers a refund of 1,240 euros for order 10023, which the handbook allows within 24 months."


def asking() -> Graph:
    """Two people are asked at once: one chooses, one fills in."""
    made = graph(
        step("start", "start", fields=[field("customer", default="Marta Berg")]),
        step("letter", "prompt", template="Dear {{ customer }}, we refund 1,240 euros for order 10023."),
        step("ask", "ask", question=WORDS, choices=["approve", "ask again", "reject"]),
        step("facts", "ask", question="Which account is it for?", fields=["account", "reference"]),
        step("out", "output", names=["letter"]),
        "start.customer > letter.customer", "start.customer > ask.value", "start.customer > facts.value",
        "letter.text > out.letter", name="Refund letters 退款信",
    )  # fmt: skip
    places = {"start": (0, 80), "letter": (300, 0), "ask": (300, 170), "facts": (300, 360), "out": (620, 0)}
    for node in made.nodes:
        node.position = places[node.id]
    return made


def workflow_scenes(at: Any) -> Iterator[str]:
    """On the canvas."""
    view: Any = at.window.current_view()
    at.result(_asking_run(at.engine))
    view.open_workflow(at.result(at.engine.workflows.get("Refund letters 退款信")).id)
    at.wait(lambda: bool(view.sheet.questions.cards))
    at.settle()
    yield "workflows-question"
    yield from _schedules(at, view)
    yield from _versions(at, view)
    view.beside.show_page("inspector")


def _schedules(at: Any, view: Any) -> Iterator[str]:
    """Several schedules, the dialog of a new one, and that of a webhook."""
    workflow_id = view.sheet.workflow.id
    schedules = at.engine.workflows.schedules
    if not schedules.list(workflow_id):
        for settings in (
            {"kind": "cron", "cron": "30 9 * * mon-fri", "timezone": "Asia/Shanghai", "inputs": {"customer": "Bo"}},
            {"kind": "interval", "seconds": 7200},
            {"kind": "webhook"},
            {"kind": "dataset", "dataset": "ds-001"},
        ):
            at.result(schedules.add(workflow_id, ScheduleSettings.model_validate(settings)))
        first = schedules.list(workflow_id)[0]
        at.result(schedules.trigger(first.id))
        at.result(schedules.pause(schedules.list(workflow_id)[1].id, True))
    view.show_beside("schedules")
    at.settle(2)
    yield "workflows-schedules"
    view.beside.schedules.new()
    at.shown = dialog = view.beside.schedules.dialog
    at.settle(2)
    yield "workflows-schedule-new"
    dialog.set_kind("webhook")
    at.settle()
    yield "workflows-schedule-hook"
    dialog.reject()
    at.shown = None
    view.show_beside("schedules")


def _versions(at: Any, view: Any) -> Iterator[str]:
    """A named version, compared with what is on the canvas now."""
    workflow, document = view.sheet.workflow, view.sheet.document
    if len(at.result(at.engine.workflows.versions(workflow.id))) < 2:
        at.result(at.engine.workflows.name_version(workflow.id, 1, "As agreed with Marta 初稿"))
        letter = document.nodes["letter"]
        template = "Dear {{ customer }},\n\nwe refund 1,240 euros.\nYours, Aurora"
        document.undo.push(Edit(document, letter.model_copy(update={"params": {"template": template}})))
        log = Node(id="log", type="log", title="Write it down", position=(620, 190))
        document.undo.push(
            Insert(
                document, Parts([log], [Edge(source="letter", source_port="text", target="log", target_port="value")])
            )
        )
        at.wait(lambda: not view.sheet.saving.dirty and not view.sheet.saving.busy)
        at.result(at.engine.workflows.save_version(workflow.id))
    view.show_beside("history")
    at.settle(2)
    panel = view.beside.history
    panel.list.select("1")
    at.settle()
    panel.differences.select(panel.differences.rows()[0].id)
    at.settle()
    yield "workflows-versions"


def run_scenes(at: Any) -> Iterator[str]:
    """In the list of runs."""
    view: Any = at.window.current_view()
    run = at.result(_asking_run(at.engine))
    at.window.studio.open("run", run.id)
    at.wait(lambda: bool(view.centre.questions.cards))
    at.settle()
    yield "runs-question"
    view.side.more.setChecked(True)
    view.side.filter.set_value("completed")
    view.side.filter.changed.emit("completed")
    demo = at.result(at.engine.models.get("demo-smollm2"))
    at.result(at.engine.models.set_prices(demo.id, Prices(input=0.3, output=1.2)))
    view.shown()
    done = [one for one in at.result(at.engine.workflows.executions()) if one.status == "completed" and one.tokens]
    if done:
        view.open_run(done[0].id)
        view.side.filter.set_value("completed")
        view.side.filter.changed.emit("completed")
    at.settle(2)
    yield "runs-filters"
    at.result(at.engine.models.set_prices(demo.id, None))
    view.side.more.setChecked(False)
    view.side.reset()


async def _asking_run(engine: Any) -> Any:
    """The run that waits; made where there is none yet."""
    from studio.engine.workflows.execution import RunFilter

    waiting = await engine.workflows.executions(where=RunFilter(statuses=("waiting",)))
    if waiting:
        return waiting[0]
    made = await engine.workflows.create("Refund letters 退款信", asking())
    run = await engine.workflows.start(made.id, {"customer": "Marta Berg"})
    async for event in engine.workflows.events(run.id):
        if event.kind == "asked" and event.step == "facts":
            break
    return run
