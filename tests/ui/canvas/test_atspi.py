"""The canvas as a screen reader gets it: read from another process, over the accessibility bus."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

LAUNCHERS = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")
LAUNCHER = next((path for path in LAUNCHERS if Path(path).exists()), "")
ACCESSIBLE = "org.a11y.atspi.Accessible"
ROOT = "/org/a11y/atspi/accessible/root"
PATIENCE = 120

pytestmark = pytest.mark.skipif(
    not (LAUNCHER and shutil.which("dbus-daemon") and os.environ.get("DISPLAY")),
    reason="needs a display, dbus-daemon and at-spi2-core",
)


@contextmanager
def running(command: list[str], **more: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, text=True, **more) as process:
        try:
            yield process
        finally:
            process.terminate()  # the launcher then ends the bus that it has started
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


class Reader:
    """Asks objects on the accessibility bus for what they say of themselves."""

    def __init__(self, address: str) -> None:
        from jeepney.io.blocking import open_dbus_connection

        self.bus = open_dbus_connection(bus=address)

    def call(self, place: tuple[str, str], interface: str, method: str, signature: str = "", *body: Any) -> Any:
        from jeepney import DBusAddress, MessageType, new_method_call

        name, path = place
        asked = new_method_call(DBusAddress(path, name, interface), method, signature or None, body)
        answer = self.bus.send_and_get_reply(asked, timeout=PATIENCE)
        if answer.header.message_type is MessageType.error:
            raise LookupError(answer.body)
        return answer.body[0]

    def says(self, place: tuple[str, str], name: str) -> str:
        return str(self.call(place, "org.freedesktop.DBus.Properties", "Get", "ss", ACCESSIBLE, name)[1])

    def children(self, place: tuple[str, str]) -> list[tuple[str, str]]:
        return self.call(place, ACCESSIBLE, "GetChildren")

    def find(self, place: tuple[str, str], name: str) -> tuple[str, str] | None:
        """The first object of that name, a parent before its children."""
        waiting = [place]
        while waiting:
            here = waiting.pop(0)
            with suppress(LookupError):
                if self.says(here, "Name") == name:
                    return here
                waiting.extend(self.children(here))
        return None

    def state(self, place: tuple[str, str], bit: int) -> bool:
        low, high = self.call(place, ACCESSIBLE, "GetState")
        return bool((low | high << 32) >> bit & 1)


BUSY, SELECTABLE, SELECTED = 3, 22, 23


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with ExitStack() as stack:
        daemon = stack.enter_context(
            running(["dbus-daemon", "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE)
        )
        assert daemon.stdout is not None
        session = daemon.stdout.readline().strip()
        env = {
            **os.environ, "DBUS_SESSION_BUS_ADDRESS": session, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "QT_QPA_PLATFORM": "xcb",
        }  # fmt: skip
        quiet = {"env": env, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        stack.enter_context(running([LAUNCHER, "--launch-immediately"], **quiet))
        bus = Reader(session)
        address = _patiently(lambda: bus.call(("org.a11y.Bus", "/org/a11y/bus"), "org.a11y.Bus", "GetAddress"))
        board = str(Path(__file__).with_name("board_for_readers.py"))
        for language in ("en", "zh"):
            stack.enter_context(running([sys.executable, board, language], **quiet))
        yield Reader(address)


def _patiently(ask: Any) -> Any:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            found = ask()
            if found:
                return found
        except LookupError:
            pass
        assert time.monotonic() < end, "nothing answered on the accessibility bus"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def canvas(reader: Reader) -> tuple[str, str]:
    registry = ("org.a11y.atspi.Registry", ROOT)
    return _patiently(lambda: reader.find(registry, "Canvas"))


def test_the_canvas_is_a_list_of_its_steps_with_name_type_and_state(reader, canvas):
    assert reader.call(canvas, ACCESSIBLE, "GetRoleName") == "list"
    steps = reader.children(canvas)
    names = [reader.says(step, "Name") for step in steps]
    assert names[:3] == ["Orders, Dataset, done", "Returns, SQL query, running", "Each row, Map over rows, idle"]
    assert {reader.call(step, ACCESSIBLE, "GetRoleName") for step in steps[:3]} == {"list item"}


def test_every_step_tells_its_ports_and_which_have_a_wire(reader, canvas):
    said = [reader.says(step, "Description") for step in reader.children(canvas)]
    assert said[0] == "outputs: table (connected)"
    assert said[1] == "inputs: rows (connected); outputs: table"


def test_comments_frames_and_wires_are_told_after_the_steps(reader, canvas):
    said = [(reader.says(mark, "Name"), reader.says(mark, "Description")) for mark in reader.children(canvas)[3:]]
    assert said == [
        ("comment by Wei: Only paid orders. Ask Wei.", "Only paid orders.\nAsk Wei."),
        ("frame: First steps", "holds Orders, Returns"),
        ("wire: Orders, table to Returns, rows", "table"),
    ]


def test_ports_are_children_of_their_step(reader, canvas):
    step = reader.children(canvas)[1]
    ports = reader.children(step)
    assert [reader.says(port, "Name") for port in ports] == ["rows, input, table, connected", "table, output, table"]


def test_states_reach_the_reader(reader, canvas):
    first, second = reader.children(canvas)[:2]
    assert reader.state(second, SELECTED) and not reader.state(first, SELECTED)
    assert reader.state(second, BUSY) and not reader.state(first, BUSY)


def test_in_chinese_everything_is_told_in_chinese(reader):
    canvas = _patiently(lambda: reader.find(("org.a11y.atspi.Registry", ROOT), "画布"))
    parts = reader.children(canvas)
    assert [(reader.says(part, "Name"), reader.says(part, "Description")) for part in parts] == [
        ("Orders，数据集，已完成", "输出：表格（已连接）"),
        ("Returns，SQL 查询，运行中", "输入：rows（已连接）；输出：表格"),
        ("Each row，逐行处理，未运行", "输入：行，result；输出：表格，行"),
        ("Wei 的注释：Only paid orders. Ask Wei.", "Only paid orders.\nAsk Wei."),
        ("分组框：First steps", "包含 Orders、Returns"),
        ("连线：Orders 的 table 到 Returns 的 rows", "表格"),
    ]
    assert [reader.says(port, "Name") for port in reader.children(parts[1])] == [
        "rows，输入，表格，已连接",
        "表格，输出，表格",
    ]
