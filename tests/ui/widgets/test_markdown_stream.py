"""Long answers as they arrive: what is finished stays as it is, and the end is what a text shown at once would be."""

import random

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication, QImage, QRegion, QTextCursor, QTextTable
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.formulas import formulas
from studio.ui.widgets.highlight import spans
from studio.ui.widgets.markdown import MarkdownView
from studio.ui.widgets.markdown_table import shared_out
from studio.ui.widgets.panel import Surface, scroll

LONGEST = 60_000  # milliseconds that a slow machine may take
HEAD = "| Code | Fault 故障 | Months |\n|---|---|--:|\n"
ROWS = [f"| E{number:02} | Pump 水泵 {'x' * (number % 9)} [{number % 3 + 1}] | {number} |\n" for number in range(34)]
WIDE = "| E99 | **a cell that is far wider than those before it** `K7` $E = mc^2$ | 1,000,000 |\n"
CODE = "".join(
    f"def row_{number}(table):  # 注释 {number}\n\treturn '''a\n\n  {number}''' + table[{number}]\n\n"
    for number in range(60)
)
TEXTS = {
    "table": "Before.\n\n" + HEAD + "".join(ROWS[:30]) + WIDE + "".join(ROWS[30:]) + "\nAfter [1].\n",
    "open table": HEAD + "".join(ROWS[:4]) + "| E5 | half",
    "two tables": HEAD + ROWS[0] + "\n" + HEAD + ROWS[1] + ROWS[2] + "no bars\n\n- end",
    "broken rows": "a | b\n- | -\n1\n1 | 2 | 3\n> quote | x\n\na | b\n--|--\n**1 | 2**\n- item | x\n",
    "table in a list": "- one\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n  | 3 | [4] |\n\n- two\n",
    "list": "".join(f"{number}. **Part {number}** is free [2]\n   - 七日无理由\n" for number in range(1, 12)),
    "code": "```python\n" + "".join(f"row_{number} = {number}  # 注释\n" for number in range(12)) + "```\nend",
    "long code": "Before\n\n```python\n" + CODE + "\n\n```\n\nafter\n",
    "long code at the end": "~~~sql\n" + "SELECT count(*), 'x' FROM t -- 注释\n" * 60 + "\n~~~",
    "open code": "```python\n" + CODE + "``",
    "two codes": "```python\n" + CODE + "```\n```js\n" + "let x = `a`;\n" * 90 + "```\n- end",
    "chinese": "".join(f"自购买之日起 {number} 个月内，**水泵故障**免费维修 [1]，提供备用机。" for number in range(12)),
    "formulas": "So $a^2$:\n\n$$\\frac{a}{b}$$\n\n| f | g |\n|---|---|\n| $x_1$ | \\(y\\) |\n| $\\sum_i x_i + y_i$ | 2 |\n",
}


@pytest.fixture
def view(qtbot, qapp):
    yield made(qtbot)
    theme.apply(qapp, "dark")


def made(qtbot) -> MarkdownView:
    view = MarkdownView()
    qtbot.addWidget(view)
    view.resize(520, 10)
    view.show()
    return view


def write(view: MarkdownView, text: str, seed: int = 1) -> None:
    dice = random.Random(seed)
    while text:
        size = dice.randint(3, 30)
        view.append(text[:size])
        view._flush()
        text = text[size:]


def rows(view: MarkdownView) -> list[QTextTable]:
    return [frame for frame in view.document().rootFrame().childFrames() if isinstance(frame, QTextTable)]


def widths(row: QTextTable) -> list[float]:
    return [length.rawValue() for length in row.format().toTableFormat().columnWidthConstraints()]


def drawn(view: MarkdownView) -> tuple[object, ...]:
    """Everything that a reader can tell: words, places, columns, pixels."""
    return (
        view.plain_text(),
        [widths(row) for row in rows(view)],
        view.document().size(),
        painted(view),
    )


def painted(view: MarkdownView) -> QImage:
    """Without the buttons, of which one may have the focus."""
    image = QImage(view.size(), QImage.Format.Format_RGB32)
    image.fill(0)
    view.viewport().render(image, QPoint(), QRegion(), QWidget.RenderFlag.DrawWindowBackground)
    return image


@pytest.mark.parametrize("kind", TEXTS)
def test_a_stream_ends_as_the_text_shown_at_once(view, qtbot, kind):
    at_once = made(qtbot)
    at_once.set_markdown(TEXTS[kind])
    write(view, TEXTS[kind])
    view.finish()
    formulas.wait()
    qtbot.waitUntil(lambda: drawn(view) == drawn(at_once), timeout=LONGEST)


def test_every_row_of_a_table_has_the_same_columns(view):
    write(view, TEXTS["table"])
    view.finish()
    assert len({tuple(widths(row)) for row in rows(view)}) == 1
    assert len(rows(view)) == 36
    assert sum(widths(rows(view)[0])) <= view.width()


def test_finished_rows_are_not_written_again(view):
    write(view, TEXTS["table"].removesuffix("\nAfter [1].\n"))
    settled = view._tail
    touched = []
    view.document().contentsChange.connect(lambda position, _removed, _added: touched.append(position))
    write(view, "| E98 | Pump | 1 |\n| E99 | Pump 水泵 [1] | 2 |\n| E100 |")
    assert touched and min(touched) >= settled - 1
    assert view._tail > settled


def test_a_row_is_read_as_one_only_while_its_table_goes_on(view):
    write(view, HEAD + ROWS[0] + ROWS[1] + "\n| E02 | no table |\n")
    view.finish()
    assert view.plain_text().endswith("\n| E02 | no table |")


def test_words_of_many_rows_are_copied_as_they_stand(view):
    write(view, TEXTS["table"])
    view.setTextCursor(between(view, "Before", "After"))
    lines = view.createMimeDataFromSelection().text().split("\n")
    assert lines[:3] == ["Before.", "Code\tFault 故障\tMonths", "E00\tPump 水泵  [1]\t0"]
    assert lines[-1] == "E33\tPump 水泵 xxxxxx [1]\t33"
    view.setTextCursor(between(view, "E04", "E07"))
    assert [line[:3] for line in view.selected_text().split("\n")][:3] == ["E04", "E05", "E06"]


def between(view: MarkdownView, first: str, last: str) -> QTextCursor:
    document = view.document()
    chosen = QTextCursor(document)
    chosen.setPosition(document.find(first).selectionStart())
    chosen.setPosition(document.find(last).selectionStart(), QTextCursor.MoveMode.KeepAnchor)
    return chosen


def test_a_table_gives_way_where_there_is_little_room(view, qtbot):
    view.set_markdown(TEXTS["table"])
    wide = widths(rows(view)[0])
    view.resize(300, view.height())
    assert sum(widths(rows(view)[0])) <= 300
    view.resize(520, view.height())
    assert widths(rows(view)[0]) == wide


def test_narrow_columns_keep_their_width_and_wide_ones_share_the_rest():
    assert shared_out([50.2, 100], 400) == [51, 100]
    assert shared_out([50, 900, 500], 450) == [50, 200, 200]


def test_the_pictures_of_what_is_finished_are_what_would_be_painted(view):
    write(view, TEXTS["two tables"] + "\n\n" + TEXTS["code"] + "\n\n" + TEXTS["list"])
    view.grab()
    write(view, TEXTS["chinese"])
    assert view._strips._kept
    with_pictures = view.grab().toImage()
    view._streaming = False
    assert with_pictures == view.grab().toImage()


def test_the_pictures_have_the_colour_of_the_surface_that_they_lie_on(qtbot, qapp):
    theme.apply(qapp, "dark")
    ground = Surface("app")
    qtbot.addWidget(ground)
    view = MarkdownView(ground)
    view.resize(520, 10)
    ground.show()
    write(view, TEXTS["list"] + "\n\n" + TEXTS["chinese"])
    ground.resize(520, view.height())
    view.grab()
    write(view, "End.")
    with_pictures = ground.grab().toImage()
    assert view._strips._kept
    view._streaming = False
    assert with_pictures == ground.grab().toImage()


@pytest.mark.parametrize(
    "change",
    [
        lambda view: view.set_flagged([1]),
        lambda view: view.set_flagged([], None, {1: [0]}),
        lambda view: view.set_selected(1),
        lambda view: view.set_stale({1: Text("Changed", "已改")}),
        lambda view: view.resize(400, view.height()),
        lambda view: theme.apply(QApplication.instance(), "light" if theme.dark else "dark"),
    ],
    ids=["flagged", "one flagged", "selected", "stale", "narrower", "colours"],
)
def test_pictures_follow_what_is_changed_meanwhile(view, change):
    write(view, "Said [1].\n\n" + TEXTS["list"] + TEXTS["chinese"])
    before = view.grab().toImage()
    change(view)
    with_pictures = view.grab().toImage()
    view._streaming = False
    assert with_pictures == view.grab().toImage()
    assert with_pictures != before


def test_an_answer_that_stands_is_not_written_again(view):
    write(view, TEXTS["table"])
    view.finish()
    touched = []
    view.document().contentsChange.connect(lambda *_: touched.append(1))
    view.set_markdown(TEXTS["table"])
    assert not touched
    view.set_markdown("Another")
    assert view.plain_text() == "Another"


LONG = "Before.\n\n" + HEAD + "".join(ROWS[number % 34] for number in range(250)) + "\nAfter [1].\n"


def in_a_column(qtbot) -> MarkdownView:
    """As an answer stands in Chat: only what is in sight is painted."""
    view, inner = MarkdownView(), QWidget()
    QVBoxLayout(inner).addWidget(view)
    area = scroll(inner)
    qtbot.addWidget(area)
    area.resize(560, 400)
    area.show()
    view.column = area  # kept as long as the view
    return view


def test_a_long_table_is_laid_out_in_turns_and_ends_as_a_streamed_one(qtbot, qapp):
    shown, streamed = in_a_column(qtbot), in_a_column(qtbot)
    shown.set_markdown(LONG)
    seen = [len(rows(shown))]
    while "After" not in shown.plain_text():
        qapp.processEvents()
        seen.append(len(rows(shown)))
        assert shown.markdown() == LONG
    assert seen[0] < 20 and len(seen) > 5, "the window has its turn between a few rows and the next"
    write(streamed, LONG)
    streamed.finish()
    assert len(rows(shown)) == 251
    qtbot.waitUntil(lambda: drawn(shown) == drawn(streamed), timeout=LONGEST)  # the scroll bars have come


def test_a_cell_that_is_wider_than_those_of_many_rows_makes_all_of_them_wider(qtbot, qapp):
    view = in_a_column(qtbot)
    write(view, HEAD + "".join(ROWS[number % 34] for number in range(120)))
    narrow = widths(rows(view)[0])
    write(view, WIDE + ROWS[0] + ROWS[1])
    view.finish()
    qtbot.waitUntil(lambda: len({tuple(widths(row)) for row in rows(view)}) == 1, timeout=LONGEST)
    assert widths(rows(view)[0])[1] > narrow[1]


def coloured(view: MarkdownView) -> list[tuple[str, str]]:
    """The words of code and their colours, without what has the colour of plain words."""
    found, block = [], view.document().begin()
    while block.isValid():
        step = block.begin()
        while not step.atEnd():
            look = step.fragment().charFormat()
            if look.foreground().color() != theme.colour("text.primary"):
                found.append((step.fragment().text(), look.foreground().color().name()))
            step += 1
        block = block.next()
    return found


def joined(pieces: list[tuple[str, str]]) -> dict[str, str]:
    """The words of each colour: two pieces that follow each other may stand as one."""
    words: dict[str, str] = {}
    for text, colour in pieces:
        words[colour] = words.get(colour, "") + text.replace("\u2028", "").replace("\n", "")
    return words


def test_a_long_code_is_laid_out_and_coloured_in_turns(qtbot, qapp):
    view = in_a_column(qtbot)
    view.set_markdown("```python\n" + CODE * 2 + "```\n")
    code = (CODE * 2).rstrip("\n").replace("\t", "    ")
    seen = [view.plain_text()]
    while view.plain_text() != code:
        assert code.startswith(seen[-1])
        qapp.processEvents()
        seen.append(view.plain_text())
    assert len(seen[0]) < len(code) / 2, "the window has its turn before all of it is there"
    meant = [
        (code[start : start + length], theme.colour(f"syntax.{role}").name())
        for start, length, role in spans(code, "python")
    ]
    qtbot.waitUntil(lambda: joined(coloured(view)) == joined(meant), timeout=LONGEST)


def test_finished_lines_of_a_code_are_not_written_again(view):
    write(view, "```python\n" + CODE)
    settled = view._tail
    assert settled > len(CODE) / 2
    touched = []
    view.document().contentsChange.connect(lambda position, _removed, _added: touched.append(position))
    write(view, "x = 1\ny = 2\n")
    assert touched and min(touched) >= settled - 1


def test_a_long_code_has_one_card_and_one_button_that_copies_all_of_it(view, qtbot):
    write(view, "```python\n" + CODE + "```\nafter")
    view.finish()
    [button] = view.findChildren(IconButton)
    button.click()
    assert QGuiApplication.clipboard().text() == CODE.rstrip("\n").replace("\t", "    ")
    picture = painted(view)
    after = view.document().findBlock(view.document().characterCount() - 2)
    bottom = int(view.document().documentLayout().blockBoundingRect(after).top()) - 30
    assert len({picture.pixel(0, y) for y in range(20, bottom)}) == 1, "its left border goes down without a gap"
    assert len({picture.pixel(4, y) for y in range(20, bottom)}) == 1, "no border lies across it"


def test_a_long_text_goes_on_with_what_comes_while_it_is_laid_out(qtbot):
    view = in_a_column(qtbot)
    view.set_markdown(LONG, final=False)
    view.append("And **more**")
    view.append(" of it.")
    view.finish()
    qtbot.waitUntil(lambda: view.plain_text().endswith("And more of it."))
    assert view.markdown() == LONG + "And **more** of it."
    view.set_markdown("Another.")
    assert view.plain_text() == "Another."


def test_a_long_text_that_is_written_again_keeps_its_height_meanwhile(qtbot, qapp):
    view = in_a_column(qtbot)
    view.set_markdown(LONG)
    qtbot.waitUntil(lambda: view.plain_text().endswith("After [1]."))
    tall = view.height()
    theme.apply(qapp, "light")
    assert view.height() == tall and len(rows(view)) < 251
    qtbot.waitUntil(lambda: view.plain_text().endswith("After [1]."))
    assert view.height() == tall
    theme.apply(qapp, "dark")
    view.set_markdown("Short.")
    assert view.height() < 100


def test_a_table_in_a_list_stands_below_its_item(view):
    wide = "a cell so long that it takes all the room there is and needs some lines of its own to be read in full"
    view.set_markdown(
        f"1. one\n\n   | a | b |\n   |---|---|\n   | 1 | {wide} |\n\n   - two\n\n     | c |\n     |---|\n     | 1 |\n"
    )
    indents = [row.format().leftMargin() for row in rows(view)]
    item = view.document().firstBlock().blockFormat().leftMargin()
    assert indents == [item, item, 2 * item - 6, 2 * item - 6]
    assert all(sum(widths(row)) + row.format().leftMargin() < view.document().textWidth() for row in rows(view))
