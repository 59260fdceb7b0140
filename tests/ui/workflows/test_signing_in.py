"""A step that signs in at a server: by a connection that is chosen in its form and made where there is none."""

from __future__ import annotations

from studio.engine.workflows.graph import Graph
from studio.ui.making import MAKERS
from studio.ui.widgets.buttons import IconButton
from tests.workflows.graphs import graph, step


def asking() -> Graph:
    return graph(
        step("h", "http", url="https://api.example.test/"), step("o", "output"), "h.body > o.result", name="Asking"
    )


def test_the_form_offers_web_services_and_nothing_else(desk):
    connections = desk.engine.connections
    desk.wait(connections.add("mysql", "shop", {"host": "127.0.0.1", "port": 9, "user": "a"}))
    made = desk.wait(desk.engine.workflows.create("Asking", asking()))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None)
    view.sheet.canvas.sheet.choose(["h"])
    row = view.inspector.form.fields["connection"]
    desk.until(lambda: row.control.count() == 1)
    assert row.control.itemText(0) == "Without a key"
    assert any(one.toolTip() == MAKERS["service"].title.en for one in row.findChildren(IconButton))
    desk.wait(connections.add("web", "crm", {"address": "http://127.0.0.1:9", "secret_key": "never-in-a-graph"}))
    row.control.showPopup()
    desk.until(lambda: row.control.count() == 2)
    row.control.hidePopup()
    row.control.set_value("crm")
    row.control.changed.emit("crm")
    desk.until(lambda: view.sheet.document.nodes["h"].params.get("connection") == "crm")
    desk.until(
        lambda: desk.wait(desk.engine.workflows.get(made.id)).definition.node("h").params.get("connection") == "crm"
    )
    assert "never-in-a-graph" not in desk.wait(desk.engine.workflows.get(made.id)).model_dump_json()

    desk.wait(connections.remove("crm"))
    found = desk.wait(desk.engine.workflows.examine(view.sheet.document.graph))
    (problem,) = [one for one in found if one.node_id == "h"]
    assert "no connection “crm”" in problem.message.en and problem.fix is not None and problem.fix.kind == "service"
