"""Answers that others have written (`studio chat`, the API, another window) in a thread that is open here."""

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.engine.chat.message import Answered, Asked, Message, Piece, after
from studio.engine.chat.telling import Telling
from studio.ui.widgets.discard import widgets_of
from tests.chat.rooms import ScriptedModels
from tests.chat.workshop import ROWS
from tests.ui.chat.scripted.story import KEEP, SQL, WORDS, as_on_disk, begun, go_on, last, opened, words


def test_an_answer_that_is_asked_for_elsewhere_streams_in_the_open_thread(desk, view, models, elsewhere):
    thread = opened(desk, view, title="Read along")
    elsewhere(desk.engine.chat.ask(thread, "Count."))
    desk.until(lambda: begun(view))
    assert words(view)[0] == "Count." and not last(view).running.isHidden()
    assert view.middle.composer.button.text() == "Stop"
    desk.until(lambda: [row.icon for row in view.threads.list.rows() if row.id == thread] == ["loader-circle"])
    go_on(desk, models)
    desk.until(lambda: not view.lives and as_on_disk(desk, view, thread))
    assert last(view).text.plain_text().split() == "".join(WORDS).split()
    assert last(view).running.isHidden() and view.middle.composer.button.text() == "Send"
    desk.until(lambda: [row.icon for row in view.threads.list.rows() if row.id == thread] == [""])


def test_a_thread_that_is_opened_while_its_answer_is_written_elsewhere_streams_from_there(
    desk, view, models, elsewhere
):
    thread = desk.wait(desk.engine.chat.create(title="Half")).id
    told = elsewhere(desk.engine.chat.ask(thread, "Count."))
    desk.until(lambda: any(isinstance(event, Piece) for event in list(told)))
    view.open_thread(thread)
    desk.until(lambda: view.lives and begun(view))
    go_on(desk, models)
    desk.until(lambda: not view.lives and as_on_disk(desk, view, thread))
    assert len(view.middle.views()) == 2


def test_an_answer_that_is_written_elsewhere_is_stopped_with_esc(desk, view, models, elsewhere):
    thread = opened(desk, view, title="Stop")
    told = elsewhere(desk.engine.chat.ask(thread, "Count."))
    desk.until(lambda: view.lives and begun(view))
    QTest.keyClick(view.middle.composer.input, Qt.Key.Key_Escape)
    desk.until(lambda: not view.lives and not desk.engine.chat.answering(thread))
    desk.until(lambda: getattr(told[-1], "message", None) is not None)  # whoever asked is told
    assert told[-1].message.status == "stopped"
    desk.until(lambda: as_on_disk(desk, view, thread) and last(view).message.status == "stopped")
    assert "Stopped" in [note.words.whole() for note in widgets_of(last(view).notes)]
    desk.until(lambda: models.closed)


def test_a_tool_of_an_answer_from_elsewhere_is_allowed_here_and_shows_its_card(desk, view, models, elsewhere):
    made = desk.wait(desk.engine.workflows.create("Keep a note", KEEP, "Save a note for later."))
    desk.wait(desk.engine.workflows.publish(made.id))
    models.stall_after, models.calls = None, [("run_workflow_1", '{"note": "a new seal"}')]
    thread = desk.wait(desk.engine.chat.create(title="Tools", tools=[f"workflow:{made.id}"])).id
    elsewhere(desk.engine.chat.ask(thread, "Do it."))
    desk.until(lambda: desk.engine.chat.answering(thread))
    view.open_thread(thread)
    desk.until(lambda: view.middle.views() and getattr(last(view), "approval", None) is not None)
    last(view).approval.buttons["once"].click()
    desk.until(lambda: not view.lives and as_on_disk(desk, view, thread))
    assert last(view).step_card(0).step.tool == f"workflow:{made.id}"
    assert "notes" in [each.name for each in desk.wait(desk.engine.datasets.list())]


def test_sources_and_cards_of_an_answer_from_elsewhere_come_with_it(desk, view, models, elsewhere, tmp_path):
    (tmp_path / "orders.csv").write_text(ROWS)
    dataset = desk.wait(desk.engine.datasets.register(tmp_path / "orders.csv", "orders"))
    thread = opened(desk, view, title="Sources")
    speak, turns = models.chat, [([SQL], None), (list(WORDS), 20)]

    async def chat(*asked, **wishes):
        """The query, then the answer."""
        models.words, models.stall_after = turns.pop(0)
        async for piece in speak(*asked, **wishes):
            yield piece

    models.chat = chat
    elsewhere(desk.engine.chat.ask(thread, "How many orders are there?", datasets=[dataset.id]))
    desk.until(lambda: view.lives and begun(view))
    desk.until(lambda: last(view).step_card(0) is not None)
    assert last(view).step_card(0).step.sql and view.sources.sources
    go_on(desk, models)
    desk.until(lambda: not view.lives and as_on_disk(desk, view, thread))


def test_another_version_and_one_beside_that_are_written_elsewhere_stand_where_they_belong(
    desk, view, models, elsewhere
):
    models.stall_after = None
    thread = opened(desk, view, title="Versions")
    view.ask("Count.")
    desk.until(lambda: view.lives)
    desk.until(lambda: not view.lives and as_on_disk(desk, view, thread))
    first = last(view).message
    models.stall_after = 20
    elsewhere(desk.engine.chat.answer_again(thread, first.id))
    desk.until(lambda: view.lives and last(view).message.id != first.id and begun(view))
    assert len(view.middle.views()) == 2
    elsewhere(desk.engine.chat.answer_again(thread, first.id, beside=True))
    desk.until(lambda: len(view.middle.views()) == 3 and begun(view))
    assert view.asking.others
    view.stop()
    desk.until(lambda: not view.asking.busy(thread) and not desk.engine.chat.answering(thread))
    desk.until(lambda: {each.message.status for each in view.middle.views()[1:]} == {"stopped"})


def test_what_begins_while_a_thread_is_being_opened_is_followed(desk, view, models, elsewhere):
    """The question is taken after the thread was read for the window, and before it is shown."""
    thread = desk.wait(desk.engine.chat.create(title="Late")).id
    show = view.opening._show

    def late(thread_id, found):
        elsewhere(desk.engine.chat.ask(thread, "Count."))
        desk.until(lambda: desk.engine.chat.written_in(thread))
        desk.until(lambda: view.opening._missed)
        show(thread_id, found)

    view.opening._show = late
    view.open_thread(thread)
    desk.until(lambda: view.lives and begun(view))
    go_on(desk, models)
    desk.until(lambda: not view.lives and as_on_disk(desk, view, thread))


def test_who_reads_further_up_stays_there_when_others_ask(desk, view, models, elsewhere):
    models.words, models.stall_after = ["long\n\n" * 80], None
    thread = opened(desk, view, title="Reading")
    view.ask("First.")
    desk.until(lambda: view.lives)
    desk.until(lambda: not view.lives and as_on_disk(desk, view, thread))
    bar = view.middle.area.verticalScrollBar()
    desk.until(lambda: bar.maximum() > 200 and bar.value() == bar.maximum())
    bar.setValue(40)
    elsewhere(desk.engine.chat.ask(thread, "Second."))
    desk.until(lambda: len(view.middle.views()) == 4 and not view.lives and as_on_disk(desk, view, thread))
    assert bar.value() == 40


def test_the_second_of_two_answers_is_stopped_when_the_first_has_ended(desk, view, models):
    models.stall_after = None
    slow = ScriptedModels(words=list(WORDS), stall_after=3)

    async def chat(model, messages, **wishes):
        async for piece in (slow if model == "slow" else fast)(model, messages, **wishes):
            yield piece

    fast, get = models.chat, models.get
    slow = slow.chat

    async def named(name=""):
        return (await get(name)).model_copy(update={"id": "slow" if name == "slow" else "fast"})

    models.chat, models.get = chat, named
    thread = opened(desk, view, title="Two", beside="slow")
    view.ask("Count.")
    desk.until(lambda: not view.lives and view.asking.others and len(view.middle.views()) == 3)
    assert view.middle.composer.button.text() == "Stop"
    QTest.keyClick(view.middle.composer.input, Qt.Key.Key_Escape)
    desk.until(lambda: not desk.engine.chat.answering(thread) and not view.asking.busy(thread))
    assert view.middle.composer.button.text() == "Send"


def test_what_is_told_to_one_who_joins_late_is_the_answer_so_far_and_then_the_rest():
    """Also when the first of what was told is no longer kept."""

    async def story(pieces, more):
        question = Message(id="q", thread_id="t", role="user", content="?", created_at=0)
        asked = Asked(question, Message(id="a", thread_id="t", role="assistant", status="streaming", created_at=0))
        telling = Telling(asked, most=6)
        telling.take(asked)
        for number in range(pieces):
            telling.take(Piece(f"{number} "))
        seen = telling.join()
        first = await anext(seen)
        answer = first.answer
        whole = asked.answer.model_copy(
            update={"content": "".join(f"{number} " for number in range(pieces + more)), "status": "done"}
        )
        for number in range(pieces, pieces + more):
            telling.take(Piece(f"{number} "))
        telling.take(Answered(whole))
        rest = [event async for event in seen]
        for event in rest:
            answer = event.answer if isinstance(event, Asked) else after(answer, event)
        return first.question, answer, whole, rest[-1]

    for pieces, more in ((0, 2), (3, 2), (20, 2), (3, 30)):
        question, answer, whole, end = asyncio.run(story(pieces, more))
        assert question.content == "?" and answer == whole == end.message
