"""The Knowledge view over a real engine: add, look, search, remove."""

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog

from studio.engine.text import Text
from studio.ui.language import language, tr
from studio.ui.views.knowledge import Knowledge
from studio.ui.widgets.discard import widgets_of
from tests.knowledge import papers
from tests.ui.real import desk_with

WARRANTY = "The warranty on the K7 pump is 24 months from the date of purchase."


@pytest.fixture
def desk(tmp_path, app, bridge, qtbot, monkeypatch):
    with desk_with(Knowledge, tmp_path / "home", bridge, qtbot, monkeypatch) as desk:
        yield desk


@pytest.fixture
def view(desk):
    desk.until(lambda: desk.window.current_view() is not None)
    return desk.window.current_view()


@pytest.fixture
def manual(tmp_path):
    pages = [[("heading", "1 Cover")], [("heading", "4.2 Pump faults"), ("text", WARRANTY), ("text", "水泵另有期限。")]]
    return papers.pdf(tmp_path / "manual.pdf", pages)


def drop(widget, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    widget.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))


def indexed(desk, view, count):
    desk.until(lambda: sum(one.status == "indexed" for one in view.centre.table.documents()) == count)


def agree(desk, view):
    desk.until(lambda: view.findChild(QDialog) is not None)
    view.findChild(QDialog).agree.click()


def test_a_dropped_file_is_indexed_and_its_page_is_shown(desk, view, manual):
    drop(view.centre, manual)
    indexed(desk, view, 1)
    desk.until(lambda: view.inspector.page.page == 1 and view.inspector.list.rows())
    assert view.inspector.document.file_name == "manual.pdf"
    assert view.centre.table.documents()[0].page_count == 2
    assert not view.centre.attention.isVisible()


def test_the_search_test_shows_why_and_opens_the_page_with_the_sentence_marked(desk, view, manual):
    drop(view.side.drop, manual)
    indexed(desk, view, 1)
    view.centre.tabs.changed.emit("search")
    view.centre.tabs.set_value("search")
    view.centre.bench.field.setText("How long is the warranty on the K7 pump")
    desk.until(lambda: view.inspector.page.page == 2 and view.inspector.page.sheet._boxes)
    left, top, right, bottom = view.inspector.page.sheet._boxes[0]
    assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1


def test_a_file_that_cannot_be_read_says_why_and_can_be_removed(desk, view, manual, tmp_path):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 no")
    drop(view.centre, manual, broken)
    indexed(desk, view, 1)
    desk.until(lambda: view.centre.attention.isVisible())
    document = next(one for one in view.centre.table.documents() if one.file_name == "broken.pdf")
    assert document.status == "quarantined" and "broken.pdf" in document.reason.zh
    view.centre.attention.removed.emit(document.id)
    agree(desk, view)
    desk.until(lambda: len(view.centre.table.documents()) == 1)
    desk.until(lambda: not view.centre.attention.isVisible())


def test_another_view_can_open_a_page_with_a_place(desk, view, manual):
    drop(view.centre, manual)
    indexed(desk, view, 1)
    document = view.centre.table.documents()[0]
    text = desk.wait(desk.engine.knowledge.page_text(document.id, 2))
    start = text.index(WARRANTY)
    desk.window.studio.open("document", document.id, page=2, span=(start, start + len(WARRANTY)))
    desk.until(lambda: view.inspector.page.page == 2 and view.inspector.page.sheet._boxes)


def test_nothing_yet_names_the_next_step_in_both_languages(desk, view):
    desk.until(lambda: not view.centre.header.isVisible())
    assert view.centre._stack.currentWidget() is view.centre._message
    language.set("zh")
    assert tr(Text("Add documents", "添加文档")) == "添加文档"
    words = [label.text() for label in view.centre._message.findChildren(type(view.centre._name))]
    assert "添加文档" in words


def test_a_new_collection_with_a_taken_name_stays_in_the_dialog_with_the_reason(desk, view):
    desk.wait(desk.engine.knowledge.create("Manuals"))
    view.new_collection()
    dialog = view.findChild(QDialog)
    field = widgets_of(dialog.body)[1]
    field.setText("Manuals")
    dialog.agree.click()
    desk.until(lambda: dialog.problem.isVisible())
    assert "Manuals" in dialog.problem.whole()
    field.setText("Contracts 合同")
    dialog.agree.click()
    desk.until(lambda: any(row.title == "Contracts 合同" for row in view.side.list.rows()))
