"""Versions, edits, forks, folders, search, the trash, files and data that go along: by real clicks on the real engine."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.engine.chat.message import ApprovalWanted
from studio.engine.text import Text
from studio.ui.language import language
from studio.ui.views.chat_parts.threads import HITS
from tests.ui.chat.conftest import QUESTION

pytestmark = pytest.mark.slow
FACT = "The spare gasket of the K7 carries the order number G-4410."


@pytest.fixture
def told(desk, view):
    """A thread that was imported with two versions of its answer: nothing has to be written for it."""
    node = {
        "a": (None, "user", "保修多久？"),
        "b": ("a", "assistant", "12 个月"),
        "c": ("a", "assistant", "The lighthouse"),
    }
    mapping = {
        key: {
            "id": key, "parent": parent, "children": [each for each, of in node.items() if of[0] == key],
            "message": {"author": {"role": role}, "create_time": 1_700_000_000 + place, "recipient": "all", "metadata": {},
                        "content": {"content_type": "text", "parts": [words]}},
        }
        for place, (key, (parent, role, words)) in enumerate(node.items())
    }  # fmt: skip
    conversation = {
        "id": "c-1",
        "title": "Pumps",
        "create_time": 1_700_000_000,
        "current_node": "c",
        "mapping": mapping,
    }
    [thread] = desk.wait(view.studio.engine.chat.import_threads(json.dumps([conversation]).encode()))
    view.open_thread(thread.id)
    desk.until(lambda: len(view.middle.views()) == 2)
    return thread


@pytest.fixture
def bare(desk, view):
    """A thread that uses nothing but what is named, so that the small model answers at once."""

    def make(**uses):
        thread = desk.wait(view.studio.engine.chat.create("Bare", **uses))
        view.open_thread(thread.id)
        desk.until(lambda: view.front is not None and view.front.id == thread.id)

    return make


def words(view):
    return [each.message.content for each in view.middle.views()]


def test_the_versions_of_an_answer_are_switched_with_arrows(desk, view, told):
    versions = view.middle.views()[-1].tools.versions
    assert versions.words.whole() == "2 of 2"
    assert view.middle.head.branches.whole() == "2 branches"
    versions.before.click()
    desk.until(lambda: words(view) == ["保修多久？", "12 个月"])
    view.next_version()
    desk.until(lambda: words(view) == ["保修多久？", "The lighthouse"])


def test_an_edited_answer_is_a_version_and_comes_back_with_undo(desk, view, told):
    answer = view.middle.views()[-1]
    answer.tools.pencil.click()
    answer.editor.area.setPlainText("24 个月")
    QTest.keyClick(answer.editor.area, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.until(lambda: words(view)[-1] == "24 个月")
    assert not view.middle.views()[-1].edit_mark.isHidden()
    assert not view.middle.views()[-1].tools.further.isHidden(), "the model can go on with it"
    from studio.ui.frame.notices import Toast

    desk.until(lambda: view.studio.window.findChildren(Toast))
    view.studio.window.findChildren(Toast)[-1].undo.click()
    desk.until(lambda: words(view)[-1] == "The lighthouse")


def test_esc_leaves_an_edit_as_it_was(desk, view, told):
    question = view.middle.views()[0]
    question.pencil.click()
    question.editor.area.setPlainText("Other words")
    QTest.keyClick(question.editor.area, Qt.Key.Key_Escape)
    assert question.editor is None
    assert not question.bubble.isHidden()
    assert words(view)[0] == "保修多久？"


def test_an_edited_question_is_asked_as_another_version(desk, view, told):
    question = view.middle.views()[0]
    question.edit()
    question.editor.area.setPlainText("How many orders are there?")
    question.editor.agree.click()
    desk.until(lambda: view.lives)
    desk.until(lambda: not view.lives and len(view.middle.views()) == 2)
    assert words(view)[0] == "How many orders are there?"
    desk.until(lambda: view.middle.views()[0].versions.words.whole() == "2 of 2")


def test_a_fork_opens_as_a_chat_of_its_own(desk, view, told):
    view.middle.views()[0].fork.click()
    desk.until(lambda: view.front is not None and view.front.id != told.id)
    desk.until(lambda: words(view) == ["保修多久？"])
    assert view.front.title == "Pumps (fork)"


def test_words_are_found_in_messages_and_open_at_their_message(desk, view, told):
    view.new_thread()
    view.threads.search.setText("12 个月")
    desk.until(lambda: [row.title for row in view.threads.list.rows() if row.heading] == [HITS])
    [hit] = [row for row in view.threads.list.rows() if not row.heading]
    view.threads.list.activated.emit(hit.id)
    desk.until(lambda: words(view) == ["保修多久？", "12 个月"])
    view.threads.search.setText("nothing has these words")
    desk.until(lambda: view.threads.list.rows() == [])
    assert "No thread and no message" in view.threads.nothing.whole()


def test_threads_go_into_folders_and_the_trash_and_come_back(desk, view, told):
    dialog = view.keeping.ask_folder(told.id)
    from studio.ui.widgets.inputs import LineField

    dialog.findChild(LineField).setText("  Spare   parts ")
    dialog.agree.click()
    desk.until(lambda: "Spare parts" in [str(row.title) for row in view.threads.list.rows() if row.heading])
    view.threads.delete.emit(told.id)
    desk.until(lambda: told.id not in [row.id for row in view.threads.list.rows()])
    view.threads.bin.click()
    desk.until(lambda: told.id in [row.id for row in view.threads.list.rows()])
    [restore] = view.threads.menu_for(view.threads.trashed()[0]).actions()
    restore.trigger()
    desk.until(lambda: view.front is not None and view.front.id == told.id)
    assert not view.threads.in_trash()


def test_a_thread_is_exported_and_a_file_of_nobodys_is_refused(desk, view, told, tmp_path):
    view.keeping.export(told.id, "markdown", str(tmp_path / "out.md"))
    desk.until(lambda: (tmp_path / "out.md").exists())
    assert "保修多久？" in (tmp_path / "out.md").read_text()
    heard = []
    view.studio.window.show_error = heard.append
    (tmp_path / "odd.json").write_text("{}")
    view.keeping.bring_in(str(tmp_path / "odd.json"))
    desk.until(lambda: heard)
    assert "ChatGPT" in heard[0].repair.en


def test_a_file_goes_along_with_the_choice_how_and_is_a_source(desk, view, last, ended, tmp_path):
    file = tmp_path / "gasket.txt"
    file.write_text(FACT)
    view.composer_files = view.using.attach_files([str(file)])
    composer = view.middle.composer
    desk.until(lambda: composer.along.attachments())
    [chip] = composer.along.chips()
    assert chip.mode.text().startswith("All of it")
    chip.mode.click()
    assert composer.along.attachments()[0].mode == "passages"
    composer.along.set_mode(composer.along.attachments()[0].id, "whole")
    composer.input.setPlainText("What is the order number of the spare gasket?")
    composer.send()
    assert composer.along.attachments() == []
    desk.until(lambda: ended and not view.lives)
    [source] = [each for each in last().message.sources if each.kind == "file"]
    last().text.chip_clicked.emit(source.number)
    desk.until(lambda: view.sources.stack.currentWidget() is view.sources.text)
    assert view.sources.text.toPlainText() == FACT
    assert view.sources.open.isHidden(), "there is no other view of an attachment"


def test_at_offers_what_there_is_by_name_and_kind(desk, view):
    composer = view.middle.composer
    composer.input.setFocus()
    QTest.keyClicks(composer.input, "Compare with @ord")
    assert composer.mentions.is_open()
    assert composer.mentions.list.rows()[0].title == "orders"
    QTest.keyClick(composer.input, Qt.Key.Key_Return)
    assert [(each.kind, each.title) for each in composer.along.attachments()] == [("dataset", "orders")]
    assert composer.input.toPlainText() == "Compare with "
    QTest.keyClicks(composer.input, "@handb")
    kinds = [row.id.split(":")[0] for row in composer.mentions.list.rows()]
    assert set(kinds) == {"document", "collection"}
    QTest.keyClick(composer.input, Qt.Key.Key_Escape)
    assert not composer.mentions.is_open()
    composer.along.take()


def test_a_query_is_edited_in_its_card_and_run_again(desk, view, bare, answered, last):
    bare(datasets=["ds-001"])
    answered("average rating by region")
    card = last().step_card(0)
    assert card.query.stack.count() == 2, "the rows can be seen as a chart"
    card.query.edit()
    card.query.editor.setPlainText("SELECT nope FROM orders")
    card.query.go.click()
    desk.until(lambda: not card.query.problem.isHidden())
    card.query.editor.setPlainText("SELECT count(*) AS n FROM orders")
    card.query.go.click()
    desk.until(lambda: last().step_card(0) is not None and last().step_card(0).step.edited)
    assert last().step_card(0).step.columns == ["n"]


def test_a_tool_asks_in_the_answer_and_hears_what_was_pressed(desk, view, told):
    answer = view.middle.views()[-1]
    heard = []
    view.showing.did.disconnect()
    view.showing.did.connect(lambda name, arguments: heard.append((name, arguments)))
    wanted = ApprovalWanted("approval-1", "workflow:x", Text.same("Save"), {"n": 1}, Text("Because.", "因为。"))
    answer.ask_leave(wanted)
    language.set("zh")
    desk.until(lambda: answer.approval.buttons["no"].text() == "不允许")
    answer.approval.buttons["thread"].click()
    assert heard == [("decide", ("approval-1", "thread"))]


def test_two_answers_stand_side_by_side_and_one_is_used(desk, view, bare):
    bare()
    view.middle.composer.beside.pick(view.around.model("").id)
    assert view.front.beside == view.around.model("").id
    view.ask("Say hello.")
    desk.until(lambda: view.lives)
    desk.until(lambda: not view.lives and not view.asking.others)
    desk.until(lambda: len(view.showing.beside) == 1 and view.showing.beside[0].status == "done")
    other = view.showing.answer(view.showing.beside[0].id)
    assert other.parentWidget() is view.showing.answer(view.showing.last_answer().id).parentWidget()
    desk.until(lambda: not other.tools.use.isHidden())
    chosen = other.message.id
    other.tools.use.click()
    desk.until(lambda: view.showing.last_answer().id == chosen)


def test_sources_that_changed_since_are_marked(desk, view, bare, answered, last):
    bare(knowledge=[next(iter(view.around.collections))])
    answer = answered(QUESTION)
    page = next(source for source in answer.sources if source.page == 13)
    desk.wait(view.studio.engine.knowledge.delete_document(page.document_id))
    view.open_thread(view.front.id)
    desk.until(lambda: view.middle.views() and not last().stale_note.isHidden())
    assert "“handbook.pdf” is no longer in the collection." in last().stale_note.words.whole()
