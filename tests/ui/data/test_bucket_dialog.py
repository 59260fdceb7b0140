"""Buckets and databases in the window: objects up with progress, into the trash, back, down again; what people know."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from studio.ui.views.data import DataView
from studio.ui.views.data_parts.bucket_dialog import OBJECTS, TRASH, VERSIONS, BucketDialog
from studio.ui.views.data_parts.table_tab import TableTab
from tests.ui.data.conftest import PATIENCE, until


def keys(dialog: BucketDialog) -> list[str]:
    return [row.id for row in dialog.list.rows() if not row.heading]


def show(dialog: BucketDialog, tab: str) -> None:
    dialog.tabs.set_value(tab)
    dialog.tabs.changed.emit(tab)


def test_an_object_goes_up_into_the_trash_back_and_down(view: DataView, qtbot: QtBot, tmp_path: Path) -> None:
    file, back = tmp_path / "行.csv", tmp_path / "back.csv"
    file.write_bytes(b"a,b\n" + b"1,2\n" * 500_000)
    dialog = view.connecting.look_into("s3://drawer/day/")
    dialog.upload(file)
    until(qtbot, lambda: keys(dialog) == ["day/行.csv"] and dialog.job is None)
    dialog.list.select("day/行.csv")
    assert dialog.download_button.isEnabled() and dialog.trash_button.isVisible()
    dialog.download(back)
    until(qtbot, back.exists)
    assert back.read_bytes() == file.read_bytes()
    show(dialog, VERSIONS)
    until(qtbot, lambda: len(keys(dialog)) == 1)
    show(dialog, OBJECTS)
    until(qtbot, lambda: keys(dialog) == ["day/行.csv"])
    dialog.list.select("day/行.csv")
    dialog.trash_button.click()
    until(qtbot, lambda: not keys(dialog))
    show(dialog, TRASH)
    until(qtbot, lambda: keys(dialog) == ["day/行.csv"])
    dialog.list.select("day/行.csv")
    dialog.restore_button.click()
    until(qtbot, lambda: not keys(dialog))
    show(dialog, OBJECTS)
    until(qtbot, lambda: keys(dialog) == ["day/行.csv"])
    dialog.accept()


def test_what_people_know_of_a_database_is_written_down(view: DataView, qtbot: QtBot, tickets: TableTab) -> None:
    dialog = view.describe_databases()
    until(qtbot, lambda: dialog.databases)
    assert dialog.which.value() == "studio" and tickets.dataset is not None
    dialog.description.setPlainText("Support of the shop 客服")
    dialog.tags.setText("gold， shop")
    dialog.owner.setText("林薇")
    with qtbot.waitSignal(dialog.accepted, timeout=PATIENCE):  # it is gone then
        dialog.submit()
    again = view.describe_databases()
    until(qtbot, lambda: again.databases)
    assert again.description.toPlainText() == "Support of the shop 客服" and again.owner.text() == "林薇"
    assert again.databases["studio"].tags == ["gold", "shop"]
    again.reject()
