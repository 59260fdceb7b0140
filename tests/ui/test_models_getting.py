"""Getting models in the window: the hub, its downloads, the memory that is asked about, and the local server's card."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QLabel

from studio.engine.models.model import LoadSettings
from studio.engine.models.vllm_environment import VllmEnvironment
from studio.ui.views.models import ModelsView
from studio.ui.views.models_parts.asking import InstallDialog, MemoryDialog, TrustDialog
from studio.ui.widgets.labels import Badge
from tests.models.hub_server import HubServer, serving
from tests.models.test_vllm import FETCHING
from tests.models.tiny_gguf import make_tiny_gguf
from tests.ui.real import desk_with

REPOSITORY = "tiny/Tiny-GGUF"


@pytest.fixture
def hub(tmp_path) -> Iterator[HubServer]:
    with serving() as one:
        content = make_tiny_gguf(tmp_path / "Hub.gguf").read_bytes()
        one.add(REPOSITORY, {"Tiny-Q8_0.gguf": content + bytes(3_000_000), "Tiny-Q4_K_M.gguf": content})
        yield one


@pytest.fixture
def desk(tmp_path, app, bridge, qtbot, monkeypatch, hub):
    monkeypatch.setenv("ONE_DATA_MODELS__HUB", hub.url)
    with desk_with(ModelsView, tmp_path / "home", bridge, qtbot, monkeypatch) as desk:
        desk.until(lambda: desk.window.current_view() is not None and desk.window.current_view().snapshot.models)
        yield desk


def test_a_model_is_searched_chosen_paused_resumed_and_stands_in_the_library(desk, view, hub):
    hub.bytes_per_second = 50_000  # a minute: it is paused long before its end
    view.show_discover()
    view.discover.look("tiny")
    desk.until(lambda: view.discover.cards)
    card = view.discover.cards[0]
    card.open.click()
    desk.until(lambda: len(card.choices) == 2)
    assert [row.fit.text() for row in card.choices] == ["Runs on CPU", "Runs on CPU"]
    card.choices[1].button.click()
    desk.until(lambda: view.side.downloads.blocks)
    block = next(iter(view.side.downloads.blocks.values()))
    desk.until(lambda: view.table.coming)
    desk.until(lambda: "of 3 MB" in block.words.whole())
    block.go.click()
    desk.until(lambda: next(iter(view.side.downloads.blocks.values())).words.whole().startswith("Paused"))
    hub.bytes_per_second = None
    next(iter(view.side.downloads.blocks.values())).go.click()
    desk.until(lambda: any(model.hub == REPOSITORY for model in view.snapshot.models))
    desk.until(lambda: not view.side.downloads.blocks and not view.table.coming)


def test_the_model_that_suits_this_computer_has_room_for_its_name(desk, view):
    view.show_discover()
    desk.until(lambda: view.discover.offers)
    said = [{badge.text() for badge in one.findChildren(Badge)} for one in view.discover.offers]
    assert [words for words in said if "Suits this computer" in words] == [{"Suits this computer", "apache-2.0"}]


def test_a_hub_that_refuses_is_said_where_the_search_stands(desk, view, hub):
    view.show_discover()
    hub.refuse = [(403, {})]
    view.discover.look("tiny")
    desk.until(lambda: "gated" in view.discover.state.whole())


def test_the_bar_of_memory_moves_with_the_sliders(desk, view, tmp_path):
    view.open_model("demo-smollm2")
    desk.until(lambda: view.inspector.model_id == "demo-smollm2")
    page = view.inspector.load
    before = page.fit.figure.whole()
    page.form.context.slider._move(8192)
    longer = page.fit.figure.whole()
    page.form.cache.changed.emit("q4_0")
    assert len({before, longer, page.fit.figure.whole()}) == 3
    assert page.settings().context_length == 8192 and page.settings().cache_precision == "q4_0"
    assert page.form.context.value.whole() == "8,192 tokens"


def test_a_model_that_does_not_fit_asks_and_makes_room_as_the_person_wants(desk, view, tmp_path):
    one, two = (desk.wait(desk.engine.models.add(make_tiny_gguf(tmp_path / f"{name}.gguf"))) for name in ("One", "Two"))
    desk.wait(desk.engine.settings.set("models.memory_limit_mb", 60))
    desk.wait(desk.engine.models.load(one.id, LoadSettings(context_length=2048, unload_after_minutes=0)))
    desk.until(lambda: two.id in view.table.rows)
    view.work.do(two.id, "load")
    desk.until(lambda: view.findChild(MemoryDialog))
    dialog = view.findChild(MemoryDialog)
    assert dialog.agree.text() == "Unload One and load"
    dialog.agree.click()
    desk.until(lambda: view.snapshot.model(two.id).state == "loaded")
    assert view.snapshot.model(one.id).state == "available"


def test_code_in_a_folder_is_shown_and_added_only_when_trusted(desk, view, tmp_path):
    folder = tmp_path / "Odd"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "x", "auto_map": {"AutoModel": "modeling_x.X"}}')
    (folder / "modeling_x.py").write_text("print('run')")
    (folder / "model.safetensors").write_bytes(bytes(100))
    view.search.setText(str(folder))
    view.search.returnPressed.emit()
    desk.until(lambda: view.findChild(TrustDialog))
    dialog: QDialog = view.findChild(TrustDialog)
    words = " ".join(label.whole() for label in dialog.findChildren(type(view.discover.state)))
    assert "modeling_x.py" in words and "auto_map" in words and "sha256" in words
    assert not any(model.name == "Odd" for model in view.snapshot.models)
    dialog.agree.click()
    desk.until(lambda: any(model.name == "Odd" for model in view.snapshot.models))


def test_a_download_that_names_code_waits_until_its_content_is_trusted(desk, view, hub):
    config = b'{"model_type": "llama", "auto_map": {"AutoModel": "modeling_x.X"}}'
    hub.add("tiny/Odd", {"config.json": config, "model.safetensors": bytes(20_000)})
    begun = desk.wait(desk.engine.downloads.start("tiny/Odd", "safetensors"))
    desk.until(lambda: begun.id in view.side.downloads.blocks)
    block = view.side.downloads.blocks[begun.id]
    desk.until(lambda: "could run code" in block.words.whole())
    block.go.click()
    desk.until(lambda: view.findChild(TrustDialog))
    view.findChild(TrustDialog).agree.click()
    desk.until(lambda: any(model.hub == "tiny/Odd" for model in view.snapshot.models))
    assert desk.wait(desk.engine.downloads.get(begun.id)).status == "done"


def test_the_local_servers_card_shows_its_address_its_key_masked_and_each_request(desk, view):
    server = view.server
    assert server.badge.text() in ("Not running", "Off")
    desk.engine.ownership.announce(18080)
    server._read()
    desk.until(lambda: server.endpoint.whole() == "http://127.0.0.1:18080/v1")
    assert server.badge.text() == "Running" and "••••" in server.key.whole()
    server.copy_key.click()
    key = QGuiApplication.clipboard().text()
    assert key == desk.engine.tokens.ensure() and key not in server.key.whole()
    server.curl.click()
    assert "18080/v1/chat/completions" in QGuiApplication.clipboard().text()
    server._rotate()
    desk.until(lambda: server._token != key)

    async def asked() -> None:
        requests = desk.engine.models.requests
        requests.end(requests.begin("POST", "/v1/chat/completions", "Tiny"), 200)

    desk.wait(asked())
    desk.until(lambda: "/v1/chat/completions Tiny" in server.log.text())


def test_vllm_is_installed_from_its_row_after_its_size_was_said_and_not_while_offline(desk, view, monkeypatch):
    desk.wait(desk.engine.settings.set("privacy.offline", True))
    row = view.side._engines["vllm"]
    assert not row.button.isHidden()
    row.button.click()
    dialog = view.findChild(InstallDialog)
    assert "up to 6.0 GB" in " ".join(label.text() for label in dialog.findChildren(QLabel))
    told = []
    monkeypatch.setattr(view.studio.bridge, "unhandled", told.append)
    dialog.agree.click()
    desk.until(lambda: told)
    assert "stays offline" in told[0].message.en
    assert not desk.engine.jobs.running()


def test_an_install_shows_how_far_it_is_and_is_cancelled_from_its_row(desk, view, monkeypatch):
    monkeypatch.setattr("studio.engine.models.vllm_environment._base_python", lambda: "/bin/true")
    monkeypatch.setattr(VllmEnvironment, "_pip_command", lambda *_: [sys.executable, "-c", FETCHING])
    row = view.side._engines["vllm"]
    row.button.click()
    view.findChild(InstallDialog).agree.click()
    desk.until(lambda: "Fetching torch" in row.words.whole())
    assert not row.meter.isHidden() and row.meter.share > 0
    assert row.button.isHidden()
    row.cancel.click()
    desk.until(lambda: row.cancel.isHidden() and not row.button.isHidden())
    assert "Not installed" in row.words.whole() and row.meter.isHidden()
    assert not desk.engine.jobs.running()
