"""What people know of whole databases: the project, buckets, servers' databases, files with tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from studio.engine.text import Text, plural
from studio.ui.bridge import bridge
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.inputs import Choice, LineField, TextArea

if TYPE_CHECKING:
    from studio.engine.metadata.databases import Database
    from studio.ui.studio import Studio

PROJECT = Text("this project", "本项目")


class DatabasesDialog(Ask):
    """One database at a time: description, tags and owner, which the search and the API tell too."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(Text("Describe databases", "描述数据库"), Text("Save", "保存"), parent=parent)
        self.studio = studio
        self.databases: dict[str, Database] = {}
        self.which = Choice(name=Text("Database", "数据库"))
        self.description = TextArea(Text("What it holds", "其中的内容"), "", Text("Description", "描述"), 3)
        self.tags = LineField(Text("Separated by commas", "用逗号分隔"), "", Text("Tags", "标签"))
        self.owner = LineField(Text("A person or a team", "个人或团队"), "", Text("Owner", "负责人"))
        self.add(Text("Database", "数据库"), self.which)
        self.add(Text("Description", "描述"), self.description)
        self.add(Text("Tags", "标签"), self.tags)
        self.add(Text("Owner", "负责人"), self.owner)
        self.which.changed.connect(self._show)
        bridge.run(self, studio.engine.metadata.databases(), self._offer, self.fail)

    def submit(self) -> None:
        name = self.which.value()
        if name is None:
            return
        self.agree.setEnabled(False)
        tags = [tag.strip() for tag in self.tags.text().replace("，", ",").split(",") if tag.strip()]
        work = self.studio.engine.metadata.describe_database(
            name, description=self.description.toPlainText().strip(), tags=tags, owner=self.owner.text().strip()
        )
        bridge.run(self, work, lambda _: self.accept(), self.fail)

    def _offer(self, found: list[Database]) -> None:
        self.databases = {each.name: each for each in found}
        self.which.set_choices([(each.name, _told(each)) for each in found], found[0].name if found else None)
        if found:
            self._show(found[0].name)

    def _show(self, name: str) -> None:
        shown = self.databases[name]
        self.description.setPlainText(shown.description)
        self.tags.setText(", ".join(shown.tags))
        self.owner.setText(shown.owner)


def _told(database: Database) -> Text:
    name = PROJECT if database.name == "studio" else Text.same(database.name)
    count = database.table_count
    return Text(f"{name.en} · {plural(count, 'table', 'tables')}", f"{name.zh} · {count} 张表")
