"""The chat view over the real engine: ask, look at the sources, stop, go on."""

import time

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit

from studio.engine.chat.message import Asked
from studio.engine.text import Text
from studio.ui.frame.notices import Toast
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.widgets.discard import widgets_of
from studio.ui.widgets.labels import Label
from tests.ui.chat.conftest import QUESTION, STORY
from tests.window.hands import pace_of_painting

pytestmark = pytest.mark.slow


def test_an_empty_chat_offers_four_questions_of_the_project_and_uses_what_is_there(view):
    shown = [button.text() for button in view.middle.examples.buttons() if not button.isHidden()]
    assert len(shown) == 4
    assert shown[0] == QUESTION
    composer = view.middle.composer
    assert composer.model.words() == "SmolLM2-135M-Instruct"
    assert composer.knowledge.words().startswith("After-sales handbook")
    assert composer.datasets.words() == "orders, tickets, products"
    assert not composer.place.isHidden(), "the model runs here, so nothing leaves"


def test_the_main_question_is_answered_with_chips_that_open_the_page_and_the_rows(desk, view, last, ended):
    opened, buttons = [], set()
    view.asking.told.connect(lambda *_: buttons.add(view.middle.composer.button.text()))
    view.studio.opener("dataset", lambda dataset_id, **place: opened.append((dataset_id, place)))
    view.middle.composer.input.setPlainText(QUESTION)
    QTest.keyClick(view.middle.composer.input, Qt.Key.Key_Return)
    desk.until(lambda: ended and not view.lives)
    assert buttons == {"Stop"}

    words = last().text.plain_text()
    assert "24 months" in words
    assert "47" in words
    assert not last().demo.isHidden(), "the demo model is labelled"
    page = next(source for source in last().message.sources if source.page == 13)
    rows = next(source for source in last().message.sources if source.kind == "rows")

    last().text.chip_clicked.emit(page.number)
    desk.until(lambda: view.sources.page.page == 13 and view.sources.stack.currentWidget() is view.sources.page)
    desk.until(lambda: len(view.sources.page.sheet._boxes) >= 1)
    assert view.sources.page.pages > 40

    last().text.chip_clicked.emit(rows.number)
    assert view.sources.stack.currentWidget() is view.sources.rows
    assert view.sources.rows.table.rows == [[47]]
    view.sources.open.click()
    assert opened == [("ds-001", {"sql": rows.rows_sql})]


def test_a_source_that_was_deleted_says_so_and_keeps_its_words(desk, view, answered, last):
    answer = answered()
    page = next(source for source in answer.sources if source.page == 13)
    desk.wait(view.studio.engine.knowledge.delete_document(page.document_id))
    other = next(source for source in answer.sources if source.kind == "page" and source.number != page.number)
    last().text.chip_clicked.emit(other.number)
    desk.until(lambda: view.sources.stack.currentWidget() is view.sources.failed)
    words = [label.whole() for label in view.sources.failed.findChildren(Label)]
    assert "“handbook.pdf” is no longer in the collection." in words
    assert any(other.quote in each for each in words)


def test_the_thread_is_listed_named_and_opened_again_with_its_answer(desk, view, answered, last):
    answer = answered()
    title = "Warranty on the K7 pump, K7 returned in 华南"  # the demo model's question names the thread
    desk.until(lambda: [row.title for row in view.threads.list.rows() if not row.heading] == [title])
    desk.until(lambda: view.middle.head.title.whole() == title)
    assert view.middle.head.count.whole() == "2 messages"
    thread_id = view.front.id
    view.new_thread()
    assert view.middle.views() == []
    view.studio.open("thread", thread_id)
    desk.until(lambda: len(view.middle.views()) == 2)
    assert last().message == answer
    desk.until(lambda: view.sources.sources == answer.sources)


def test_esc_stops_and_what_was_written_stays(desk, view, last):
    view.ask(STORY)
    desk.until(lambda: view.lives and view.lives[view.front.id].tokens > 3)
    QTest.keyClick(view.middle.composer.input, Qt.Key.Key_Escape)
    assert not view.lives
    desk.until(lambda: not view.studio.engine.chat.answering(view.front.id))
    kept = desk.wait(view.studio.engine.chat.messages(view.front.id))[-1]
    assert kept.status == "stopped"
    assert kept.content
    desk.until(lambda: last().message.content == kept.content)
    assert "Stopped" in [note.words.whole() for note in widgets_of(last().notes)]
    assert view.middle.composer.button.text() == "Send"


def test_an_answer_goes_on_while_another_thread_is_in_front(desk, view, last):
    view.ask(STORY)
    desk.until(lambda: view.lives and next(iter(view.lives.values())).tokens > 3)
    story = view.front.id
    view.new_thread()
    assert view.middle.composer.button.text() == "Send"
    view.open_thread(story)
    desk.until(lambda: len(view.middle.views()) == 2)
    if story in view.lives:
        before = last().message.content
        desk.until(lambda: story not in view.lives or last().message.content != before)
    view.stop()


def test_a_missing_model_leaves_the_question_and_points_to_models(desk, view, last, monkeypatch):
    thread = desk.wait(view.studio.engine.chat.create("Pumps", model="nobody"))
    view.open_thread(thread.id)
    desk.until(lambda: view.front is not None)
    view.ask("Hello?")
    desk.until(lambda: view.middle.views() and not view.lives)
    assert view.middle.views()[0].message.content == "Hello?"
    shown = []
    monkeypatch.setattr(view.studio.window, "show_view", shown.append)
    desk.until(lambda: widgets_of(last().notes))
    widgets_of(last().notes)[0].repair.click()
    assert shown == ["models"]


def test_asking_again_takes_the_place_of_the_answer(desk, view, answered, last):
    first = answered("How many tickets are there?")
    last().again.click()
    desk.until(lambda: view.lives)
    desk.until(lambda: not view.lives)
    assert len(view.middle.views()) == 2
    assert last().message.id != first.id
    assert len(desk.wait(view.studio.engine.chat.messages(view.front.id))) == 2


def test_a_thread_is_renamed_in_place_pinned_deleted_and_brought_back(desk, view, opened):
    thread_id = opened
    view.middle.head.begin()
    view.middle.head.field.setText("Tickets")
    QTest.keyClick(view.middle.head.field, Qt.Key.Key_Return)
    view.threads.pin.emit(thread_id, True)
    chat = view.studio.engine.chat
    desk.until(lambda: desk.wait(chat.thread(thread_id)).pinned)
    assert desk.wait(chat.thread(thread_id)).title == "Tickets"
    desk.until(lambda: [row.title for row in view.threads.list.rows()][:1] == [Text("Pinned", "已置顶")])

    view.threads.delete.emit(thread_id)
    desk.until(lambda: desk.window.findChildren(Toast))
    assert desk.wait(chat.threads()) == []
    assert view.front is None
    undo = next(b for b in desk.window.findChildren(Toast)[-1].findChildren(QAbstractButton) if b.text() == "Undo")
    undo.click()
    desk.until(lambda: view.front is not None and view.front.id == thread_id and len(view.middle.views()) == 2)


def test_what_a_thread_uses_is_remembered_with_it(desk, view, opened):
    for dataset in ("ds-001", "ds-003"):
        view.middle.composer.datasets.pick(dataset)
    chat = view.studio.engine.chat
    desk.until(lambda: desk.wait(chat.thread(opened)).datasets == ["ds-001", "ds-003"])
    view.new_thread()
    assert view.middle.composer.datasets.words() == "orders, tickets, products"
    view.open_thread(opened)
    desk.until(lambda: view.front is not None and len(view.middle.views()) == 2)
    desk.until(lambda: view.middle.composer.datasets.words() == "orders, products")


def test_the_view_stays_where_a_person_scrolled_and_follows_at_the_end(desk, view, answered):
    desk.window.resize(1120, 700)
    for _ in range(2):
        answered("How many tickets are there?")
    bar = view.middle.area.verticalScrollBar()
    desk.until(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())
    bar.setValue(0)
    assert not view.middle.following()
    view.middle.views()[-1].append(view.middle.views()[-1].message, "\n\nmore words\n\nand more", 9, 0.1, None)
    most = bar.maximum()
    desk.until(lambda: bar.maximum() > most)
    assert bar.value() == 0
    view.middle.go_to_end()
    assert bar.value() == bar.maximum()


def test_everything_is_said_in_the_chosen_language_and_theme(desk, view, app, answered, last):
    answered("How many tickets are there?")
    language.set("zh")
    theme.apply(app, "light")
    assert view.middle.composer.button.text() == "发送"
    assert view.middle.head.count.whole() == "2 条消息"
    assert last().where.whole().endswith("在本机运行")
    assert view.threads.title.whole() == "对话"
    buttons = [each for each in view.findChildren(QAbstractButton) if not isinstance(each.parent(), QLineEdit)]
    nameless = [button for button in buttons if button.isVisible() and not button.accessibleName()]
    assert nameless == []
    theme.apply(app, "dark")


def test_the_palette_knows_the_actions_of_chat(desk, view):
    actions = desk.window.actions
    assert {"chat.new", "chat.send", "chat.stop", "chat.next_source"} <= {action.id for action in actions.all()}
    view.middle.composer.input.setPlainText("draft")
    actions.trigger("chat.new")
    assert view.front is None


def test_the_windows_thread_is_never_blocked_while_an_answer_streams(desk, view, ended):
    """By its own processor time, and at the pace of this computer: the wall clock also counts what else the machine does."""
    beat, blocked = [0.0], []

    def tick():
        busy = time.thread_time() - beat[0]
        if busy > 0.15:
            pace = max(pace_of_painting() for _ in range(3))
            blocked.extend([f"{busy * 1000:.0f} ms at pace {pace:.1f}"] if busy > 0.15 * pace else [])
        beat[0] = time.thread_time()

    timer = QTimer(view, interval=10)
    timer.timeout.connect(tick)

    def begun(_, event):
        if isinstance(event, Asked):
            beat[0] = time.thread_time()
            timer.start()

    view.asking.told.connect(begun)
    view.ask("How many tickets are there?")
    desk.until(lambda: ended and not view.lives)
    timer.stop()
    assert beat[0] and not blocked, "so long the window worked without a pause"
