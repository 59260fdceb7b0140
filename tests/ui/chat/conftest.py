"""The chat view over a real engine with the sample project and the model that is included."""

import json

import pytest

from studio.ui.views.chat import ChatView
from tests.ui.real import desk_with

QUESTION = "How long is the warranty on the K7 pump, and how many K7 were returned in 华南?"
STORY = "Tell me a very long story about a lighthouse, a ship and a storm."


@pytest.fixture
def desk(copy_of_sample, app, bridge, qtbot, monkeypatch):
    with desk_with(ChatView, copy_of_sample, bridge, qtbot, monkeypatch) as desk:
        yield desk


@pytest.fixture
def view(desk):
    desk.until(lambda: desk.window.current_view() is not None)
    view = desk.window.current_view()
    desk.until(lambda: view.around.datasets and view.around.examples)
    return view


@pytest.fixture
def opened(desk, view):
    """The id of a thread with a question and an answer, which no model had to write, in front."""
    said = [{"role": "user", "content": "How many tickets are there?"}, {"role": "assistant", "content": "600."}]
    chat = {"title": "Counting", "models": ["someone"], "messages": said}
    export = json.dumps([{"id": "counting", "title": "Counting", "chat": chat}]).encode()
    [thread] = desk.wait(view.studio.engine.chat.import_threads(export))
    view.open_thread(thread.id)
    desk.until(lambda: len(view.middle.views()) == 2)
    desk.until(lambda: view.using.around.datasets)  # the pickers know what there is
    desk.until(lambda: view.middle.head.title.text() == "Counting" and view.threads.list.current() == thread.id)
    return thread.id


@pytest.fixture
def ended(view):
    """What came of the questions so far: a short answer may begin and end between two looks at those that are being written."""
    over = []
    view.asking.ended.connect(lambda _, message: over.append(message))
    return over


@pytest.fixture
def answered(desk, view, ended):
    """Ask, and wait for the end; gives the answer as it is on disk."""

    def ask(question=QUESTION):
        ended.clear()
        view.ask(question)
        desk.until(lambda: ended and not view.lives)
        return desk.wait(view.studio.engine.chat.messages(view.front.id))[-1]

    return ask


@pytest.fixture
def last(view):
    """The answer that stands last in the column."""
    return lambda: view.middle.views()[-1]
