"""Parts of the chat view that need no engine."""

import re
from datetime import date, datetime

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from studio.engine.chat.freshness import row_as_read
from studio.engine.chat.message import Asked, Message, Piece, Source, Step, Thread, Worked, Working
from studio.engine.text import Text
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.views.chat_parts import time_groups
from studio.ui.views.chat_parts.around import Around
from studio.ui.views.chat_parts.code_label import CodeLabel
from studio.ui.views.chat_parts.composer import Composer
from studio.ui.views.chat_parts.live import Live
from studio.ui.views.chat_parts.messages import AnswerView
from studio.ui.views.chat_parts.picker import Choice, Picker, Pickers
from studio.ui.views.chat_parts.small_table import SmallTable
from studio.ui.views.chat_parts.sources_panel import SourcesPanel
from studio.ui.views.chat_parts.threads import ThreadsPanel, _ThreadPainter
from studio.ui.widgets.discard import widgets_of
from studio.ui.widgets.rows import Row
from tests.ui.real import Painted

TODAY = date(2026, 11, 24)


def at(day, hour=14):
    return datetime(2026, 11, day, hour, 6).timestamp()


def message(**fields):
    return Message(**{"id": "m", "thread_id": "t", "role": "assistant", "created_at": 0.0, **fields})


def thread(thread_id, title, **fields):
    return Thread(id=thread_id, title=title, created_at=0, **{"updated_at": datetime.now().timestamp(), **fields})


@pytest.mark.parametrize(
    ("day", "group"),
    [(24, time_groups.TODAY), (23, time_groups.YESTERDAY), (17, time_groups.WEEK), (16, time_groups.OLDER)],
)
def test_a_time_has_its_group(day, group):
    assert time_groups.group(at(day), TODAY) == group


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


def test_another_hint_is_seen_in_the_empty_field_at_once(app, qtbot):
    composer = Composer()
    qtbot.addWidget(composer)
    composer.resize(640, 120)
    composer.set_follow_up(False)
    with qtbot.waitExposed(composer):
        composer.show()
    field, painted = composer.input.viewport(), []
    qtbot.waitUntil(lambda: not field.grab().isNull())
    watch = Painted(field, painted)
    qtbot.waitUntil(lambda: bool(painted))
    painted.clear()
    composer.set_follow_up(True)
    qtbot.waitUntil(lambda: bool(painted), timeout=60_000)
    field.removeEventFilter(watch)


def test_the_gauge_says_before_it_is_sent_that_a_question_is_too_long(app, qtbot):
    composer = Composer()
    qtbot.addWidget(composer)
    composer.set_context(None, 4096)
    assert composer.gauge.isHidden()
    composer.input.setPlainText("How long is the warranty?")
    assert not composer.gauge.isHidden() and composer.room.whole().endswith(" of 4.1k")
    composer.input.setPlainText("水泵保修多久 " * 3000)
    assert composer.room.whole().endswith(" of 4.1k: too long") and composer.meter.colour == "danger.text"
    composer.set_room(128_000)
    assert composer.room.whole().endswith(" of 128.0k") and composer.meter.colour == "accent.ring"


def test_a_short_name_is_not_cut_for_the_sake_of_a_long_one(app, qtbot):
    long, short, none = (
        Picker(Text.same(name), "table-2", "portText.table", Text.same("Nothing is chosen here"), many=True)
        for name in ("long", "short", "none")
    )
    long.set_choices([Choice("a", "After-sales handbook of the year, second edition")])
    short.set_choices([Choice("a", "orders")])
    for picker in (long, short):
        picker.set_values(["a"])
    row = Pickers([long, short, none])
    qtbot.addWidget(row)
    for width, whole in ((900, True), (260, False)):
        row.resize(width, 40)
        row.show()
        qtbot.waitUntil(
            lambda width=width, whole=whole: (
                short.width() >= short.wanted(not whole) and none.geometry().right() < width
            )
        )
        assert (long.width() >= long.wanted(not whole)) is whole
    assert none.width() < short.width(), "only its icon is left"


def test_what_whole_names_leave_free_goes_to_a_longer_one(app, qtbot):
    long, several = (
        Picker(Text.same(name), "table-2", "portText.table", Text.same("None"), many=True)
        for name in ("long", "several")
    )
    long.set_choices([Choice("a", "After-sales handbook of the year")])
    names = ["orders", "customers of all the shops"]
    several.set_choices([Choice(name, name) for name in names])
    long.set_values(["a"])
    several.set_values(names)
    row = Pickers([long, several])
    qtbot.addWidget(row)
    row.resize(several.needed(150) + long.wanted(True) + 8, 40)
    row.show()
    qtbot.waitUntil(lambda: long.width() >= long.wanted(True), timeout=30_000)
    metrics, icons = QFontMetrics(theme.font("dense")), several.wanted(True) - several.needed(several.wanted(True))
    assert icons == 0 and several.width() == several.needed(150) < 150
    assert several.words_in(several.width(), metrics).startswith("orders")


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


def test_of_several_names_those_that_fit_are_said_and_how_many_more_there_are(app, qtbot):
    picker = Picker(Text("Datasets", "数据集"), "table-2", "portText.table", Text("No data", "不用数据"), many=True)
    qtbot.addWidget(picker)
    names = ["orders", "tickets", "products", "customers"]
    picker.set_choices([Choice(name, name) for name in names])
    picker.set_values(names)
    metrics = QFontMetrics(theme.font("dense"))
    for words in (
        "orders, tickets, products, customers",
        "orders, tickets, products +1",
        "orders, tickets +2",
        "orders +3",
    ):
        assert picker.words_in(metrics.horizontalAdvance(words), metrics) == words
    narrow = picker.words_in(metrics.horizontalAdvance("orders +3") - 1, metrics)
    assert narrow.endswith("… +3") and narrow.startswith("o")
    picker.set_values([])
    assert picker.words_in(200, metrics) == "No data"


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
        time_groups.PINNED, "2", time_groups.TODAY, "1", time_groups.OLDER, "3",
    ]  # fmt: skip
    panel.search.setText("pump")
    panel.search.searched.emit("pump")
    assert [row.id for row in panel.list.rows() if not row.heading] == ["1"]
    panel.search.setText("nothing like this")
    panel.search.searched.emit("")
    assert not panel.nothing.isHidden()


def test_the_time_of_a_thread_is_never_cut(app):
    cut = []

    class Watched(_ThreadPainter):
        def _words(self, painter, words, role, ink, box):
            metrics = QFontMetrics(theme.font_for(role, words))
            cut.append((words, metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())))

    pixmap = QPixmap(180, 48)
    with QPainter(pixmap) as painter:
        for time in ("11:11", "11:54", "20:48", "24 Nov"):
            row = Row("a", "A thread", Text.same("orders, tickets, products"), trailing=time)
            Watched(None)._content(painter, row, QRect(0, 0, 180, 48), False)
    assert [shown for words, shown in cut if words[:1].isdigit()] == ["11:11", "11:54", "20:48", "24 Nov"]


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
    tool = Step(kind="tool", title=Text.same("Count"), arguments={"n": 1})
    live.take(Working(tool))
    assert live.at_work().arguments == {"n": 1}
    assert live.stopped().status == "stopped"
    assert live.answer.steps[-1].title == Text("Count was stopped", "已停止：Count")


def test_a_tool_has_a_card_while_it_is_at_work_that_fills_when_it_ends(qtbot):
    view = AnswerView(message(status="streaming"))
    qtbot.addWidget(view)
    tool = Step(kind="tool", title=Text.same("Count"), arguments={"n": 1})
    view.show_working(tool)
    card = view.working
    assert card.is_open() and not card.words.isVisibleTo(view)
    view.show_working(tool.model_copy(update={"seconds": 1.0, "text": "So far", "detail": Text("1 of 2 steps", "1/2")}))
    assert view.working is card, "it goes on in the same card"
    assert card.words.isVisibleTo(view) and "1 of 2 steps" in card.detail.whole()
    done = tool.model_copy(update={"text": "Two", "seconds": 1.5})
    view.add_step(message(status="streaming", steps=[done]))
    [ended] = [each for each in widgets_of(view.cards) if not each.isHidden()]
    assert view.working is None and not ended.is_open() and "1.50 s" in ended.detail.whole()
    ended.arrow.click()
    view.finish(message(status="done", steps=[done]), None)
    assert view.step_card(0).is_open(), "what a person opened stays open"


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


def test_a_row_of_a_collection_says_its_number_and_opens_in_data(app, qtbot):
    panel = SourcesPanel()
    qtbot.addWidget(panel)
    source = Source(
        number=1,
        kind="page",
        title="tickets",
        page=3,
        row=1047,
        unit="rows",
        document_id="doc",
        dataset_id="ds",
        version=2,
    )
    panel.show_sources([source])
    for code, place, words in (("en", "Row 1,047", "Open in Data"), ("zh", "第 1,047 行", "在数据中打开")):
        language.set(code)
        assert place in panel._rows[1].accessibleName()
        assert panel.open.text() == words
    with qtbot.waitSignal(panel.open_row) as opened:
        panel.open.click()
    assert opened.args == [source, False]
    assert row_as_read(source) == 'select * from "tickets@2" limit 1 offset 1046'


def test_a_search_and_a_query_have_a_card_while_they_are_at_work(qtbot):
    view = AnswerView(message(status="streaming"))
    qtbot.addWidget(view)
    search = Step(
        kind="search", title=Text("Searching Pumps", "检索 Pumps"), detail=Text("among 9 chunks", "共 9 个片段")
    )
    view.show_working(search)
    assert re.fullmatch(r"Running, among 9 chunks, \d+ s", view.working.detail.whole())
    assert view.progress.whole() == "Reading sources" and view.working.arrow.isHidden()
    found = Step(kind="search", title=Text("Searched Pumps", "检索了 Pumps"), detail=Text("2 chunks", "2 个片段"))
    view.add_step(message(status="streaming", steps=[found]))
    assert view.working is None and view.step_card(0).detail.whole() == "2 chunks"

    query = Step(kind="query", title=Text("Asking orders", "查询 orders"))
    view.show_working(query)
    view.show_working(query.model_copy(update={"text": "SELECT count(*)", "detail": Text("writing the query", "编写")}))
    assert view.working.is_open() and view.working.words.whole() == "SELECT count(*)"
