"""Answers as they arrive: the same document in the end, nothing loaded, nothing opened."""

import random
import socket

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QTextCursor, QTextDocument

from studio.engine.text import Text
from studio.ui.theme import theme
from studio.ui.widgets.formulas import Formula, formulas
from studio.ui.widgets.links import ask_to_open, open_now
from studio.ui.widgets.markdown import MarkdownView
from studio.ui.widgets.markdown_inline import MATH
from studio.ui.widgets.markdown_writer import ROLE

ANSWER = """**The K7 drives the rise** in 华南 [1], see *这里* and `K7-2508`.
A second line
接着的中文
没有空格

## What we owe 我们的责任

- Pump fault: free repair [2]
- 七日无理由退货 [3]
  1. nested one
  2. nested two

3. third
4. fourth

> quoted 引用

```sql
SELECT 1 -- 注释

FROM t
```

| a | b |
|---|--:|
| 一 | 2 [4] |
| three | 4 |

---

Last words, ![alt](http://x.test/a.png) and [link](https://example.com/?q=1)."""


@pytest.fixture
def view(qtbot):
    made = MarkdownView()
    qtbot.addWidget(made)
    made.resize(600, 10)
    made.show()
    return made


def streamed(view: MarkdownView, text: str, seed: int) -> None:
    """In pieces of any size, each shown at once."""
    dice = random.Random(seed)
    place = 0
    while place < len(text):
        size = dice.randint(1, 12)
        view.append(text[place : place + size])
        view._flush()
        place += size
    view.finish()


def shape(view: MarkdownView) -> list[tuple[str, object, float]]:
    """The written blocks; those of one pixel that Qt keeps beside tables do not count."""
    found, block = [], view.document().begin()
    while block.isValid():
        if block.text():
            look = block.blockFormat()
            found.append((block.text(), look.property(ROLE), look.leftMargin()))
        block = block.next()
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_streamed_answer_ends_as_the_whole_one(view, qtbot, seed):
    whole = MarkdownView()
    qtbot.addWidget(whole)
    whole.set_markdown(ANSWER)
    streamed(view, ANSWER, seed)
    assert view.plain_text() == whole.plain_text()
    assert shape(view) == shape(whole)


def test_finished_blocks_are_left_alone_while_the_tail_grows(view):
    view.append("First paragraph.\n\nSecond paragr")
    view._flush()
    first = view.document().begin()
    frozen = first.revision(), view._frozen
    view.append("aph grows")
    view._flush()
    assert view._frozen == frozen[1] == len("First paragraph.\n\n")
    assert "Second paragraph grows" in view.plain_text()


def test_the_reader_sees_words_with_chips_as_numbers(view):
    view.set_markdown(ANSWER)
    text = view.plain_text()
    assert "The K7 drives the rise in 华南 [1], see 这里 and K7-2508." in text
    assert "A second line 接着的中文没有空格" in text
    assert "SELECT 1 -- 注释\n\nFROM t" in text
    assert "一\t2 [4]\nthree\t4" in text
    assert "image: alt and link." in text
    assert "**" not in text


def test_a_paragraph_is_shown_within_a_moment_without_being_asked(view, qtbot):
    view.append("Hello 你好")
    qtbot.waitUntil(lambda: "你好" in view.plain_text(), timeout=60_000)


def test_chinese_is_never_italic(view):
    view.set_markdown("*slanted 斜体*")
    cursor = QTextCursor(view.document())
    cursor.setPosition(3)
    assert cursor.charFormat().fontItalic()
    cursor.setPosition(10)
    assert not cursor.charFormat().fontItalic()


def test_only_known_sources_become_chips(view):
    view.set_known({2})
    view.set_markdown("items[1] says [2]")
    assert view.document().toPlainText() == "items[1] says \ufffc"


def centre_of(view: MarkdownView, letter: str) -> QPoint:
    cursor = QTextCursor(view.document())
    cursor.setPosition(view.document().toPlainText().index(letter))
    start = view.cursorRect(cursor)
    cursor.setPosition(cursor.position() + 1)
    end = view.cursorRect(cursor)
    return QPoint((start.left() + end.left()) // 2, start.center().y())


def test_a_click_on_a_chip_tells_its_number(view, qtbot):
    view.set_markdown("It rose [12].")
    with qtbot.waitSignal(view.chip_clicked) as heard:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre_of(view, "\ufffc"))
    assert heard.args == [12]


def test_a_flagged_chip_says_why(view):
    view.set_markdown("It rose [3].")
    view.set_chip_tips({3: "After-sales handbook"})
    view.set_flagged({3}, Text("Not in the source.", "来源里没有。"))
    assert view._tip(centre_of(view, "\ufffc")) == "After-sales handbook\nNot in the source."


def colours(view: MarkdownView) -> set[str]:
    image = view.grab().toImage()
    return {QColor(image.pixel(x, y)).name() for x in range(0, 120) for y in range(0, image.height())}


def test_a_selected_chip_is_solid(view):
    from studio.ui.theme import theme

    view.set_markdown("[1]")
    assert theme.css("accent.solid") not in colours(view)
    view.set_selected(1)
    assert theme.css("accent.solid") in colours(view)


def test_a_link_is_told_and_not_followed(view, qtbot):
    view.set_markdown("[L](https://example.com/a?b=c)")
    with qtbot.waitSignal(view.link_clicked) as heard:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre_of(view, "L"))
    assert heard.args == ["https://example.com/a?b=c"]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "chip:7", "smb://x/y"]
)
def test_a_dangerous_address_is_no_link(view, address):
    view.set_markdown(f"[click]({address})")
    cursor = QTextCursor(view.document())
    cursor.setPosition(2)
    assert not cursor.charFormat().isAnchor()


def test_the_dialog_shows_the_whole_address_and_refuses_files(qtbot, view):
    address = "https://example.com/" + "very-long/" * 30
    box = ask_to_open(view, address)
    qtbot.addWidget(box)
    assert box.informativeText().replace("\u200b", "") == address
    assert not open_now("file:///etc/passwd")
    box.close()


def test_nothing_is_loaded_for_an_image_or_raw_html(view):
    view.set_markdown('<img src="file:///etc/hostname"> ![x](file:///etc/hostname)')
    assert view.loadResource(QTextDocument.ResourceType.ImageResource.value, QUrl("file:///etc/hostname")) is None
    assert '<img src="file:///etc/hostname">' in view.plain_text()


def test_code_is_coloured_once_its_fence_is_closed(view):
    def looks() -> int:
        block = view.document().begin()
        return len({block.layout().formats().__len__(), *(f.start for f in block.textFormats())})

    view.append("```sql\nSELECT 1\n")
    view._flush()
    plain = looks()
    view.append("```\n\nmore")
    view._flush()
    assert looks() > plain


def test_the_view_grows_with_its_text(view, qtbot):
    view.set_markdown("one line")
    small = view.height()
    with qtbot.waitSignal(view.grown):
        view.set_markdown("one line\n\n" * 10)
    assert view.height() > 5 * small


def test_code_can_be_copied_from_its_own_button(view, qtbot):
    from PySide6.QtGui import QGuiApplication

    from studio.ui.widgets.buttons import IconButton

    view.set_markdown("```python\nif x:\n    y = '好'\n```")
    view.findChild(IconButton).click()
    assert QGuiApplication.clipboard().text() == "if x:\n    y = '好'"


def test_a_change_of_theme_in_the_middle_of_a_stream_keeps_every_word(view):
    from studio.ui.theme import theme

    view.append("Hello\n\n- a\n- b")
    view._flush()
    theme.changed.emit()
    view.append("c\n\nend")
    view.finish()
    assert view.plain_text() == "Hello\n•\ta\n•\tbc\nend"


@pytest.mark.parametrize(
    "text", ["", "\n", "```", "|a|\n|-|", "- ", "1.", "> ", "#", "[1", "\ufffc", "a\r\nb", "![", "***"]
)
def test_odd_beginnings_do_no_harm(view, text):
    for letter in text:
        view.append(letter)
        view._flush()
    view.finish()
    view.set_markdown(text)


def test_formulas_are_set_as_outlines_and_read_as_latex(view, qtbot):
    view.set_markdown("Energy is $E = mc^2$, so\n\n$$\\frac{a}{b}$$\n\nand \\(x_1\\), \\[y\\].")
    formulas.wait()
    qtbot.waitUntil(lambda: formulas.get(Formula("E = mc^2", False, *_look())) is not None)
    outline = formulas.get(Formula("\\frac{a}{b}", True, *_look()))
    assert outline is not None and outline.size.height() > 20
    words = view.plain_text()
    assert "Energy is $E = mc^2$, so" in words
    assert "$$\\frac{a}{b}$$" in words
    assert "$x_1$" in words


@pytest.mark.parametrize(
    "text", ["It costs $5 and $6.", "From $5 to $10 a piece", "`$x$`\n\n```\n$y$\n```", "a $ b $ c"]
)
def test_dollars_that_are_money_or_code_stay_as_they_are(view, text):
    view.set_markdown(text)
    assert not any(each.objectType() == MATH for each in view.document().allFormats())


@pytest.mark.parametrize(
    "latex", ["\\frac{", "\\input{/etc/passwd}", "\\href{http://127.0.0.1/x}{y}", "{" * 500, "x" * 5000]
)
def test_what_is_no_formula_stays_readable(view, latex):
    view.set_markdown(f"See ${latex}$ here.")
    formulas.wait()
    assert latex[:20] in view.plain_text()
    view.grab()


def _look():
    return theme.font("reading").pixelSize() or 15, theme.colour("text.primary").name()


def test_of_two_chips_of_a_number_only_the_false_one_is_flagged(view):
    view.set_flagged([], None, {1: [1]})
    view.set_markdown("True [1]. False [1]. And [2].")
    assert len(view._chip.false_places) == 1
    [place] = view._chip.false_places
    before = view.document().toPlainText()[:place]
    assert "False" in before


TEMPTING = """![](http://127.0.0.1:{port}/a) ![x][ref] [ref]: http://127.0.0.1:{port}/b

[ref]: http://127.0.0.1:{port}/c

<img src="http://127.0.0.1:{port}/d"> <svg><image href="http://127.0.0.1:{port}/e"/></svg>
<link rel="stylesheet" href="http://127.0.0.1:{port}/f"> <iframe src="http://127.0.0.1:{port}/g"></iframe>
<div style="background:url(http://127.0.0.1:{port}/h)">x</div> ![](file:///etc/hostname) ![](\\\\127.0.0.1\\share\\x.png)

```mermaid
graph TD; A-->B; click A "http://127.0.0.1:{port}/i"
```

$\\href{{http://127.0.0.1:{port}/j}}{{x}}$ $\\includegraphics{{http://127.0.0.1:{port}/k}}$

| ![](http://127.0.0.1:{port}/l) | <img src=http://127.0.0.1:{port}/m> |
|---|---|
| ![](http://127.0.0.1:{port}/n) | [1](http://127.0.0.1:{port}/o) |
"""


@pytest.mark.parametrize("streamed_in", [False, True])
def test_no_text_makes_the_window_ask_a_server_for_anything(view, qtbot, streamed_in):
    """T-RENDER: a canary listens; whatever an answer holds, nobody calls."""
    with socket.socket() as canary:
        canary.bind(("127.0.0.1", 0))
        canary.listen()
        canary.settimeout(0.5)
        text = TEMPTING.format(port=canary.getsockname()[1])
        view.show()
        streamed(view, text, 1) if streamed_in else view.set_markdown(text)
        formulas.wait()
        view.grab()
        qtbot.wait(100)
        with pytest.raises(TimeoutError):
            canary.accept()


def test_a_data_address_of_many_megabytes_is_only_words(view):
    view.set_markdown(f"![x](data:image/png;base64,{'A' * 2_000_000})")
    assert view.document().characterCount() < 3_000_000
