"""Small windows of the Data view: edit, name, lines that could not be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.bridge import bridge
from studio.ui.language import say
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import LineField, TextArea
from studio.ui.widgets.labels import Label
from studio.ui.widgets.rows import Row, RowList

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.ui.studio import Studio


class Sheet(QDialog):
    """A window with fields, a line for what is wrong, and two buttons."""

    def __init__(self, title: Text, submit: Text, parent: QWidget) -> None:
        super().__init__(parent)
        say(self.setWindowTitle, title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(theme.scaled(480))
        self.column = QVBoxLayout(self)
        pad = theme.size("space.4")
        self.column.setContentsMargins(pad, pad, pad, pad)
        self.column.setSpacing(theme.size("space.2"))
        self.problem = Label("", "dense", "danger.text", wrap=True)
        self.problem.hide()
        self.submit_button = Button(submit, kind="primary")
        self.cancel_button = Button(Text("Cancel", "取消"))
        self.cancel_button.clicked.connect(self.reject)
        self.submit_button.clicked.connect(self.submit)

    def field(self, title: Text, widget: QWidget) -> None:
        """A field below its name."""
        self.column.addWidget(Label(title, "denseStrong"))
        self.column.addWidget(widget)

    def finish(self) -> None:
        """Add the problem line and the buttons below all fields."""
        self.column.addWidget(self.problem)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel_button)
        row.addWidget(self.submit_button)
        self.column.addLayout(row)

    def submit(self) -> None:
        """What the primary button does."""

    def fail(self, error: StudioError) -> None:
        """Say what is wrong; everything that was entered stays."""
        self.submit_button.setEnabled(True)
        self.problem.say(error.whole())
        self.problem.show()


class EditDialog(Sheet):
    """Name, description, tags and owner of a dataset."""

    def __init__(self, studio: Studio, dataset: Dataset, parent: QWidget) -> None:
        super().__init__(Text("Edit details", "编辑信息"), Text("Save", "保存"), parent)
        self.studio, self.dataset = studio, dataset
        self.name = LineField("", dataset.name, Text("Name", "名称"))
        self.description = TextArea(
            Text("What one row is", "每行代表什么"), dataset.description, Text("Description", "描述"), 3
        )
        self.tags = LineField(Text("Separated by commas", "用逗号分隔"), ", ".join(dataset.tags), Text("Tags", "标签"))
        self.field(Text("Name", "名称"), self.name)
        self.field(Text("Description", "描述"), self.description)
        self.field(Text("Tags", "标签"), self.tags)
        self.owner = LineField(Text("A person or a team", "个人或团队"), dataset.owner, Text("Owner", "负责人"))
        self.field(Text("Owner", "负责人"), self.owner)
        self.finish()

    def submit(self) -> None:
        self.submit_button.setEnabled(False)
        tags = [tag.strip() for tag in self.tags.text().replace("，", ",").split(",") if tag.strip()]
        work = self.studio.engine.datasets.update(
            self.dataset.id, name=self.name.text(), description=self.description.toPlainText(), tags=tags,
            owner=self.owner.text().strip(),
        )  # fmt: skip
        bridge.run(self, work, lambda _: self.accept(), self.fail)


class NameDialog(Sheet):
    """Asks for one name."""

    def __init__(self, title: Text, name: str, use: Callable[[str], Any], parent: QWidget) -> None:
        super().__init__(title, Text("Save", "保存"), parent)
        self._use = use
        self.name = LineField("", name, Text("Name", "名称"))
        self.field(Text("Name", "名称"), self.name)
        self.finish()
        self.name.returnPressed.connect(self.submit)
        self.name.selectAll()

    def submit(self) -> None:
        if self.name.text().strip():
            self._use(self.name.text().strip())
            self.accept()


class BadLinesDialog(Sheet):
    """The lines of a file that could not be read."""

    def __init__(self, bad: dict[str, Any], parent: QWidget) -> None:
        super().__init__(Text("Lines that could not be read", "无法读取的行"), Text("Close", "关闭"), parent)
        count, first = int(bad["count"]), bad["first"]
        told = Text(f"{len(first):,} of {count:,} lines:", f"共 {count:,} 行，显示前 {len(first):,} 行：")
        self.column.addWidget(Label(told, "dense"))
        rows = RowList(
            Text("Lines", "行"),
            [
                Row(str(place), f"{_place(each, first)}: {each['text']}", _reason(each), hint=each["text"])
                for place, each in enumerate(first)
            ],
        )
        rows.setMinimumHeight(theme.scaled(280))
        self.column.addWidget(rows)
        self.setMinimumWidth(theme.scaled(640))
        self.cancel_button.hide()
        self.finish()

    def submit(self) -> None:
        self.accept()


def _reason(line: dict[str, Any]) -> Text:
    return Text(line["reason"], line.get("reason_zh") or line["reason"])


def _place(line: dict[str, Any], lines: list[dict[str, Any]]) -> str:
    """The number of a line, with its file where there are several."""
    several = len({each.get("file") for each in lines}) > 1
    return f"{line['file']} {line['line']:,}" if several else f"{line['line']:,}"
