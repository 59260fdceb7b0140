"""Settings › Tool servers in a real window, with a real server program."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from studio.ui.views.settings import SettingsView
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.inputs import LineField
from tests.ui.real import desk_with

PROGRAM = Path(__file__).parents[1] / "workflows" / "mcp_server.py"
ARGS = ["-S", "-E", str(PROGRAM)]


@pytest.fixture
def desk(bridge, qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    with desk_with(SettingsView, tmp_path, bridge, qtbot, monkeypatch) as made:
        yield made


@pytest.fixture
def page(desk):
    view = desk.window.current_view()
    view.open_page("tool_servers")
    return view.stack.currentWidget()


@pytest.fixture
def file(desk) -> Path:
    return desk.engine.paths.config / "mcp.json"


def entries(file: Path) -> dict:
    return json.loads(file.read_text())["mcpServers"]


def by_hand(file: Path, servers: dict, **beside) -> None:
    file.write_text(json.dumps({"mcpServers": servers, **beside}))


def test_a_server_is_added_tried_and_allowed_and_the_file_says_so(desk, page, file):
    desk.until(page.empty.isVisible)
    desk.qtbot.mouseClick(page.add, Qt.MouseButton.LeftButton)
    dialog = desk.window.findChild(Ask)
    dialog.agree.click()
    assert dialog.isVisible() and "name" in dialog.problem.text()
    dialog.name.setText("pumps")
    dialog.agree.click()
    assert "command" in dialog.problem.text() and not file.exists()
    dialog.command.setText(sys.executable)
    dialog.args.setPlainText("\n".join(ARGS))
    secret = dialog.ask_secret()
    fields = secret.findChildren(LineField)
    fields[0].setText("PUMP_KEY")
    fields[1].setText("s3cr3t")
    secret.agree.click()
    closed: list[int] = []
    dialog.finished.connect(closed.append)
    dialog.agree.click()
    desk.until(lambda: "pumps" in page.cards and closed)
    assert (
        entries(file)["pumps"]["env"] == {"PUMP_KEY": "${secret:pumps/PUMP_KEY}"} and "s3cr3t" not in file.read_text()
    )
    assert not page.empty.isVisible()

    card = page.cards["pumps"]
    assert card.state.text() == "Not tested" and str(PROGRAM) in card.how.whole()
    desk.qtbot.mouseClick(card.test_button, Qt.MouseButton.LeftButton)
    desk.until(lambda: card.state.text() == "6 tools")
    assert list(card.rows) == ["warranty", "shout", "note", "break_down", "seen", "sleep"]
    assert card.rows["warranty"].about.text() == "How long a product is covered."
    desk.qtbot.mouseClick(card.rows["shout"].toggle, Qt.MouseButton.LeftButton)
    desk.until(lambda: entries(file)["pumps"].get("allow") == ["shout"])
    assert card.state.text() == "6 tools", "what was found still holds"

    async def seen() -> str:
        async with desk.engine.workflows.mcp.session("pumps") as session:
            return await session.call("seen", {})

    assert "PUMP_KEY" in desk.wait(seen())
    assert desk.engine.secrets.get("mcp/pumps/PUMP_KEY") == "s3cr3t"
    desk.qtbot.mouseClick(card.remove_button, Qt.MouseButton.LeftButton)
    question = next(one for one in desk.window.findChildren(Ask) if one.isVisible())
    assert "pumps" in question.windowTitle() and question.focusWidget() is question.cancel
    question.agree.click()
    desk.until(lambda: page.cards == {} and page.empty.isVisible())
    desk.until(lambda: entries(file) == {} and desk.engine.secrets.get("mcp/pumps/PUMP_KEY") is None)


def test_what_is_edited_by_hand_shows_at_once_and_what_others_keep_there_stays(desk, page, file):
    desk.until(page.empty.isVisible)
    by_hand(file, {"pumps": {"command": sys.executable, "args": ARGS, "icon": "pump"}, "odd": {"args": 3}}, other=1)
    desk.until(lambda: list(page.cards) == ["pumps", "odd"])
    odd = page.cards["odd"]
    assert odd.state.text() == "Not understood" and "odd: args" in odd.why.text() and not odd.test_button.isEnabled()
    dialog = page.edit(page.cards["pumps"].server)
    dialog.name.setText("wells")
    dialog.agree.click()
    desk.until(lambda: set(page.cards) == {"odd", "wells"})
    assert list(entries(file)) == ["wells", "odd"] and entries(file)["odd"] == {"args": 3}
    assert entries(file)["wells"]["icon"] == "pump" and json.loads(file.read_text())["other"] == 1

    dialog = page.edit(None)
    dialog.name.setText("odd")
    dialog.command.setText("x")
    dialog.agree.click()
    desk.until(lambda: "another name" in dialog.problem.text())
    dialog.reject()

    broken = '{"mcpServers": {'
    file.write_text(broken)
    desk.until(page.problem.isVisible)
    assert str(file) in page._why.text() and not page.add.isEnabled()
    by_hand(file, {"pumps": {"url": "http://127.0.0.1:9/mcp"}})
    desk.until(lambda: list(page.cards) == ["pumps"])
    assert not page.problem.isVisible() and page.cards["pumps"].how.whole() == "http://127.0.0.1:9/mcp"


def test_a_server_that_does_not_answer_says_why_and_the_way_out(desk, page, file):
    words = "import sys; sys.exit('no license for pumps')"
    by_hand(file, {
        "dry": {"command": sys.executable, "args": ["-c", words]},
        "lost": {"command": "/no/such/program"},
        "locked": {"command": sys.executable, "args": ARGS, "env": {"KEY": "${secret:locked/KEY}"}},
    })  # fmt: skip
    desk.until(lambda: len(page.cards) == 3)
    for name, why in (("dry", "dry"), ("lost", "/no/such/program could not be started"), ("locked", "locked/KEY")):
        card = page.cards[name]
        desk.qtbot.mouseClick(card.test_button, Qt.MouseButton.LeftButton)
        desk.until(lambda card=card: card.state.text() == "Does not answer")
        assert why in card.why.text() and card.test_button.isEnabled(), name
    assert page.cards["dry"].details.text() == "no license for pumps"
    assert "Settings › Tool servers" in page.cards["dry"].repair.text()
    by_hand(file, {"dry": {"command": sys.executable, "args": ARGS}})
    desk.until(lambda: list(page.cards) == ["dry"])
    card = page.cards["dry"]
    desk.until(lambda: card.state.text() == "Not tested")
    card.test()
    desk.until(lambda: card.state.text() == "6 tools")
    assert not card.why.isVisible() and not card.details.isVisible()


def test_the_form_of_a_server_keeps_its_buttons_in_sight_however_many_rows_it_has(desk, page):
    dialog = page.edit(None)
    desk.until(lambda: dialog.isVisible())
    short = dialog.height()
    for number in range(3):
        dialog._keep(f"KEY_{number}", "s3cr3t")
    desk.until(lambda: dialog.height() > short and not dialog.secret.visibleRegion().isEmpty())
    for number in range(30):
        dialog._keep(f"KEY_{number}", "s3cr3t")
    desk.until(lambda: dialog.secret.visibleRegion().isEmpty())  # the fields scroll
    assert dialog.height() <= desk.window.height() and dialog.rect().contains(dialog.agree.geometry())
    dialog.kind.set_value("address")
    dialog.kind.changed.emit("address")
    assert dialog.height() < short
