"""Pictures of what single nodes bring to the window: a form with questions to begin with, a chart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio.engine.workflows.graph import Graph
from tests.workflows.graphs import graph, step

ROWS = [
    {"day": f"2026-03-{day:02}", "returned": 14 + day * 7 % 11, "kept": 60 - day * 5 % 17} for day in range(1, 25)
]  # fmt: skip


def charted() -> Graph:
    """Asks as a chat does, draws the returns of a month."""
    made = graph(
        step(
            "chat", "chat_input", guide="Ask about the returns of March. 询问三月的退货情况。",
            questions=["How many K7 pumps came back in the first week?", "哪一天退货最多？"],
        ),
        step("rows", "python", code=f"return {ROWS!r}", inputs=[], output="table"),
        step("chart", "chart", title="Returned and kept 退货与保留", x="day", y=["returned", "kept"], shape="line"),
        step("out", "output", names=["query", "chart"]),
        "rows.value > chart.rows", "chat.query > out.query", "chart.chart > out.chart", name="Returns in March 三月退货",
    )  # fmt: skip
    places = {"chat": (0, 0), "rows": (0, 240), "chart": (320, 240), "out": (640, 60)}
    for node in made.nodes:
        node.position = places[node.id]
    return made


def node_scenes(at: Any) -> Iterator[str]:
    """On the canvas."""
    name = charted().name
    if name not in {workflow.name for workflow in at.result(at.engine.workflows.list())}:
        at.result(at.engine.workflows.create(name, charted()))
    view: Any = at.window.current_view()
    workflow = at.result(at.engine.workflows.get(name))
    view.open_workflow(workflow.id)
    at.wait(lambda: view.sheet is not None and view.sheet.workflow.id == workflow.id)
    view.run()
    at.wait(lambda: view.starting.form is not None)
    at.settle()
    at.shown = view.starting.form
    yield "workflows-form"
    at.shown = None
    view.starting.form.set_value("query", "哪一天退货最多？")
    view.starting.form.run()
    at.wait(lambda: view.sheet.settled)
    bottom = view.bottom
    bottom.show_tab("data")
    bottom.preview.show_step(view.sheet.run, "chart")
    at.wait(lambda: bottom.preview.pages.currentWidget() is bottom.preview.chart)
    at.settle()
    yield "workflows-chart"
    view.starting.form = None
