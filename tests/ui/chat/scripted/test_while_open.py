"""What happens to a thread while it is open: its sources change, it is edited, a query is looked at again."""

import json

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.ui.frame.notices import Toast
from studio.ui.widgets.code import CodeEditor
from tests.chat.workshop import ROWS
from tests.ui.chat.scripted.story import KEEP, SQL, WORDS, as_on_disk, begun, go_on, last, opened, say_in_turn, words
from tests.ui.real import Painted


def answered(desk, view, models, folder):
    """A thread whose answer stands on rows of a dataset, which is given."""
    (folder / "orders.csv").write_text(ROWS)
    dataset = desk.wait(desk.engine.datasets.register(folder / "orders.csv", "orders"))
    say_in_turn(models, SQL, "The number of orders is 3. [1]")
    opened(desk, view, title="Orders", datasets=[dataset.id])
    view.ask("How many orders are there?")
    desk.until(lambda: len(view.middle.views()) == 2 and not view.lives and last(view).message.status == "done")
    assert [(source.kind, source.cited) for source in last(view).message.sources] == [("rows", True)]
    return dataset


def test_a_chip_is_stale_as_soon_as_its_source_moves_on_and_again_when_it_is_gone(desk, view, models, tmp_path):
    dataset = answered(desk, view, models, tmp_path)
    assert last(view).stale_note.isHidden()
    (tmp_path / "more.csv").write_text(ROWS + "华北,9\n")
    desk.wait(desk.engine.datasets.create_version(dataset.id, tmp_path / "more.csv"))
    desk.until(lambda: not last(view).stale_note.isHidden())
    assert "is at version 2; this answer read version 1" in last(view).stale_note.words.whole()
    assert not view.sources.stale.isHidden()
    parts = (view.sources.match, view.sources.stale, view.sources.open)
    desk.until(lambda: all(each.width() >= each.minimumSizeHint().width() for each in parts if each.isVisible()))
    desk.wait(desk.engine.datasets.delete(dataset.id))
    desk.until(lambda: "The dataset “orders” is gone." in last(view).stale_note.words.whole())
    desk.wait(desk.engine.datasets.restore(dataset.id))
    desk.until(lambda: "is at version 2" in last(view).stale_note.words.whole())


def test_a_chip_that_is_pressed_is_looked_at_again_as_its_file_may_have_been_changed_elsewhere(
    desk, view, models, tmp_path
):
    answered(desk, view, models, tmp_path)
    (tmp_path / "orders.csv").write_text(ROWS + "华北,9\n")
    assert last(view).stale_note.isHidden()
    last(view).chip.emit(last(view).message.id, 1)
    desk.until(lambda: not last(view).stale_note.isHidden())
    assert "is at version 2; this answer read version 1" in last(view).stale_note.words.whole()


def test_a_tool_with_long_arguments_is_decided_on_by_the_keyboard_alone(desk, view, models):
    made = desk.wait(desk.engine.workflows.create("Keep a note", KEEP, "Save a note for later."))
    desk.wait(desk.engine.workflows.publish(made.id))
    long = {"note": "a new seal " * 5000}
    models.stall_after, models.calls = None, [("run_workflow_1", json.dumps(long))]
    opened(desk, view, title="Tools", tools=[f"workflow:{made.id}"])
    view.ask("Do it.")
    desk.until(lambda: view.middle.views() and getattr(last(view), "approval", None) is not None)
    desk.until(lambda: last(view).approval.isVisible() and last(view).approval.height() < desk.window.height() / 2)
    desk.window.activateWindow()
    field = view.middle.composer.input
    field.setFocus()
    reached = []
    for _ in range(5):
        QTest.keyClick(desk.window.focusWidget(), Qt.Key.Key_Backtab)
        reached.append(desk.window.focusWidget())
    approval = last(view).approval
    assert reached[:4] == [approval.buttons[name] for name in ("no", "always", "thread", "once")]
    assert isinstance(reached[4], CodeEditor) and json.loads(reached[4].text()) == long, "all of it can be read"
    approval.buttons["no"].setFocus()
    QTest.keyClick(approval.buttons["no"], Qt.Key.Key_Space)
    desk.until(lambda: not view.lives)
    desk.until(lambda: desk.window.focusWidget() is field)  # one goes on writing


def test_the_sources_beside_are_those_of_the_branch_that_is_shown(desk, view, models, tmp_path):
    answered(desk, view, models, tmp_path)
    first = last(view).message
    say_in_turn(models, "```sql\nSELECT sum(amount) AS amount FROM orders\n```", "The amount is 12. [1]")
    view.acting.edit_question(view.middle.views()[0].message, "What is the amount of all orders?")
    desk.until(lambda: view.lives)
    desk.until(lambda: not view.lives and "12" in words(view)[-1] and last(view).message.status == "done")
    desk.until(lambda: any("sum" in (source.sql or "") for source in view.sources.sources[:1]))
    desk.until(lambda: view.middle.views()[0].versions.words.whole() == "2 of 2")
    view.middle.views()[0].versions.before.click()
    desk.until(lambda: last(view).message.id == first.id)
    assert [source.sql for source in view.sources.sources] == [source.sql for source in first.sources]


def test_esc_leaves_the_query_that_is_edited_as_it_was(desk, view, models, tmp_path):
    answered(desk, view, models, tmp_path)
    desk.until(lambda: last(view).step_card(0) is not None)
    query = last(view).step_card(0).query
    query.edit()
    query.editor.setPlainText("SELECT 2")
    QTest.keyClick(query.editor, Qt.Key.Key_Escape)
    assert query.editor is None and not query.code.isHidden() and query.pencil.isVisible()


def test_up_in_the_empty_field_edits_the_last_question(desk, view, models):
    models.stall_after = None
    opened(desk, view, title="Edit")
    view.ask("Count.")
    desk.until(lambda: len(view.middle.views()) == 2 and not view.lives)
    QTest.keyClick(view.middle.composer.input, Qt.Key.Key_Up)
    editor = view.middle.views()[0].editor
    assert editor.area.toPlainText() == "Count."
    editor.area.setPlainText("Count again.")
    QTest.keyClick(editor.area, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.until(lambda: words(view)[:1] == ["Count again."] and len(words(view)) == 2 and not view.lives)


def test_an_edit_that_comes_while_an_answer_is_written_is_not_lost(desk, view, models):
    thread = opened(desk, view, title="Edit")
    view.ask("Count.")
    desk.until(lambda: begun(view))
    question = view.middle.views()[0]
    question.edit()
    question.editor.area.setPlainText("Count to ten.")
    QTest.keyClick(question.editor.area, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert question.editor.area.toPlainText() == "Count to ten."
    assert desk.window.findChildren(Toast)
    go_on(desk, models)
    desk.until(lambda: not view.lives and len(words(view)) == 2 and words(view)[-1] == "".join(WORDS))
    assert question.editor.area.toPlainText() == "Count to ten."
    QTest.keyClick(question.editor.area, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    desk.until(lambda: words(view)[:1] == ["Count to ten."] and not view.lives and as_on_disk(desk, view, thread))


def test_a_message_that_is_searched_for_stays_in_sight_while_a_long_table_above_it_is_laid_out(desk, view):
    table = "| n | city |\n|---|---|\n" + "".join(f"| {number} | 广州 |\n" for number in range(250))
    said = [("user", "All cities?"), ("assistant", table), ("user", "And 水泵?"), ("assistant", "None. " * 40)] * 2
    chat = {
        "title": "Cities",
        "models": ["someone"],
        "messages": [{"role": role, "content": words} for role, words in said],
    }
    export = json.dumps([{"id": "cities", "title": "Cities", "chat": chat}]).encode()
    [thread] = desk.wait(desk.engine.chat.import_threads(export))
    found = desk.wait(desk.engine.chat.find("水泵"))[-1]
    view.open_message(thread.id, found.message_id)
    desk.until(lambda: len(view.middle.views()) == 8)
    desk.until(lambda: all(each.text.plain_text().endswith("249\t广州") for each in view.middle.views()[1::4]))
    shown, area = view.showing.view_of(found.message_id), view.middle.area.viewport()
    desk.until(lambda: area.rect().contains(shown.mapTo(area, QPoint(0, shown.height() - 1))))


def test_a_new_look_is_seen_each_time_that_it_is_chosen(desk, view, app):
    field, painted = view.middle.composer.input.viewport(), []
    watch = Painted(field, painted)
    look = desk.window.look
    for wanted in ("light", "dark", "light", "dark"):
        painted.clear()
        look.wear(theme=wanted)
        desk.until(lambda: not look._changing)
        desk.until(lambda: painted)
    field.removeEventFilter(watch)
