"""The bridge between the window's thread and the engine's."""

import asyncio
import threading

from PySide6.QtCore import QEventLoop, QObject
from PySide6.QtWidgets import QWidget

from studio.engine.errors import NotFound, StudioError
from studio.engine.events import Notice
from studio.engine.text import Text
from studio.ui.bridge import Bridge


async def answer(value):
    return value


def test_work_runs_on_the_engines_thread_and_its_result_comes_back_on_the_windows(bridge, qtbot):
    owner, seen = QObject(), []

    async def where():
        return threading.current_thread().name

    bridge.run(owner, where(), lambda name: seen.append((name, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [("engine", threading.main_thread())]


def test_a_failure_comes_as_a_studio_error(bridge, qtbot):
    owner, seen = QObject(), []

    async def fail():
        raise ValueError("broken")

    bridge.run(owner, fail(), failed=seen.append)
    qtbot.waitUntil(lambda: bool(seen))
    assert isinstance(seen[0], StudioError)
    assert "broken" in seen[0].details


def test_an_error_nobody_waits_for_goes_to_the_window(bridge, qtbot):
    owner, seen = QObject(), []
    bridge.unhandled = seen.append

    async def fail():
        raise NotFound(Text("gone", "不存在"))

    bridge.run(owner, fail())
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0].message.en == "gone"


def test_a_closed_owner_hears_nothing_and_its_work_is_cancelled(bridge, qtbot):
    owner, heard, cancelled = QWidget(), [], threading.Event()
    started = threading.Event()

    async def slow():
        try:
            started.set()
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    bridge.run(owner, slow(), heard.append, heard.append)
    assert started.wait(60)
    owner.deleteLater()
    qtbot.waitUntil(cancelled.is_set)
    assert heard == []


def test_a_result_that_is_on_its_way_when_its_owner_goes_is_dropped(bridge, qtbot):
    owner, other, heard, arrived = QWidget(), QObject(), [], []
    finished = threading.Event()

    async def quick():
        finished.set()

    bridge.run(owner, quick(), lambda _: heard.append("closed owner"))
    assert finished.wait(60)
    owner.close()
    import shiboken6

    shiboken6.delete(owner)
    bridge.run(other, answer(1), arrived.append)
    qtbot.waitUntil(lambda: bool(arrived))
    assert heard == []


def test_cancel_ends_a_stream_and_closes_its_source(bridge, qtbot):
    owner, seen, closed = QObject(), [], threading.Event()

    async def count():
        try:
            for number in range(1_000_000):
                yield number
                await asyncio.sleep(0.001)
        finally:
            closed.set()

    handle = bridge.stream(owner, count(), seen.append)
    qtbot.waitUntil(lambda: len(seen) > 3)
    handle.cancel()
    qtbot.waitUntil(closed.is_set)
    before = len(seen)
    arrived = []
    bridge.run(owner, answer(1), arrived.append)
    qtbot.waitUntil(lambda: bool(arrived))
    assert len(seen) == before
    assert not handle.running


def test_a_stream_keeps_its_order_and_tells_its_end_last(bridge, qtbot):
    owner, seen = QObject(), []

    async def items():
        for number in range(500):
            yield number

    bridge.stream(owner, items(), seen.append, lambda: seen.append("end"))
    qtbot.waitUntil(lambda: "end" in seen)
    assert seen == [*range(500), "end"]


def test_who_listens_before_the_engine_is_there_hears_it_afterwards(bridge, engine, qtbot):
    owner, heard = QObject(), []
    bridge.listen(owner, Notice, heard.append)
    bridge.opened(engine)
    notice = Notice("info", Text("Ready", "就绪"))

    def published():
        bridge.on_loop(lambda: engine.events.publish(notice))
        return bool(heard)

    qtbot.waitUntil(published)
    assert heard[0] is notice


def test_of_two_readings_of_the_same_the_older_is_not_heard_after_the_newer(bridge, qtbot):
    owner, heard, gate = QObject(), [], threading.Event()

    async def read(word, wait):
        await asyncio.to_thread(gate.wait if wait else lambda: None)
        return word

    older = bridge.run(owner, read("older", True), heard.append, of="list")
    other = bridge.run(owner, read("other", True), heard.append, of="something else")
    bridge.run(owner, read("newer", False), heard.append, of="list")
    qtbot.waitUntil(lambda: heard == ["newer"])
    assert other.running and not older.running
    gate.set()
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == ["newer", "other"]


def test_a_callback_that_raises_does_not_stop_the_next(bridge, qtbot):
    owner, seen = QObject(), []

    def bad(_):
        raise RuntimeError("a view's fault")

    with qtbot.captureExceptions() as caught:
        bridge.run(owner, answer(1), bad)
        bridge.run(owner, answer(2), seen.append)
        qtbot.waitUntil(lambda: seen == [2])
    assert len(caught) == 1


def test_a_call_that_opens_a_dialog_does_not_hold_up_the_others(bridge: Bridge, qtbot: object) -> None:
    owner, heard, inner = QObject(), [], QEventLoop()

    async def say(word: str) -> str:
        return word

    def first(word: str) -> None:
        inner.exec()  # a dialog that is closed by what arrives meanwhile
        heard.append(word)

    bridge.run(owner, say("dialog"), first)
    bridge.run(owner, say("other"), lambda word: (heard.append(word), inner.quit()))
    qtbot.waitUntil(lambda: len(heard) == 2, timeout=60_000)
    assert heard == ["other", "dialog"]
