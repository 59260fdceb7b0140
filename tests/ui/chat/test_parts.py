"""Parts of the chat view that need no engine."""

from datetime import date, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from studio.engine.chat.message import Asked, Message, Piece, Source, Step, Thread, Worked
from studio.engine.text import Text
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.views.chat_parts import when
from studio.ui.views.chat_parts.around import Around
from studio.ui.views.chat_parts.code_label import CodeLabel
from studio.ui.views.chat_parts.composer import Composer
from studio.ui.views.chat_parts.live import Live
from studio.ui.views.chat_parts.messages import AnswerView
from studio.ui.views.chat_parts.picker import Choice, Picker
from studio.ui.views.chat_parts.small_table import SmallTable
from studio.ui.views.chat_parts.threads import ThreadsPanel
from studio.ui.widgets.discard import widgets_of

TODAY = date(2026, 11, 24)


def at(day, hour=14):
    return datetime(2026, 11, day, hour, 6).timestamp()


def message(**fields):
    return Message(**{"id": "m", "thread_id": "t", "role": "assistant", "created_at": 0.0, **fields})


def thread(thread_id, title, **fields):
    return Thread(id=thread_id, title=title, created_at=0, **{"updated_at": datetime.now().timestamp(), **fields})


@pytest.mark.parametrize(
    ("day", "group", "words"),
    [
        (24, when.TODAY, "14:06"),
        (23, when.YESTERDAY, "14:06"),
        (17, when.WEEK, "17 Nov"),
        (16, when.OLDER, "16 Nov"),
    ],
)
def test_a_time_has_its_group_and_its_words(day, group, words):
    assert when.group(at(day), TODAY) == group
    assert when.short(at(day), TODAY).en == words


def test_a_time_in_another_year_says_the_year():
    assert when.short(datetime(2025, 3, 1).timestamp(), TODAY) == Text("1 Mar 2025", "2025 年 3 月")


def press(widget, key, modifiers=Qt.KeyboardModifier.NoModifier, text=""):
    QApplication.sendEvent(widget, QKeyEvent(QKeyEvent.Type.KeyPress, key, modifiers, text))


def test_enter_sends_and_shift_enter_begins_a_line(app, qtbot):
    composer = Composer()
    qtbot.addWidget(composer)
    sent = []
    composer.sent.connect(sent.append)
    press(composer.input, Qt.Key.Key_Return)
    composer.input.setPlainText("one")
    composer.input.moveCursor(composer.input.textCursor().MoveOperation.End)
    press(composer.input, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier, "\r")
    composer.input.insertPlainText("two")
    press(composer.input, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert [words.replace("\u2028", "\n") for words in sent] == ["one\ntwo"]
    assert composer.input.toPlainText() == ""


def test_a_question_waits_in_its_field_while_an_answer_is_written(app, qtbot):
    composer = Composer()
    qtbot.addWidget(composer)
    composer.set_streaming(True)
    composer.input.setPlainText("next")
    composer.send()
    assert composer.input.toPlainText() == "next"
    with qtbot.waitSignal(composer.stopped):
        composer.button.click()
    assert composer.button.text() == "Stop"


def test_a_picker_says_what_is_chosen_in_both_languages(app, qtbot):
    picker = Picker(Text("Datasets", "数据集"), "table-2", "portText.table", Text("No data", "不用数据"), many=True)
    qtbot.addWidget(picker)
    picker.set_choices([Choice("a", "orders"), Choice("b", "tickets")])
    assert picker.accessibleName() == "Datasets: No data"
    with qtbot.waitSignal(picker.changed) as changed:
        picker.pick("b")
    assert changed.args == [["b"]]
    picker.pick("a")
    language.set("zh")
    assert picker.accessibleName() == "数据集: orders、tickets"
    menu = picker.menu()
    assert [action.isChecked() for action in menu.actions()] == [True, True]


def test_one_model_is_chosen_at_a_time(app, qtbot):
    picker = Picker(Text("Model", "模型"), "box", "portText.model", Text("No model", "未选择模型"))
    qtbot.addWidget(picker)
    picker.set_choices([Choice("a", "A"), Choice("b", "B")])
    picker.pick("a")
    picker.pick("b")
    assert picker.values() == ["b"]


def test_threads_stand_in_groups_and_are_searched_by_title(app, qtbot):
    panel = ThreadsPanel()
    qtbot.addWidget(panel)
    threads = [thread("1", "Pumps"), thread("2", "Filters", pinned=True), thread("3", "旧对话", updated_at=0)]
    panel.show_threads(threads, lambda each: Text.same("orders"))
    assert [row.title if row.heading else row.id for row in panel.list.rows()] == [
        when.PINNED, "2", when.TODAY, "1", when.OLDER, "3",
    ]  # fmt: skip
    panel.search.setText("pump")
    panel.search.searched.emit("pump")
    assert [row.id for row in panel.list.rows() if not row.heading] == ["1"]
    panel.search.setText("nothing like this")
    panel.search.searched.emit("")
    assert not panel.nothing.isHidden()


def test_the_menu_of_a_thread_renames_pins_and_deletes(app, qtbot):
    panel = ThreadsPanel()
    qtbot.addWidget(panel)
    language.set("zh")
    menu = panel.menu_for(thread("1", "Pumps", pinned=True))
    assert [action.text() for action in menu.actions()] == ["重命名", "取消置顶", "移到文件夹", "导出", "删除"]
    with qtbot.waitSignal(panel.pin) as pinned:
        menu.actions()[1].trigger()
    assert pinned.args == ["1", False]


def test_what_a_check_found_is_seen_and_false_citations_are_named(app, qtbot):
    source = Source(
        number=1, kind="page", title="handbook.pdf", page=13, flagged=Text("It does not say 58.", "没有 58。")
    )
    step = Step(kind="check", title=Text("Not in the sources: 58", "来源中没有：58"))
    view = AnswerView(message(content="58 months [1] and [9].", sources=[source], steps=[step]))
    qtbot.addWidget(view)
    said = [note.words.whole() for note in widgets_of(view.notes)]
    assert said == ["Not in the sources: 58", "[1] It does not say 58."]
    language.set("zh")
    assert widgets_of(view.notes)[0].words.whole() == "来源中没有：58"


def test_a_failed_answer_names_the_way_out(app, qtbot):
    error = {
        "kind": "Unavailable",
        "message": {"en": "There is no chat model.", "zh": "没有对话模型。"},
        "repair": {"en": "Add one under Models.", "zh": "请在“模型”中添加。"},
    }
    view = AnswerView(message(status="failed", error=error))
    qtbot.addWidget(view)
    with qtbot.waitSignal(view.mend) as mended:
        widgets_of(view.notes)[0].repair.click()
    assert mended.args == ["models"]


def test_a_live_answer_keeps_up_with_its_events():
    live = Live("t", "Hello?")
    live.take(Asked(message(id="q", role="user"), message(status="streaming")))
    live.take(Worked(Step(kind="search", title=Text("Searched", "检索"))))
    live.take(Piece("It ", 1, 0.2))
    live.take(Piece("is.", 2, 0.2))
    assert live.answer.content == "It is."
    assert (live.tokens, live.first, len(live.answer.steps)) == (2, 0.2, 1)
    assert live.stopped().status == "stopped"


def test_a_small_table_says_how_many_rows_it_leaves_out(app, qtbot):
    table = SmallTable(["region", "count"], [[f"r{row}", row] for row in range(9)], limit=6)
    qtbot.addWidget(table)
    assert table.more() == 3
    assert "r5, 5" in table.accessibleDescription()
    assert "NULL" in SmallTable(["a"], [[None]]).accessibleDescription()
    table.resize(300, table.sizeHint().height())
    assert not table.grab().isNull()


def test_code_keeps_its_words_and_follows_the_theme(app, qtbot):
    label = CodeLabel("SELECT '<b>' FROM orders")
    qtbot.addWidget(label)
    assert "&lt;b&gt;" in label.text()
    before = label.text()
    theme.apply(app, "light")
    assert label.text() != before
    theme.apply(app, "dark")


def test_a_thread_is_described_by_what_it_uses():
    around = Around(collections={"kb": "Handbook"}, datasets={"ds": "orders"})
    assert around.named(thread("1", "", knowledge=["kb"], datasets=["ds", "gone"])) == Text(
        "orders, Handbook", "orders、Handbook"
    )
    assert around.named(thread("1", "")) == Text("No data", "未使用数据")
    assert around.first() == (["kb"], ["ds"])
