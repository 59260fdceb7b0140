"""A file that a step kept in a bucket is opened with the system's programs from where its address is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from studio.engine.workflows.graph import Graph, Node
from tests.ui.workflows.test_again import opened

__all__ = ["opened"]


class System(QObject):
    """Stands where the system's programs are: notes what it was handed."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[Path] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.files.append(Path(url.toLocalFile()))


@pytest.fixture
def system():
    made = System()
    QDesktopServices.setUrlHandler("file", made, "take")
    yield made
    QDesktopServices.unsetUrlHandler("file")


def addressed(*places: str) -> Graph:
    """One step for each address that gives it."""
    return Graph(
        name="Addresses",
        nodes=[
            Node(id=f"p{n}", type="prompt", params={"template": place}, position=(n * 300, 0)) for n, place in enumerate(places)
        ],
    )  # fmt: skip


def test_a_recording_is_played_and_a_report_opened_and_a_program_is_not(desk, opened, system):
    objects = desk.engine.objects
    for name in ("call.wav", "report.html", "run.sh"):
        desk.wait(objects.put(f"s3://results/{name}", name.encode()))
    view = opened(
        addressed("s3://results/call.wav", "s3://results/report.html", "s3://results/run.sh", "no address"), {}
    )
    preview = view.bottom.preview
    view.bottom.show_tab("data")
    for step, name, words in (("p0", "call.wav", "Play the recording"), ("p1", "report.html", "Open the file")):
        view.choose_step(step)
        desk.until(lambda name=name: preview.words.toPlainText().endswith(name) and preview.open.isVisible())
        assert preview.open.toolTip() == words
        desk.qtbot.mouseClick(preview.open, Qt.MouseButton.LeftButton)
        desk.until(lambda name=name: [file.name for file in system.files][-1:] == [name])
        assert system.files[-1].read_bytes() == name.encode()
        assert system.files[-1].is_relative_to(desk.engine.paths.temporary), "a copy: what lies in the bucket stays"
    for step, words in (("p2", "run.sh"), ("p3", "no address")):
        view.choose_step(step)
        desk.until(lambda words=words: preview.words.toPlainText().endswith(words))
        desk.until(lambda: not preview.open.isVisible())
