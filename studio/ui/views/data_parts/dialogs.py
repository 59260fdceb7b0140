"""Small windows of the Data view: edit, name, lines that could not be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from studio.engine.text import Text
from studio.ui.bridge import bridge
from studio.ui.theme import theme
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.inputs import LineField, TextArea
from studio.ui.widgets.labels import Label
from studio.ui.widgets.rows import Row, RowList

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.ui.studio import Studio


class EditDialog(Ask):
    """Name, description, tags and owner of a dataset."""

    def __init__(self, studio: Studio, dataset: Dataset, parent: QWidget) -> None:
        super().__init__(Text("Edit details", "编辑信息"), Text("Save", "保存"), parent=parent)
        self.studio, self.dataset = studio, dataset
        self.name = LineField("", dataset.name, Text("Name", "名称"))
        self.description = TextArea(
            Text("What one row is", "每行代表什么"), dataset.description, Text("Description", "描述"), 3
        )
        self.tags = LineField(Text("Separated by commas", "用逗号分隔"), ", ".join(dataset.tags), Text("Tags", "标签"))
        self.add(Text("Name", "名称"), self.name)
        self.add(Text("Description", "描述"), self.description)
        self.add(Text("Tags", "标签"), self.tags)
        self.owner = LineField(Text("A person or a team", "个人或团队"), dataset.owner, Text("Owner", "负责人"))
        self.add(Text("Owner", "负责人"), self.owner)

    def submit(self) -> None:
        self.agree.setEnabled(False)
        tags = [tag.strip() for tag in self.tags.text().replace("，", ",").split(",") if tag.strip()]
        work = self.studio.engine.datasets.update(
            self.dataset.id, name=self.name.text(), description=self.description.toPlainText(), tags=tags,
            owner=self.owner.text().strip(),
        )  # fmt: skip
        bridge.run(self, work, lambda _: self.accept(), self.fail)


class NameDialog(Ask):
    """Asks for one name."""

    def __init__(self, title: Text, name: str, use: Callable[[str], Any], parent: QWidget) -> None:
        super().__init__(title, Text("Save", "保存"), parent=parent)
        self._use = use
        self.name = LineField("", name, Text("Name", "名称"))
        self.add(Text("Name", "名称"), self.name)
        self.name.selectAll()

    def submit(self) -> None:
        if self.name.text().strip():
            self._use(self.name.text().strip())
            self.accept()


class BadLinesDialog(Ask):
    """The lines of a file that could not be read."""

    def __init__(self, bad: dict[str, Any], parent: QWidget) -> None:
        super().__init__(Text("Lines that could not be read", "无法读取的行"), Text("Close", "关闭"), parent=parent)
        count, first = int(bad["count"]), bad["first"]
        told = Text(f"{len(first):,} of {count:,} lines:", f"共 {count:,} 行，显示前 {len(first):,} 行：")
        self.body.addWidget(Label(told, "dense"))
        rows = RowList(
            Text("Lines", "行"),
            [
                Row(str(place), f"{_place(each, first)}: {each['text']}", _reason(each), hint=each["text"])
                for place, each in enumerate(first)
            ],
        )
        rows.setMinimumHeight(theme.scaled(280))
        self.body.addWidget(rows)
        self.setMinimumWidth(theme.scaled(640))
        self.cancel.hide()


def _reason(line: dict[str, Any]) -> Text:
    return Text(line["reason"], line.get("reason_zh") or line["reason"])


def _place(line: dict[str, Any], lines: list[dict[str, Any]]) -> str:
    """The number of a line, with its file where there are several."""
    several = len({each.get("file") for each in lines}) > 1
    return f"{line['file']} {line['line']:,}" if several else f"{line['line']:,}"
