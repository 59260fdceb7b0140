"""The dialog that registers data: shows what lies at an address before it is added, and what may be decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QListWidget, QListWidgetItem, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text, plural
from studio.ui.bridge import Handle, bridge
from studio.ui.forms import ParamsForm
from studio.ui.language import say, tr
from studio.ui.theme import theme
from studio.ui.views.data_parts import words
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import discard
from studio.ui.widgets.inputs import LineField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.table import VirtualTable

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.datasets.glimpse import Glimpse
    from studio.ui.studio import Studio

PAUSE = 300  # milliseconds after the last key until the address is looked at


class AddDialog(Ask):
    """Registers a file, tables in a file, a folder or an address. `added` comes for each dataset."""

    added = Signal(object)  # Dataset

    def __init__(self, studio: Studio, parent: QWidget, path: str = "") -> None:
        super().__init__(Text("Add data", "添加数据"), Text("Add", "添加"), parent=parent)
        self.studio = studio
        self.glimpse: Glimpse | None = None
        self.form: ParamsForm | None = None
        self._looking: Handle | None = None
        self._format = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self.look)
        self._lay_out()
        self.path.textChanged.connect(self._address_changed)
        self.path.setText(path)

    def look(self) -> None:
        """Show what lies at the address, read as the options say."""
        self._pause.stop()
        if self._looking is not None:
            self._looking.cancel()
        path = self.path.text().strip()
        if not path:
            self._forget()
            return
        work = self.studio.engine.datasets.glimpse(self._first_address(), options=self._options())
        self._looking = bridge.run(self, work, self._show, self._cannot_look)

    def submit(self) -> None:
        self._pause.stop()
        self.agree.setEnabled(False)
        bridge.run(self, self._register(self._addresses(), self.name.text().strip()), self._done, self.fail)

    async def _register(self, addresses: Sequence[str], name: str) -> list[Dataset]:
        datasets, options = self.studio.engine.datasets, self._options()
        only = name if name and len(addresses) == 1 else None
        return [await datasets.register(address, only, options=options) for address in addresses]

    def _done(self, datasets: Sequence[Dataset]) -> None:
        for dataset in datasets:
            self.added.emit(dataset)
        self.accept()

    def chosen_tables(self) -> list[str]:
        """The tables that are marked, of a file that holds several."""
        return [item.text() for item in self.tables.selectedItems()]

    def _address_changed(self) -> None:
        self._hide_tables()
        self._forget_options()
        self._pause.start()

    def _addresses(self) -> list[str]:
        path = self.path.text().strip()
        return [f"{path}#{table}" for table in self.chosen_tables()] or [path]

    def _first_address(self) -> str:
        return self._addresses()[0]

    def _options(self) -> dict[str, Any]:
        return self.form.values() if self.form is not None else {}

    def _lay_out(self) -> None:
        self.setMinimumWidth(theme.scaled(640))
        self.path = LineField(
            Text("/path/to/file.csv, book.xlsx#Sheet 1 or s3://bucket/folder/", "/路径/文件.csv、表格.xlsx#Sheet 1 或 s3://存储桶/文件夹/"),
            name=Text("Path", "路径"),
        )  # fmt: skip
        self.name = LineField(
            Text("The file's name is used when this is empty", "留空则使用文件名"), name=Text("Name", "名称")
        )
        self.add(Text("Path", "路径"), self.path)
        self.body.addLayout(self._choosers())
        self.found = Label("", "dense", "text.secondary", wrap=True)
        self.body.addWidget(self.found)
        self._lay_out_tables()
        self.options_box = QHBoxLayout()
        self.body.addLayout(self.options_box)
        self.preview = VirtualTable(bridge=bridge)
        self.preview.setFixedHeight(theme.scaled(190))
        self.preview.hide()
        self.body.addWidget(self.preview)
        self.add(Text("Name", "名称"), self.name)
        about = Text(
            "Files stay where they are; nothing of yours is copied or changed.", "文件保留在原处，不会被复制或修改。"
        )
        self.body.addWidget(Label(about, "caption", "text.secondary", wrap=True))
        self._forget()

    def _choosers(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for title, pick in (
            (Text("Choose file…", "选择文件…"), self._pick_file),
            (Text("Choose folder…", "选择文件夹…"), self._pick_folder),
        ):
            button = Button(title, size="sm")
            button.clicked.connect(lambda _=False, pick=pick: pick())
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _lay_out_tables(self) -> None:
        self.tables_title = Label(Text("Tables in this file", "文件中的表"), "dense", "text.secondary")
        self.tables = QListWidget()
        self.tables.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        say(self.tables.setAccessibleName, Text("Tables", "表"))
        self.tables.itemSelectionChanged.connect(self._choose)
        for widget in (self.tables_title, self.tables):
            self.body.addWidget(widget)

    def _show(self, glimpse: Glimpse) -> None:
        self.glimpse = glimpse
        self.problem.hide()
        self.found.say(_told(glimpse))
        self._show_options(glimpse)
        if glimpse.tables:
            self._show_tables(glimpse.tables)
        elif not self._inside():
            self._hide_tables()
        self._show_rows(glimpse)
        self.agree.setEnabled(len(glimpse.tables) < 2 or bool(self.chosen_tables()))

    def _show_tables(self, tables: Sequence[str]) -> None:
        if [self.tables.item(place).text() for place in range(self.tables.count())] != list(tables):
            self.tables.blockSignals(True)
            self.tables.clear()
            for table in tables:
                item = QListWidgetItem(table)
                item.setSizeHint(QSize(0, theme.scaled(26)))
                self.tables.addItem(item)
            self.tables.setFixedHeight(theme.scaled(26) * min(len(tables), 5) + theme.scaled(6))
            self.tables.blockSignals(False)
        for widget in (self.tables_title, self.tables):
            widget.setVisible(len(tables) > 1)
        if len(tables) > 1 and not self.chosen_tables():
            self.tables.setCurrentRow(0)

    def _hide_tables(self) -> None:
        self.tables.clear()
        for widget in (self.tables_title, self.tables):
            widget.hide()

    def _inside(self) -> bool:
        """Whether the glimpse was of one of the tables that stand in the list."""
        return bool(self.chosen_tables())

    def _choose(self) -> None:
        self.agree.setEnabled(bool(self.chosen_tables()))
        self.name.setEnabled(len(self.chosen_tables()) < 2)
        self.look()

    def _show_options(self, glimpse: Glimpse) -> None:
        if self._format == glimpse.format:
            return
        self._forget_options()
        self._format = glimpse.format
        if glimpse.options.model_fields:
            self.form = ParamsForm(glimpse.options)
            self.form.changed.connect(lambda *_: self._pause.start())
            self.options_box.addWidget(self.form)

    def _forget_options(self) -> None:
        if self.form is not None:
            discard(self.form)
            self.form = None
        self._format = ""

    def _show_rows(self, glimpse: Glimpse) -> None:
        rows = glimpse.rows
        self.preview.setVisible(rows is not None)
        if rows is not None:
            from studio.engine.datasets.dataset import columns_of

            async def fetch(offset: int, limit: int) -> Any:
                return rows.slice(offset, limit)

            columns = [(column.name, column.type) for column in columns_of(rows.schema)]
            self.preview.set_source(fetch, columns, rows.num_rows)

    def _cannot_look(self, error: StudioError) -> None:
        self.found.say("")
        self.preview.hide()
        self.fail(error)

    def _forget(self) -> None:
        self.glimpse = None
        self._forget_options()
        self._hide_tables()
        self.preview.hide()
        self.found.say(
            Text(f"Known here: {_kinds('en')}.", f"支持：{_kinds('zh')}。"),
        )
        self.problem.hide()

    def _pick_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr(Text("Add data", "添加数据")), "", tr(_endings()))
        if path:
            self._set_path(path)

    def _pick_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, tr(Text("Add a folder of files", "添加文件夹")))
        if path:
            self._set_path(path)

    def _set_path(self, path: str) -> None:
        self.path.setText(path)
        self.look()


def _told(glimpse: Glimpse) -> Text:
    """What was found, in a line."""
    title, files = words.format_title(glimpse.format), int(glimpse.statistics.get("files", 1))
    size = words.size(glimpse.size)
    english, chinese = [title.en, plural(files, "file", "files"), size], [title.zh, f"{files} 个文件", size]
    encoding, dialect = glimpse.statistics.get("encoding"), glimpse.statistics.get("dialect")
    if encoding:
        english.append(str(encoding).upper())
        chinese.append(str(encoding).upper())
    if dialect:
        sign = {"\t": Text("tabs", "制表符"), ",": Text("commas", "逗号")}.get(
            dialect["delimiter"], Text.same(f"“{dialect['delimiter']}”")
        )
        english.append(f"separated by {sign.en}")
        chinese.append(f"以{sign.zh}分隔")
    return Text(", ".join(english), "，".join(chinese))


def _kinds(language: str) -> str:
    from studio.engine.datasets.format import formats

    comma = ", " if language == "en" else "、"
    return comma.join(getattr(each.title, language) for each in formats)


def _endings() -> Text:
    from studio.engine.datasets.format import formats

    patterns = " ".join(f"*{suffix}" for each in formats for suffix in each.suffixes)
    return Text(f"Data ({patterns});;All files (*)", f"数据 ({patterns});;所有文件 (*)")
