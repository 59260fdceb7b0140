"""The Clusters view over a real engine and a real server."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PySide6.QtWidgets import QDialog

from studio.ui.views.clusters import Clusters
from studio.ui.widgets.discard import widgets_of
from studio.ui.widgets.labels import Label
from tests.ui.real import desk_with


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        content = json.dumps({"status": "ok", "version": "9.9"}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def desk(tmp_path, app, bridge, qtbot, monkeypatch):
    with desk_with(Clusters, tmp_path / "home", bridge, qtbot, monkeypatch) as desk:
        desk.until(lambda: desk.window.current_view() is not None)
        yield desk


def test_this_computer_shows_real_figures(desk):
    page = desk.window.current_view().centre.here
    desk.until(lambda: len(page._history) >= 1)
    assert page._history[-1].ram_total > 0
    collection = desk.wait(desk.engine.knowledge.create("Manuals"))
    page.ask()
    card = next(card for card in page._cards if card.service.view == "knowledge")
    desk.until(lambda: "1 collection ·" in card._figures.whole())
    assert collection.name == "Manuals"


def test_a_server_is_added_seen_lost_and_removed(desk, server):
    view = desk.window.current_view()
    view.add_cluster()
    dialog = view.findChild(QDialog)
    fields = widgets_of(dialog.body)
    fields[1].setText("Lab 实验室")
    fields[5].setText(f"http://127.0.0.1:{server.server_port}")
    dialog.agree.click()
    desk.until(lambda: len(view.side.list.rows()) == 2)
    desk.until(lambda: view.centre.remote.cluster is not None and view.centre.remote.cluster.reachable)
    assert view.centre.remote.cluster.version == "9.9"

    server.shutdown()
    server.server_close()
    view.centre.remote._retry.click()
    desk.until(lambda: view.centre.remote.cluster.state == "unreachable")
    assert "No answer since" in view.centre.remote._state.whole()

    view.centre.asked_remove.emit()
    desk.until(lambda: any(one.isVisible() for one in view.findChildren(QDialog)))
    next(one for one in view.findChildren(QDialog) if one.isVisible()).agree.click()
    desk.until(lambda: len(view.side.list.rows()) == 1)
    assert desk.wait(desk.engine.clusters.list()) == []


def test_a_bad_address_stays_in_the_dialog_with_the_reason(desk):
    view = desk.window.current_view()
    view.add_cluster()
    dialog = view.findChild(QDialog)
    dialog.body.itemAt(1).widget().setText("Bad")
    dialog.body.itemAt(5).widget().setText("file:///etc/passwd")
    dialog.agree.click()
    desk.until(lambda: dialog.problem.isVisible())
    assert "http" in dialog.problem.whole()


def test_datasets_that_cannot_be_read_need_attention_too(desk, tmp_path):
    panel = desk.window.current_view().attention
    said = lambda: [label.whole() for label in panel.findChildren(Label)]  # noqa: E731
    assert "Nothing" in said()
    for name in ("orders", "tickets"):
        (tmp_path / f"{name}.csv").write_text("id\n1\n")
        made = desk.wait(desk.engine.datasets.register(tmp_path / f"{name}.csv"))
        (tmp_path / f"{name}.csv").unlink()
        desk.wait(desk.engine.datasets.refresh(made.id))
    desk.until(lambda: "2 datasets are not readable" in said() and "Nothing" not in said())
    assert any("orders" in words and "tickets" in words for words in said())
