"""The Knowledge view over a real engine: add, look, search, remove."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from studio.engine.text import Text
from studio.ui.language import language, tr
from studio.ui.views.knowledge import Knowledge
from studio.ui.views.knowledge_parts.adding import AskDataset
from studio.ui.views.knowledge_parts.bench import Answer
from studio.ui.views.knowledge_parts.collection_work import CollectionSettings
from studio.ui.views.knowledge_parts.edit_chunk import EditChunk
from studio.ui.views.knowledge_parts.look_first import LookFirst
from studio.ui.widgets.discard import widgets_of
from studio.ui.widgets.inputs import LineField
from tests.knowledge import papers
from tests.knowledge.scans import scanned
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


def add(desk, view, widget, *paths):
    """Drop files, and agree to what is shown of them."""
    drop(widget, *paths)
    desk.until(lambda: isinstance(view.findChild(QDialog), LookFirst) and view.findChild(QDialog).agree.isEnabled())
    view.findChild(QDialog).agree.click()


def indexed(desk, view, count):
    desk.until(lambda: sum(one.status == "indexed" for one in view.centre.table.documents()) == count)


def agree(desk, view):
    desk.until(lambda: view.findChild(QDialog) is not None)
    view.findChild(QDialog).agree.click()


def test_a_dropped_file_is_indexed_and_its_page_is_shown(desk, view, manual):
    add(desk, view, view.centre, manual)
    indexed(desk, view, 1)
    desk.until(lambda: view.inspector.page.page == 1 and view.inspector.list.rows())
    assert view.inspector.document.file_name == "manual.pdf"
    assert view.centre.table.documents()[0].page_count == 2
    assert not view.centre.attention.isVisible()


def test_the_search_test_shows_why_and_opens_the_page_with_the_sentence_marked(desk, view, manual):
    add(desk, view, view.side.drop, manual)
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
    add(desk, view, view.centre, manual, broken)
    indexed(desk, view, 1)
    desk.until(lambda: view.centre.attention.isVisible())
    document = next(one for one in view.centre.table.documents() if one.file_name == "broken.pdf")
    assert document.status == "quarantined" and "broken.pdf" in document.reason.zh
    view.centre.attention.removed.emit(document.id)
    agree(desk, view)
    desk.until(lambda: len(view.centre.table.documents()) == 1)
    desk.until(lambda: not view.centre.attention.isVisible())


def test_indexing_that_was_stopped_says_so_and_is_retried(desk, view, tmp_path):
    long = tmp_path / "long.txt"
    long.write_text(
        "\n\n".join(f"Pump {n} has the part {n * 7}. " + "It is described at length. " * 12 for n in range(4_000))
    )
    add(desk, view, view.centre, long)
    desk.until(lambda: view.centre.stop.isVisible())
    view.centre.stop.click()
    desk.until(lambda: [one.status for one in view.centre.table.documents()] == ["failed"])
    desk.until(lambda: view.centre.attention.isVisible() and not view.centre.stop.isVisible())
    document = view.centre.table.documents()[0]
    assert document.reason == Text("Indexing was stopped.", "索引已停止。")
    view.documents.retry(document.id)
    desk.until(lambda: view.centre.pause.isVisible() and view.centre.table.documents()[0].status != "failed")


def test_another_view_can_open_a_page_with_a_place(desk, view, manual):
    add(desk, view, view.centre, manual)
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


def test_a_document_that_is_not_indexed_shows_no_text_of_another(desk, view, tmp_path):
    note, broken = tmp_path / "note.txt", tmp_path / "broken.pdf"
    note.write_text("The K7 is quiet.")
    broken.write_bytes(b"%PDF-1.7 no")
    add(desk, view, view.centre, note, broken)
    indexed(desk, view, 1)
    desk.until(lambda: view.centre.attention.isVisible())
    ids = {one.file_name: one.id for one in view.centre.table.documents()}
    view.centre.table.select(ids["note.txt"])
    desk.until(lambda: view.inspector.text.isVisible() and "quiet" in view.inspector.text.toPlainText())
    view.centre.table.select(ids["broken.pdf"])
    desk.until(lambda: view.inspector.document.file_name == "broken.pdf")
    assert not view.inspector.text.isVisible() and not view.inspector.page.isVisible()


def test_the_text_that_is_shown_is_read_anew_when_its_file_was_indexed_again(desk, view, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("The K7 is quiet.")
    add(desk, view, view.centre, note)
    indexed(desk, view, 1)
    desk.until(lambda: "quiet" in view.inspector.text.toPlainText())
    note.write_text("The K7 is loud now, and it was quiet before.")
    view.documents.retry(view.inspector.document.id)
    desk.until(lambda: "loud" in view.inspector.text.toPlainText())


def test_a_new_collection_shows_no_document_of_another(desk, view, manual):
    add(desk, view, view.centre, manual)
    indexed(desk, view, 1)
    desk.until(lambda: view.inspector.document is not None)
    view.new_collection()
    desk.until(lambda: view.findChild(QDialog) is not None)
    view.findChild(QDialog).findChild(LineField).setText("Empty")
    agree(desk, view)
    desk.until(lambda: view.inspector.document is None and not view.centre.table.documents())


def test_a_new_collection_with_a_taken_name_stays_in_the_dialog_with_the_reason(desk, view, qtbot, monkeypatch):
    desk.wait(desk.engine.knowledge.create("Manuals"))
    view.new_collection()
    dialog = view.findChild(QDialog)
    field = widgets_of(dialog.body)[1]
    field.setText("Manuals")
    dialog.agree.click()
    desk.until(lambda: dialog.problem.isVisible())
    assert "Manuals" in dialog.problem.whole()
    field.setText("Contracts 合同")
    made, create = [], desk.engine.knowledge.create
    monkeypatch.setattr(desk.engine.knowledge, "create", lambda *words: made.append(words) or create(*words))
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert len(made) == 1  # Enter agrees, once
    desk.until(lambda: any(row.title == "Contracts 合同" for row in view.side.list.rows()))


def test_a_question_that_was_answered_right_becomes_a_labelled_query_and_is_measured(desk, view, manual):
    add(desk, view, view.centre, manual)
    indexed(desk, view, 1)
    centre = view.centre
    centre.tabs.set_value("search")
    centre.show_tab("search")
    centre.bench.field.setText("How long is the warranty on the K7 pump")
    desk.until(lambda: any(isinstance(one, Answer) for one in widgets_of(centre.bench._results)))
    best = next(one for one in widgets_of(centre.bench._results) if isinstance(one, Answer))
    best.judged.emit(best.found)
    evaluation = centre.evaluation
    desk.until(lambda: len(evaluation.queries) == 1)
    assert centre.tabs.value() == "search", "one goes on with the next query"
    centre.tabs.set_value("evaluation")
    centre.show_tab("evaluation")
    assert evaluation.queries[0].relevant[0].page == 2
    evaluation.run.click()
    desk.until(lambda: len(evaluation.measured) == 3)
    assert evaluation.measured[-1].mrr == 1.0
    assert tr(evaluation.list.rows()[0].trailing) in ("no. 1", "第 1 名")


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<title>Care</title><p>{WARRANTY}</p>".encode())

    def log_message(self, *arguments):
        pass


def test_a_page_inside_this_network_is_fetched_once_its_host_is_allowed(desk, view):
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            fetch_inside(desk, view, f"127.0.0.1:{server.server_address[1]}")
        finally:
            server.shutdown()


def fetch_inside(desk, view, place):
    view.add_page()
    desk.until(lambda: view.findChild(QDialog) is not None)
    dialog = view.findChild(QDialog)
    address = next(one for one in widgets_of(dialog.body) if isinstance(one, LineField))
    address.setText(f"http://{place}/care")
    dialog.agree.click()
    desk.until(lambda: place in dialog.agree.text())
    assert "inside this network" in dialog.problem.whole()
    address.setText(f"http://{place}/care?again")
    assert place not in dialog.agree.text()  # leave is given for what was seen, not for what is typed next
    dialog.agree.click()
    desk.until(lambda: place in dialog.agree.text())
    dialog.agree.click()
    indexed(desk, view, 1)
    assert desk.engine.settings.privacy.hosts == [place]


def test_a_filter_narrows_the_search_test(desk, view, manual, tmp_path):
    other = tmp_path / "other.md"
    other.write_text("The warranty of lamps is short.")
    add(desk, view, view.centre, manual, other)
    indexed(desk, view, 2)
    bench = view.centre.bench
    view.centre.tabs.set_value("search")
    view.centre.show_tab("search")
    bench.filter.setText("file:other.md")
    bench.field.setText("warranty")

    def files():
        return {one.found.document.file_name for one in widgets_of(bench._results) if isinstance(one, Answer)}

    desk.until(lambda: files() == {"other.md"})


def test_a_chunk_is_left_out_and_reworded_beside_its_page(desk, view, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("model,note\nK7,The seal leaks.\nP4,The motor hums.\n")
    add(desk, view, view.centre, path)
    indexed(desk, view, 1)
    inspector = view.inspector
    desk.until(lambda: len(inspector.list.rows()) == 2)
    first, second = (row.id for row in inspector.list.rows())
    assert tr(inspector.list.rows()[1].subtitle) in ("row 2", "第 2 行")
    inspector.list.select(second)
    desk.until(lambda: inspector.text.textCursor().position() > 10)
    inspector.exclude(first, True)
    desk.until(lambda: [row.icon for row in inspector.list.rows()][:1] == ["eye-off"])
    inspector.list.activated.emit(second)
    dialog = view.findChild(QDialog)
    dialog.text.setPlainText("The motor is silent now.")
    dialog.agree.click()
    desk.until(lambda: "silent" in str(inspector.list.rows()[1].title))
    found = desk.wait(desk.engine.knowledge.search("seal motor", [inspector.document.collection_id]))
    assert [one.chunk.text for one in found] == ["The motor is silent now."]


def test_rows_of_a_dataset_are_added_and_a_collection_comes_back_from_its_file(desk, view, tmp_path):
    data = tmp_path / "tickets.csv"
    data.write_text("id,note\n1,The seal leaks.\n2,The motor hums.\n")
    desk.wait(desk.engine.datasets.register(data, "tickets"))
    view.add_dataset()
    desk.until(lambda: isinstance(view.findChild(QDialog), AskDataset) and view.findChild(QDialog).columns.rows())
    dialog = view.findChild(QDialog)
    assert dialog.texts == {"note"}
    dialog.columns.select("id")
    QTest.keyClick(dialog.columns, Qt.Key.Key_Space)
    assert dialog.texts == {"note", "id"}
    dialog.agree.click()
    indexed(desk, view, 1)
    assert view.centre.table.documents()[0].format == "rows"
    collection = desk.wait(desk.engine.knowledge.collections())[0]
    view.work.export(collection.id, tmp_path / "one.knowledge")
    desk.until((tmp_path / "one.knowledge").exists)
    desk.wait(desk.engine.knowledge.delete(collection.id))
    desk.until(lambda: not view.centre.header.isVisible())
    view.work.take(tmp_path / "one.knowledge")
    indexed(desk, view, 1)
    view.work.take(tmp_path / "one.knowledge")
    desk.until(lambda: view.findChild(QDialog) is not None and view.findChild(QDialog).isVisible())
    view.findChild(QDialog).findChild(LineField).setText("Once more")
    view.findChild(QDialog).agree.click()
    desk.until(lambda: "Once more" in [row.title for row in view.side.list.rows()])


def test_a_new_cut_in_the_settings_indexes_again(desk, view, manual):
    add(desk, view, view.centre, manual)
    indexed(desk, view, 1)
    collection = desk.wait(desk.engine.knowledge.collections())[0]
    dialog = CollectionSettings(view, view.studio, collection)
    dialog.open()
    dialog.cut.characters.set_value(100)
    dialog.name.setText("Manuals 手册")
    dialog.agree.click()
    desk.until(lambda: any(row.title == "Manuals 手册" for row in view.side.list.rows()))
    changed = desk.wait(desk.engine.knowledge.collection("Manuals 手册"))
    assert changed.settings["chunk_characters"] == 100


def test_a_photograph_is_read_and_shown_with_its_lines_and_the_settings_can_leave_it_alone(desk, view, tmp_path):
    photo = scanned(tmp_path / "photo.png", [[("text", WARRANTY), ("text", "水泵另有期限。")]])
    kb = desk.wait(desk.engine.knowledge.create("Photos"))
    job = desk.wait(desk.engine.knowledge.add_files(kb.id, [photo]))
    desk.wait(desk.engine.jobs.wait(job.id))
    [document] = desk.wait(desk.engine.knowledge.documents(kb.id))
    view.studio.open("document", document.id, page=1, span=(0, len(WARRANTY)))
    desk.until(lambda: view.inspector.page.page == 1 and view.inspector.page.sheet._boxes)

    dialog = CollectionSettings(view, view.studio, kb)
    dialog.open()
    dialog.ocr.set_value("never")
    dialog.agree.click()

    def aside():
        [document] = desk.wait(desk.engine.knowledge.documents(kb.id))
        return document.status == "quarantined" and "pictures are not read here" in document.reason.en

    desk.until(aside)
    assert desk.wait(desk.engine.knowledge.collection(kb.id)).settings["ocr"] == "never"


def test_files_are_looked_at_before_they_are_indexed_cut_otherwise_and_left_out_in_part(desk, view, tmp_path, qtbot):
    notes, broken, beside = tmp_path / "notes.md", tmp_path / "broken.pdf", tmp_path / "beside.txt"
    notes.write_text(f"# Pumps\n\n{WARRANTY}\n\n# Motors\n\nThe motor hums at night. 电机夜间有噪声。\n")
    broken.write_bytes(b"%PDF-1.7 nothing")
    beside.write_text("The ferry leaves at six.")
    drop(view.centre, notes, broken, beside)
    desk.until(lambda: isinstance(view.findChild(QDialog), LookFirst))
    look = view.findChild(QDialog)
    desk.until(lambda: len(look.list.rows()) == 2)
    assert WARRANTY in look.text.toPlainText()
    assert desk.wait(desk.engine.knowledge.documents()) == []

    look.files.select(str(broken))
    desk.until(lambda: look.files.rows()[1].icon == "triangle-alert")
    look.files.select(str(notes))
    qtbot.keyClick(look.list, Qt.Key.Key_Space)
    assert [row.icon for row in look.list.rows()] == ["eye-off", "text-quote"]
    look.list.activated.emit(look.list.rows()[1].id)
    edit = look.findChild(EditChunk)
    edit.text.setPlainText("The motor is silent now.")
    edit.agree.click()
    look.leave_out(str(beside))

    look.cut.characters.set_value(100)
    look.cut.characters.changed.emit(100)
    desk.until(lambda: look.list.rows() and [row.trailing for row in look.files.rows()][:1] == ["2"])
    look.agree.click()
    indexed(desk, view, 1)
    kb = desk.wait(desk.engine.knowledge.collections())[0]
    assert kb.settings["chunk_characters"] == 100
    [document] = desk.wait(desk.engine.knowledge.documents(kb.id))
    first, second = desk.wait(desk.engine.knowledge.chunks(document.id))
    assert first.excluded and second.text == "The motor is silent now." and "电机" in second.original
    assert [one.chunk.id for one in desk.wait(desk.engine.knowledge.search("warranty", [kb.id]))] == [second.id]


def test_a_dropped_folder_is_looked_at_file_by_file_and_followed_if_wanted(desk, view, tmp_path):
    folder = tmp_path / "papers"
    (folder / "deep").mkdir(parents=True)
    (folder / "one.md").write_text("The ferry leaves at six.")
    (folder / "deep" / "one.md").write_text("The warranty is short.")
    (folder / "no.pdf").write_bytes(b"%PDF-1.7 nothing")
    drop(view.side.drop, folder)
    desk.until(lambda: isinstance(view.findChild(QDialog), LookFirst))
    look = view.findChild(QDialog)
    desk.until(lambda: [row.title for row in look.files.rows()] == ["deep/one.md", "no.pdf", "one.md"])
    assert look.folder.isVisible() and not look.follow.isChecked()
    look.files.select(str(folder / "no.pdf"))
    desk.until(lambda: look.files.rows()[1].icon == "triangle-alert")
    look.leave_out(str(folder / "one.md"))
    assert look.files.rows()[2].icon == "square"
    look.follow.setChecked(True)  # what is followed is taken whole
    assert [row.icon for row in look.files.rows()][2] == "file-code"
    look.agree.click()
    indexed(desk, view, 2)
    desk.until(lambda: len(view.centre.table.documents()) == 3)
    (folder / "later.txt").write_text("The lamp glows.")
    desk.until(lambda: "later.txt" in [one.file_name for one in view.centre.table.documents()])
