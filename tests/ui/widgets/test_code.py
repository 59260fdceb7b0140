"""The code editor under a person's hands."""

import pytest
from PySide6.QtCore import Qt

from studio.engine.text import Text
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.code_marks import find_pair


@pytest.fixture
def editor(qtbot):
    made = CodeEditor("sql")
    qtbot.addWidget(made)
    made.resize(500, 200)
    made.show()
    return made


def colours(editor: CodeEditor, line: int) -> dict[str, str]:
    """What stands in which colour."""
    block = editor.document().findBlockByNumber(line)
    return {
        block.text()[span.start : span.start + span.length]: span.format.foreground().color().name()
        for span in block.layout().formats()
    }


def test_control_enter_submits_and_leaves_the_text(editor, qtbot):
    editor.set_text("SELECT 1")
    with qtbot.waitSignal(editor.submitted):
        qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert editor.text() == "SELECT 1"


def test_only_the_selection_runs_if_there_is_one(editor):
    editor.set_text("SELECT 1;\nSELECT 2;")
    assert editor.selected_or_all_text() == "SELECT 1;\nSELECT 2;"
    cursor = editor.textCursor()
    cursor.setPosition(10)
    cursor.setPosition(18, cursor.MoveMode.KeepAnchor)
    editor.setTextCursor(cursor)
    assert editor.selected_or_all_text() == "SELECT 2"


def test_words_have_the_colours_of_their_roles(editor):
    from studio.ui.theme import theme

    editor.set_text("SELECT count(*) FROM t -- 注释\n/* open\n still */ WHERE x = '好' AND y IN (1)")
    first, second, third = (colours(editor, line) for line in range(3))
    assert first["SELECT"] == theme.css("syntax.keyword")
    assert first["count"] == theme.css("syntax.function")
    assert first["-- 注释"] == theme.css("syntax.comment")
    assert second["/* open"] == theme.css("syntax.comment")
    assert third[" still */"] == theme.css("syntax.comment")
    assert third["'好'"] == theme.css("syntax.string")
    assert third["IN"] == theme.css("syntax.keyword")


def test_a_comment_sign_inside_a_string_opens_nothing(editor):
    editor.set_text("SELECT '/*' AS a\nFROM t")
    assert "FROM" in colours(editor, 1)


def test_an_error_stays_until_the_text_changes(editor, qtbot):
    editor.set_text("SELECT nope")
    changes: list[int] = []
    editor.changed.connect(lambda: changes.append(1))
    editor.mark_error(1, 8, Text("No such column.", "没有这一列。"))
    editor.colours.rehighlight()
    assert editor.error_lines == {1}
    assert changes == []
    qtbot.keyClicks(editor, "x")
    assert editor.error_lines == set()
    assert changes == [1]


def test_an_error_beyond_the_text_marks_its_end(editor):
    editor.set_text("SELECT 1")
    editor.mark_error(99, 99, Text("Unexpected end.", "意外结束。"))
    assert any(mark.cursor.hasSelection() for mark in editor.extraSelections())


def test_typing_offers_completions_and_enter_takes_one(editor, qtbot):
    editor.set_completions(["ordered_at", "orders", "region"])
    qtbot.keyClicks(editor, "ord")
    assert editor.completion.is_open
    qtbot.keyClick(editor.completion.popup, Qt.Key.Key_Return)
    assert editor.text() == "ordered_at"
    assert not editor.completion.is_open


def test_a_new_line_keeps_the_indent_and_deepens_after_a_bracket(editor, qtbot):
    editor.set_text("  count(")
    editor.moveCursor(editor.textCursor().MoveOperation.End)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert editor.text() == "  count(\n    "


def test_tab_indents_the_selected_lines_and_back(editor, qtbot):
    editor.set_text("a\nb")
    editor.selectAll()
    qtbot.keyClick(editor, Qt.Key.Key_Tab)
    assert editor.text() == "  a\n  b"
    qtbot.keyClick(editor, Qt.Key.Key_Backtab)
    assert editor.text() == "a\nb"


def test_replacing_the_text_is_one_step_of_undo(editor):
    editor.set_text("one")
    editor.set_text("two")
    editor.undo()
    assert editor.text() == "one"


def test_a_prompt_tints_its_variables_and_marks_unknown_ones(qtbot):
    from studio.ui.theme import theme

    editor = CodeEditor("prompt")
    qtbot.addWidget(editor)
    editor.set_text("Handbook: {{ context }} {{typo}} 手册 {{问题}}")
    editor.set_variables({"context": "portText.docs", "问题": "portText.text"})
    found = colours(editor, 0)
    assert found["{{ context }}"] == theme.css("portText.docs")
    assert found["{{typo}}"] == theme.css("danger.text")
    assert found["{{问题}}"] == theme.css("portText.text")


def test_a_plan_can_be_read_and_not_changed(qtbot):
    editor = CodeEditor("text", read_only=True)
    qtbot.addWidget(editor)
    editor.set_text("SCAN t")
    qtbot.keyClicks(editor, "x")
    assert editor.text() == "SCAN t"


def test_a_bracket_finds_its_partner():
    assert find_pair("f(a(b))", 1) == (1, 6)
    assert find_pair("f(a(b))", 7) == (6, 1)
    assert find_pair("f(a", 2) is None
