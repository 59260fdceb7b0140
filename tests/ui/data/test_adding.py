"""Adding data in the window: dropped, pasted, chosen from a file with several tables; long files with their progress."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import xlsxwriter
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.engine.datasets import format
from studio.ui.views.data import DataView
from studio.ui.views.data_parts.adding import AddDialog
from studio.ui.views.data_parts.pasting import addresses_in
from studio.ui.window import Window
from tests.data_rooms import held
from tests.ui.data.conftest import drop, front, until


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "销售 book.xlsx"
    with xlsxwriter.Workbook(path) as made:
        for name in ("North", "South", "West"):
            sheet = made.add_worksheet(name)
            sheet.write_row(0, 0, ["city", "amount"])
            sheet.write_row(1, 0, [f"{name} city", 1.5])
    return path


def test_of_a_file_with_several_tables_some_are_chosen(view: DataView, qtbot: QtBot, book: Path) -> None:
    view.taking.add_paths([str(book)])
    until(qtbot, lambda: view.findChild(AddDialog) is not None)
    dialog = view.findChild(AddDialog)
    until(qtbot, lambda: dialog.tables.count() == 3 and dialog.chosen_tables() == ["North"])
    until(qtbot, lambda: dialog.preview.isVisible() and dialog.preview.model.cell(0, 0) is not None)
    assert "Excel" in dialog.found.text() and dialog.form is not None
    dialog.tables.item(2).setSelected(True)
    assert not dialog.name.isEnabled(), "several tables keep their own names"
    dialog.submit()
    front(view, qtbot, "West")
    until(qtbot, lambda: {dataset.name for dataset in view.datasets} >= {"North", "West"})
    assert "South" not in {dataset.name for dataset in view.datasets}


def test_the_dialog_shows_how_a_file_is_read_and_what_deciding_changes(
    view: DataView, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes("编号;城市\n1;广州\n2;深圳\n".encode("gb18030"))
    dialog = view.add(str(path))
    until(qtbot, lambda: dialog.preview.isVisible() and dialog.preview.model.names == ["编号", "城市"])
    assert "GB18030" in dialog.found.text() and "“;”" in dialog.found.text()
    dialog.form.fields["header"].control.changed.emit("no")
    until(qtbot, lambda: dialog.preview.row_count == 3)
    dialog.form.fields["header"].control.changed.emit("yes")
    until(qtbot, lambda: dialog.preview.row_count == 2)
    QTest.keyClick(dialog.path, Qt.Key.Key_Return)
    assert front(view, qtbot, "odd").dataset.options["header"] == "yes"
    until(qtbot, lambda: view.datasets)
    assert len(view.datasets) == 1, "Enter adds it once"


def test_an_address_where_nothing_is_says_so_and_stays(view: DataView, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = view.add(str(tmp_path / "nothing.csv"))
    until(qtbot, lambda: not dialog.problem.isHidden())
    assert "nothing.csv" in dialog.problem.text() and dialog.path.text().endswith("nothing.csv")
    dialog.reject()


def test_a_table_in_the_clipboard_becomes_a_dataset_with_a_key(window: Window, view: DataView, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("id\tcity\n1\t广州\n2\t深圳\n")
    window.studio.actions.trigger("data.paste")
    until(qtbot, lambda: any(dataset.name.startswith("Pasted") for dataset in view.datasets))
    name = next(dataset.name for dataset in view.datasets if dataset.name.startswith("Pasted"))
    assert front(view, qtbot, name).table.model.cell(1, 1).text == "深圳"


def test_a_path_in_the_clipboard_is_registered(view: DataView, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "a b.csv"
    path.write_text("id\n1\n")
    QGuiApplication.clipboard().setText(f"'{path}'\n")
    view.paste()
    front(view, qtbot, "a b")


def test_words_in_the_clipboard_say_what_could_be_pasted(window: Window, view: DataView, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("just words")
    told: list[object] = []
    window.toast = lambda text, *rest: told.append(text)
    view.paste()
    until(qtbot, lambda: bool(told))
    assert "no table in the clipboard" in told[0].en


def test_what_is_dropped_is_told_apart() -> None:
    def of(text: str = "", urls: tuple[str, ...] = ()) -> list[str]:
        given = QMimeData()
        if text:
            given.setText(text)
        if urls:
            given.setUrls([QUrl(url) for url in urls])
        return addresses_in(given)

    assert of(urls=("file:///a%20b.csv", "s3://bucket/x/")) == ["/a b.csv", "s3://bucket/x/"]
    assert of("/a/b.csv\n~/c.csv\n") == ["/a/b.csv", "~/c.csv"] and of("mysql://me@host/db/t") == [
        "mysql://me@host/db/t"
    ]
    assert of("id\tname\n1\ta") == [] and of("some words") == [] and of("/a\tb") == []


def test_a_long_file_shows_its_first_rows_and_how_far_it_is(
    view: DataView, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(format, "SLOW", 1 << 20)
    gate = held(monkeypatch)
    path = tmp_path / "long.csv"
    path.write_text("id,name\n" + "".join(f"{n},a name that is long enough {n:08}\n" for n in range(100_000)))
    tab = drop(view, qtbot, path)
    assert tab.table.row_count == 1000 and not tab.reading.isHidden()
    until(qtbot, lambda: "30%" in tab.reading.words.text() and "first 1,000 rows" in tab.reading.words.text())
    until(qtbot, lambda: "30%" in [row.trailing for row in view.side.list.rows()])
    until(qtbot, lambda: tab.reading.cancel.isEnabled())
    qtbot.mouseClick(tab.reading.cancel, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: tab.reading.again.isVisible() and "stopped" in tab.reading.words.text())
    assert tab.table.model.cell(0, 0) is not None, "what is shown stays"
    gate.set()
    qtbot.mouseClick(tab.reading.again, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: tab.table.row_count == 100_000)
    until(qtbot, tab.reading.isHidden)
    until(qtbot, lambda: next(each for each in view.datasets if each.id == tab.dataset_id).row_count == 100_000)


def test_broken_files_are_told_and_the_other_tables_go_on(
    window: Window, view: DataView, qtbot: QtBot, tmp_path: Path
) -> None:
    good = tmp_path / "good.csv"
    good.write_text("id\n1\n2\n")
    shown = drop(view, qtbot, good)
    told: list[str] = []
    window.toast = lambda text, *rest: told.append(text.en)
    bad = {
        "cut.parquet": b"PAR1 and no more",
        "bytes.csv": os.urandom(10_000),
        "bomb.xlsx": b"PK\3\4",
        "gone.json": b"",
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    view.taking.add_paths([str(tmp_path / name) for name in bad])
    until(qtbot, lambda: len(told) == len(bad))
    assert all(any(name in words for words in told) for name in bad), told
    until(qtbot, lambda: [dataset.name for dataset in view.datasets] == ["good"])
    good.write_bytes(os.urandom(10_000))
    view.refresh_all()
    until(qtbot, lambda: next(row for row in view.side.list.rows() if row.title == "good").tone == "danger")
    good.write_text("id\n1\n2\n3\n")
    view.deeds.refresh(shown.dataset_id)
    until(qtbot, lambda: shown.table.row_count == 3)
