"""The chat view over a real engine, with a model that does as it is told."""

import pytest

from studio.ui.views.chat import ChatView
from tests.chat.workshop import Workshop
from tests.ui.chat.scripted.story import WORDS
from tests.ui.real import desk_with


@pytest.fixture
def desk(tmp_path, app, bridge, qtbot, monkeypatch):
    with desk_with(ChatView, tmp_path / "home", bridge, qtbot, monkeypatch) as desk:
        yield desk


@pytest.fixture
def view(desk):
    desk.until(lambda: desk.window.current_view() is not None)
    return desk.window.current_view()


@pytest.fixture
def models(desk, view):
    """The model that the chat speaks with; it says forty words and waits after twenty."""
    workshop = Workshop(desk.engine)
    desk.engine.chat = workshop.chat
    workshop.models.words, workshop.models.stall_after = list(WORDS), 20
    return workshop.models


@pytest.fixture
def elsewhere(desk):
    """Have something written by the engine that this window did not ask for; gives the events as they come."""

    def begin(events):
        told = []

        async def write():
            async for event in events:
                told.append(event)

        desk.bridge.run(desk.owner, write())
        return told

    return begin
