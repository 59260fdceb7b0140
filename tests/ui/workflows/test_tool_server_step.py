"""A step that calls a tool of an MCP server: the server is chosen among those that `mcp.json` names."""

from __future__ import annotations

import json

from tests.workflows.graphs import graph, step


def test_the_form_offers_the_servers_of_the_file_and_keeps_one_that_is_not_there(desk):
    calling = graph(
        step("call", "mcp_tool", server="elsewhere", tool="add"), step("o", "output"), "call.value > o.result", name="Calling"
    )  # fmt: skip
    made = desk.wait(desk.engine.workflows.create("Calling", calling))
    view = desk.window.current_view()
    view.open_workflow(made.id)
    desk.until(lambda: view.sheet is not None)
    view.sheet.canvas.sheet.choose(["call"])
    server = view.inspector.form.fields["server"].control
    desk.until(lambda: server.value() == "elsewhere" and server.count() == 1)

    entries = {"pumps": {"command": "pumps"}, "notes": {"command": "notes"}}
    (desk.engine.paths.config / "mcp.json").write_text(json.dumps({"mcpServers": entries}))
    server.showPopup()
    desk.until(lambda: [server.itemText(at) for at in range(server.count())] == ["pumps", "notes", "elsewhere"])
    server.hidePopup()
    server.set_value("notes")
    server.changed.emit("notes")
    desk.until(lambda: view.sheet.document.nodes["call"].params["server"] == "notes")
