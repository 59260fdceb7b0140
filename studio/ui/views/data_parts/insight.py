"""What a person does with what is known of a dataset: marks, versions, where it comes from and what uses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.bridge import bridge
from studio.ui.language import tr
from studio.ui.views.data_parts.dialogs import EditDialog, NameDialog
from studio.ui.views.data_parts.inspector import Inspector
from studio.ui.views.data_parts.known import Known, read_known
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.menus import Menu

if TYPE_CHECKING:
    from studio.engine.datasets.version import Version
    from studio.ui.studio import Studio

OPENERS = {
    "query": "query",
    "workflow": "workflow",
    "collection": "collection",
    "thread": "thread",
    "dataset": "dataset",
}


class Insight(QObject):
    """Reads what is known of the dataset in the inspector, and does what is chosen there.

    `compare` shows two versions of a dataset, `changed` is called with the id of one whose content is another now.
    """

    def __init__(
        self, studio: Studio, view: QWidget, inspector: Inspector, compare: Callable[[str, int, int], object],
        changed: Callable[[str], object],
    ) -> None:  # fmt: skip
        super().__init__(view)
        self.studio, self.view, self.inspector = studio, view, inspector
        self._compare, self._changed = compare, changed
        self._known: dict[str, Known] = {}
        inspector.edit_wanted.connect(self.edit)
        inspector.column_wanted.connect(self.column_menu)
        inspector.version_wanted.connect(self.version_menu)
        inspector.step_wanted.connect(self.open_step)
        inspector.use_wanted.connect(self.open_use)

    def load(self) -> None:
        """Read what is known of the dataset that is shown; what was known before stands until then."""
        dataset = self.inspector.dataset
        if dataset is None:
            return
        if dataset.id in self._known:
            self.inspector.show_known(self._known[dataset.id])
        bridge.run(self.view, read_known(self.studio.engine, dataset.id), self._show, lambda _gone: None, of=dataset.id)

    def edit(self, _dataset_id: str = "") -> None:
        if self.inspector.dataset is not None:
            EditDialog(self.studio, self.inspector.dataset, self.view).open()

    # Columns

    def column_menu(self, column: str, place: QPoint) -> None:
        """Confirm or reject a mark, set one, describe the column."""
        known = self.inspector.known
        mark = known.mark(column) if known else None
        menu = Menu(self.view)
        if mark is not None and mark.state == "found":
            menu.addAction(tr(Text(f"Found: {mark.title.en}", f"发现：{mark.title.zh}"))).setEnabled(False)
        if mark is None or mark.state == "found":
            menu.addAction(tr(Text("Holds personal data", "包含个人信息")), lambda: self.decide(column, "confirmed"))
        if mark is not None and mark.state == "found":
            menu.addAction(tr(Text("No personal data", "不含个人信息")), lambda: self.decide(column, "rejected"))
        if mark is not None and mark.state != "found":
            menu.addAction(tr(Text("Take the decision back", "撤销此判断")), lambda: self.decide(column, None))
        menu.addSeparator()
        menu.addAction(tr(Text("Describe…", "添加描述…")), lambda: self.describe(column))
        menu.addAction(tr(Text("Copy name", "复制列名")), lambda: QGuiApplication.clipboard().setText(column))
        menu.open_at(place)

    def decide(self, column: str, state: str | None) -> None:
        """A person says whether a column holds personal data; None leaves it to the rules."""
        dataset = self.inspector.dataset
        if dataset is not None:
            work = self.studio.engine.metadata.decide(dataset.id, column, state)
            bridge.run(self.view, work, lambda _marks: self.load(), self._say_error)

    def describe(self, column: str) -> NameDialog | None:
        dataset = self.inspector.dataset
        if dataset is None:
            return None
        known = next((each.description for each in dataset.columns if each.name == column), "")

        def use(words: str) -> None:
            work = self.studio.engine.metadata.describe_column(dataset.id, column, words)
            bridge.run(self.view, work, lambda _: self.load(), self._say_error)

        dialog = NameDialog(Text(f"What “{column}” holds", f"“{column}”列的含义"), known, use, self.view)
        dialog.open()
        return dialog

    # Versions

    def version_menu(self, number: int, place: QPoint) -> None:
        """Compare a version with the current one or the one before, or go back to it."""
        known, dataset = self.inspector.known, self.inspector.dataset
        version = next((each for each in known.versions if each.number == number), None) if known else None
        if version is None or dataset is None or known is None:
            return
        older = next((each.number for each in known.versions if each.number < number), None)
        menu = Menu(self.view)
        if version.state != "current":
            words = Text(f"Compare with the current version {dataset.version}", f"与当前版本 {dataset.version} 对比")
            menu.addAction(tr(words), lambda: self._compare(dataset.id, number, dataset.version))
        if older is not None:
            words = Text(f"Compare with version {older}", f"与版本 {older} 对比")
            menu.addAction(tr(words), lambda: self._compare(dataset.id, older, number))
        if version.state != "current":
            back = menu.addAction(
                tr(Text("Roll back to this version…", "回滚到此版本…")), lambda: self.ask_back(version)
            )
            back.setEnabled(version.state != "gone")
        menu.addSeparator()
        clipboard = QGuiApplication.clipboard()
        menu.addAction(tr(Text("Copy location", "复制位置")), lambda: clipboard.setText(version.path))
        copy = menu.addAction(tr(Text("Copy checksum", "复制校验值")), lambda: clipboard.setText(version.checksum))
        copy.setEnabled(bool(version.checksum))
        menu.open_at(place)

    def ask_back(self, version: Version) -> Ask | None:
        """Ask before the dataset shows older content, naming it."""
        dataset = self.inspector.dataset
        if dataset is None:
            return None
        number, now = version.number, dataset.version
        title = Text(f"Roll “{dataset.name}” back to version {number}?", f"将“{dataset.name}”回滚到版本 {number}？")
        body = Text(
            f"It becomes version {now + 1}. Version {now} stays in the list, and the files stay as they are."
            + (" The dataset then reads what the studio has kept." if version.state == "kept" else ""),
            f"回滚后成为版本 {now + 1}。版本 {now} 仍在列表中，文件保持原样。"
            + ("之后数据集将读取本程序保留的内容。" if version.state == "kept" else ""),
        )
        dialog = Ask(title, Text("Roll back", "回滚"), body, parent=self.view)
        dialog.accepted.connect(lambda: self.go_back(dataset.id, dataset.name, number, now))
        dialog.open()
        return dialog

    def go_back(self, dataset_id: str, name: str, number: int, before: int) -> None:
        """Show older content; the toast takes that back."""
        history = self.studio.engine.datasets.history
        told = Text(f"“{name}” is back at version {number}.", f"“{name}”已回滚到版本 {number}。")

        def undo() -> None:
            bridge.run(
                self.view, history.roll_back(dataset_id, before), lambda _: self._changed(dataset_id), self._say_error
            )

        def done(_made: Any) -> None:
            self._changed(dataset_id)
            self.studio.window.toast(told, undo)

        bridge.run(self.view, history.roll_back(dataset_id, number), done, self._say_error)

    # Where it comes from, what uses it

    def open_step(self, place: int) -> None:
        lineage = self.inspector.known.lineage if self.inspector.known else None
        step = lineage.steps[place] if lineage else None
        if step is None or step.opens is None or step.kind == "version":
            return
        kind, object_id = step.opens
        self.studio.open(kind, object_id, **({"sql": step.sql} if kind == "query" else {}))

    def open_use(self, place: int) -> None:
        """Open what uses the dataset."""
        lineage = self.inspector.known.lineage if self.inspector.known else None
        if lineage is None:
            return
        use = lineage.uses[place]
        if use.kind == "history":
            self.studio.open("query", "", sql=use.sql)
        else:
            self.studio.open(OPENERS[use.kind], use.id)

    def _show(self, known: Known) -> None:
        self._known[known.dataset_id] = known
        self.inspector.show_known(known)

    def _say_error(self, error: StudioError) -> None:
        self.studio.window.toast(error.whole())
