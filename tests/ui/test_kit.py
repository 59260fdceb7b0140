"""The kit's widgets as a person uses them."""

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget

from studio.engine.text import Text
from studio.ui.gallery import gallery
from studio.ui.theme import theme
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button, IconButton, Segmented
from studio.ui.widgets.inputs import LineField, SearchField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.slider import Slider
from studio.ui.widgets.states import Loading
from studio.ui.widgets.tabs import Tab, TabBar


@pytest.mark.parametrize("mode", ["dark", "light"])
@pytest.mark.parametrize("scale", [80, 200])
def test_everything_can_be_drawn_at_every_size_and_has_room_for_its_words(app, qtbot, mode, scale):
    theme.apply(app, mode, scale)
    page = gallery()
    qtbot.addWidget(page)
    page.show()
    image = page.grab().toImage()
    assert image.width() >= page.width()
    small = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and min(widget.width(), widget.height()) < theme.scaled(24) - 1
    ]
    assert [type(widget).__name__ for widget in small if type(widget).__name__ not in ("QLineEdit", "_Segment")] == []
    theme.apply(app, "dark", 100)


def test_a_list_moves_with_arrows_past_headings_and_opens_with_enter(app, qtbot):
    rows = RowList("List", [Row("h", "Heading", heading=True), Row("a", "orders"), Row("b", "tickets")])
    qtbot.addWidget(rows)
    rows.show()
    selected, opened = [], []
    rows.selected.connect(selected.append)
    rows.activated.connect(opened.append)
    rows.select("a")
    QTest.keyClick(rows, Qt.Key.Key_Down)
    QTest.keyClick(rows, Qt.Key.Key_Return)
    assert (selected, opened) == (["a", "b"], ["b"])
    rows.set_rows([Row("b", "tickets", trailing="2"), Row("c", "products")])
    assert rows.current() == "b"


def test_segments_move_with_arrows_and_tell_only_what_a_person_chose(app, qtbot):
    segments = Segmented([("a", "A"), ("b", "B"), ("c", "C")], "a")
    qtbot.addWidget(segments)
    segments.show()
    told = []
    segments.changed.connect(told.append)
    segments.set_value("c")
    assert told == []
    QTest.keyClick(segments, Qt.Key.Key_Right)
    assert (told, segments.value()) == (["a"], "a")


def test_a_slider_follows_the_pointer_in_its_steps(app, qtbot):
    slider = Slider(0, 0, 100, step=10)
    qtbot.addWidget(slider)
    slider.resize(212, 24)
    slider.show()
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    assert slider.value() == 50


def test_a_search_begins_a_moment_after_the_last_key_and_escape_empties_it(app, qtbot):
    field = SearchField(Text("Find", "查找"))
    qtbot.addWidget(field)
    with qtbot.waitSignal(field.searched) as heard:
        QTest.keyClicks(field, "abc")
    assert heard.args == ["abc"]
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""


def test_a_long_path_is_cut_in_the_middle_and_whole_in_the_tooltip(app, qtbot):
    path = "/data/warehouse/sales/2025/orders/part-0001.parquet"
    label = Label(path, elide="middle")
    qtbot.addWidget(label)
    label.resize(120, 20)
    label.show()
    assert "…" in label.text() and label.text().endswith("parquet")
    assert label.toolTip() == label.whole() == path


class Shown(QObject):
    """Notes the order in which widgets come into sight."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__(widgets[0])
        self.seen: list[QObject] = []
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, widget: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self.seen.append(widget)
        return False


def test_loading_shows_nothing_at_first_and_a_way_out_in_the_end(app, qtbot):
    cancelled = []
    loading = Loading(lambda: cancelled.append(1))
    qtbot.addWidget(loading)
    shown = Shown(loading.skeleton, loading.label, loading.cancel)
    loading.show()
    assert not loading.skeleton.isVisible()
    qtbot.waitUntil(loading.cancel.isVisible)
    assert shown.seen == [loading.skeleton, loading.label, loading.cancel], "each a while after the one before"
    loading.cancel.click()
    assert cancelled == [1]


def test_a_closed_tab_gives_its_place_to_its_neighbour(app, qtbot):
    bar = TabBar(Text("New", "新建"))
    qtbot.addWidget(bar)
    for name in "abc":
        bar.add(Tab(name, name))
    bar.select("b")
    bar.remove("b")
    assert bar.current() == "c"
    bar.remove("c")
    bar.remove("a")
    assert (bar.current(), bar.ids()) == ("", [])


def test_tabs_that_have_no_room_are_scrolled_to_and_listed(app, qtbot):
    bar = TabBar(Text("New", "新建"))
    qtbot.addWidget(bar)
    bar.resize(500, 40)
    bar.show()
    for name in ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth"):
        bar.add(Tab(name, f"{name} of the workflows", "workflow"))
    strip, whole = bar.findChild(QWidget), bar.rect()
    for name in ("First", "Eighth"):
        bar.select(name)
        qtbot.waitUntil(lambda: strip.width() < whole.width())
        boxes = dict(zip(bar.ids(), strip._boxes(), strict=True))
        assert strip.rect().contains(boxes[name]), "the chosen one is in view"
        assert min(box.width() for box in boxes.values()) >= theme.scaled(90), "and all can be read"
    every = next(button for button in bar.findChildren(IconButton) if button.accessibleName() == "All open documents")
    assert every.isVisible()
    every.click()
    menu = bar.findChild(QMenu)
    menu.actions()[2].trigger()
    assert bar.current() == "Third"
    for name in bar.ids()[1:]:
        bar.remove(name)
    assert not every.isVisible()


def test_where_there_is_room_for_one_tab_it_is_the_chosen_one_with_its_name(app, qtbot):
    bar = TabBar(Text("New", "新建"))
    qtbot.addWidget(bar)
    bar.resize(theme.scaled(210), 40)
    bar.show()
    for name in ("First", "Second"):
        bar.add(Tab(name, f"{name} of the workflows", "workflow"))
    strip = bar.findChild(QWidget)
    qtbot.waitUntil(lambda: strip.width() < 2 * theme.scaled(96))
    box = strip._boxes()[bar.ids().index("Second")]
    assert strip.rect().contains(box) and box.width() >= min(strip.width(), theme.scaled(140))


def test_a_dialog_begins_at_its_first_field_and_tab_comes_to_the_buttons_last(app, qtbot):
    dialog = Ask(Text("Add a server", "添加服务器"), Text("Add", "添加"))
    qtbot.addWidget(dialog)
    fields = [dialog.add(Text.same(name), LineField("", name=Text.same(name))) for name in ("Name", "Address")]
    dialog.open()
    stops = [*fields, dialog.cancel, dialog.agree]
    for stop in stops:
        qtbot.waitUntil(stop.hasFocus)
        QTest.keyClick(stop, Qt.Key.Key_Tab)
    qtbot.waitUntil(fields[0].hasFocus)


def test_a_link_in_a_column_of_words_begins_where_they_do(app):
    link = Button(Text("Last run", "上次运行"), kind="link", size="sm")
    framed = link.sizeHint().width()
    link.set_flush()
    assert link.sizeHint().width() == framed - 2 * theme.size("control.padX.sm")


@pytest.mark.parametrize(
    "words", ["Three words wrap here, and then some more.", "水泵保修期为 24 个月，配件另有规定。" * 2]
)
def test_words_that_wrap_stand_in_lines_of_the_height_that_the_tokens_ask(app, qtbot, words):
    label = Label(words, "body", wrap=True)
    qtbot.addWidget(label)
    one = Label("x", "body", wrap=True).heightForWidth(200)
    assert one == theme.line("body")
    heights = [label.heightForWidth(width) for width in (60, 120, 240, 4000)]
    assert heights == sorted(heights, reverse=True) and heights[0] > heights[-1] == one
    assert all(height % one == 0 for height in heights), "Chinese makes no line taller"
    label.setContentsMargins(0, 5, 0, 5)
    assert label.heightForWidth(4000) == one + 10
    assert Label("a\nb\nc", "dense", wrap=True).heightForWidth(200) == 3 * theme.line("dense")


def test_a_dialog_grows_when_it_has_to_say_what_is_wrong(app, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(1200, 900)
    dialog = Ask(Text.same("Add a remote server"), Text.same("Add"), parent=parent)
    fields = [dialog.add(Text.same(name), LineField("", name=Text.same(name))) for name in ("Address", "Key", "Name")]
    with qtbot.waitExposed(dialog):
        dialog.open()
    before = dialog.height()
    dialog.say_problem(Text.same("Nothing answers there. Check the address and that the server runs. " * 4))
    qtbot.waitUntil(lambda: dialog.height() > before, timeout=30_000)
    dialog.layout().activate()
    problem = dialog.problem
    assert problem.height() >= problem.heightForWidth(problem.width()) > theme.line("dense")
    assert all(field.height() == theme.size("control.height.md") for field in fields), "nothing is squeezed for it"
