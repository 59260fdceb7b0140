"""Before files are indexed: how each would be cut, how long chunks are, what to leave out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.knowledge import reader
from studio.engine.knowledge.document import Collection, Preview
from studio.engine.knowledge.originals import files_under
from studio.engine.knowledge.sources import readable_in
from studio.engine.text import Text, plural
from studio.ui.language import tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.knowledge_parts.chunk_row import chunk_row
from studio.ui.views.knowledge_parts.cut import CutFields
from studio.ui.views.knowledge_parts.edit_chunk import EditChunk
from studio.ui.views.knowledge_parts.inspector import TextPage
from studio.ui.views.knowledge_parts.words import FORMAT_ICONS, chunks_words
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button, Toggle
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import Label
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.states import Empty, Failure, Loading

FOLLOW = Text(
    "Follow the folder: what is added, changed or deleted there later changes here too",
    "跟踪文件夹：以后其中新增、更改或删除的文件会在此同步",
)
REST = 250  # milliseconds that a number must stay before all is cut anew
LEAVE, TAKE = Text("Leave out", "排除"), Text("Take in again", "重新加入")
Cut = dict[str, int]


@dataclass(slots=True)
class _File:
    """A file with what a person decided about it. `chunks` as it is cut now; None while that is not known."""

    path: Path
    name: str  # and within a folder the way to it
    left_out: bool = False
    excluded: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    chunks: list[Preview] | None = None
    problem: StudioError | None = None

    @property
    def unit(self) -> str:
        return reader.reader_for(self.path.name).unit

    def decided(self) -> tuple[list[str], dict[str, str]]:
        """Keys to leave out, and other words, of chunks that there still are; of a file that was not looked at, all."""
        keys = {chunk.key for chunk in self.chunks} if self.chunks is not None else {*self.excluded, *self.texts}
        return sorted(self.excluded & keys), {key: words for key, words in self.texts.items() if key in keys}


class LookFirst(Ask):
    """Files on their way into a collection, or folders, which may be followed then. Nothing is kept until a person agrees."""

    def __init__(
        self, parent: QWidget, studio: Studio, collection: Collection, paths: Sequence[Path], follow: bool = False
    ) -> None:
        super().__init__(
            Text(f"Add to “{collection.name}”", f"添加到“{collection.name}”"),
            Text("Add and index", "添加并索引"),
            Text(
                "This is how the files would be cut. Leave out what says nothing; later versions of a file keep that.",
                "文件将按如下方式分段。可排除无用的片段，文件更新后仍会保持。",
            ),
            parent=parent,
        )
        self._studio, self._collection, self._paths = studio, collection, [path.absolute() for path in paths]
        self.follow = Toggle(follow, FOLLOW)
        self.follow.toggled.connect(lambda _: self._draw())
        self._files: dict[str, _File] = {}
        self._asked = (Path(), Cut())  # what is being cut, so that an older answer is told from it
        self.cut = CutFields(collection, studio.engine.settings.knowledge)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST)
        self._timer.timeout.connect(self._cut_anew)
        for number in (self.cut.characters, self.cut.overlap):
            number.changed.connect(self._timer.start)
        self._lay_out()
        self.agree.setEnabled(False)
        room = parent.window().size()
        self.resize(min(theme.scaled(960), room.width() - 48), min(theme.scaled(620), room.height() - 48))
        studio.bridge.run(self, _listed(self._paths, readable_in(collection)), self._set_files, self._failed)

    def exclude(self, key: str) -> None:
        """Leave a chunk out, or take it in again."""
        if key:
            self._file.excluded ^= {key}
            self._draw()

    def leave_out(self, path: str) -> None:
        """Leave a file out, or take it in again."""
        if path and not self._follow:
            self._files[path].left_out ^= True
            self._draw()

    # What is seen

    @property
    def _follow(self) -> bool:
        return self.follow.isChecked()

    def _folder_side(self) -> QWidget:
        """The switch beside its name, for nothing but folders."""
        side = QWidget()
        row = QHBoxLayout(side)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.2"))
        name = Label(FOLLOW, "dense", "text.secondary")
        name.setBuddy(self.follow)
        for widget in (self.follow, name):
            row.addWidget(widget)
        row.addStretch(1)
        side.hide()
        return side

    def _lay_out(self) -> None:
        self.folder = self._folder_side()
        self.body.addWidget(self.folder)
        self.body.addWidget(self.cut)
        self.files = RowList(Text("Files", "文件"), height=28)
        self.files.selected.connect(lambda _: self._show_file())
        self.files.activated.connect(self.leave_out)
        self.list = RowList(Text("Chunks", "片段"), height=44)
        self.list.selected.connect(lambda _: self._show_chunk())
        self.list.activated.connect(self._edit)
        self.list.menu.connect(self._menu)
        self.files.ticked.connect(self.leave_out)
        self.list.ticked.connect(self.exclude)
        self.text = TextPage()
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self.list)
        parts.addWidget(self._chunk_side())
        parts.setSizes([3, 2])
        parts.setHandleWidth(1)
        self.loading = Loading(text=Text("Reading the file", "正在读取文件"))
        self.nothing = Empty("file-search", Text("No text in this file", "此文件没有文字内容"))
        self._message: QWidget = QWidget()
        self.stack = QStackedWidget()
        for widget in (self.loading, parts, self.nothing, self._message):
            self.stack.addWidget(widget)
        self._parts = parts
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.addWidget(self.files)
        whole.addWidget(self.stack)
        whole.setStretchFactor(0, 2)
        whole.setStretchFactor(1, 5)
        whole.setChildrenCollapsible(False)
        whole.setHandleWidth(1)
        self.body.addWidget(whole, 1)
        self.count = Label("", "dense", "text.secondary")
        self.body.addWidget(self.count)

    def _chunk_side(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.setContentsMargins(theme.size("space.2"), 0, 0, 0)
        self.out = Button(LEAVE, "eye-off", size="sm")
        self.out.clicked.connect(lambda: self.exclude(self.list.current()))
        edit = Button(Text("Edit…", "编辑…"), "pencil", size="sm")
        edit.clicked.connect(lambda: self._edit(self.list.current()))
        for button in (self.out, edit):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        return side

    def _set_files(self, listed: tuple[list[_File], bool]) -> None:
        files, only_folders = listed
        self._files = {str(file.path): file for file in files}
        self.folder.setVisible(only_folders)
        if not self._files and not self._follow:
            self._say(Empty("file-search", Text("Nothing in it can be read", "其中没有可读取的文件")))
            return
        self._draw()
        if self._files:
            self.files.select(next(iter(self._files)))
        else:
            self._say(Empty("folder", Text("Nothing in it yet", "文件夹中暂无文件")))
        self.agree.setFocus()

    @property
    def _file(self) -> _File:
        return self._files[self.files.current()]

    def _show_file(self) -> None:
        file, cut = self._file, self.cut.values()
        if file.problem is not None:
            self._say(Failure(file.problem))
        elif file.chunks is None:
            self.stack.setCurrentWidget(self.loading)
            self._asked = file.path, cut
            work = self._studio.engine.knowledge.editing.preview(
                self._collection.id, file.path, cut["chunk_characters"], cut["chunk_overlap"]
            )
            self._studio.bridge.run(
                self, work, partial(self._set_chunks, self._asked), partial(self._set_problem, self._asked)
            )
        else:
            self.stack.setCurrentWidget(self._parts if file.chunks else self.nothing)
        self._draw()

    def _set_chunks(self, asked: tuple[Path, Cut], chunks: list[Preview]) -> None:
        if asked[1] == self.cut.values():
            self._files[str(asked[0])].chunks = chunks
            self._answered(asked)

    def _set_problem(self, asked: tuple[Path, Cut], problem: StudioError) -> None:
        file = self._files[str(asked[0])]
        file.problem, file.left_out = problem, True
        self._answered(asked)

    def _answered(self, asked: tuple[Path, Cut]) -> None:
        if asked == self._asked and self.files.current() == str(asked[0]):
            self._show_file()
        else:
            self._draw()

    def _cut_anew(self) -> None:
        """Other numbers: what was seen holds no more."""
        for file in self._files.values():
            file.chunks = None
        if self._files:
            self._show_file()

    def _draw(self) -> None:
        self.files.set_rows(map(self._file_row, self._files.values()))
        file = self._files.get(self.files.current())
        if file is not None and file.chunks:
            self.list.set_rows(
                chunk_row(one.key, one, file.unit, one.key in file.excluded, one.key in file.texts)
                for one in file.chunks
            )
            if not self.list.current():
                self.list.select(file.chunks[0].key)
            self._show_chunk()
        taken = self._taken()
        self.agree.setEnabled(bool(taken) or self._follow)
        self.count.say(_counted(taken, len(self._files) - len(taken)))

    def _file_row(self, file: _File) -> Row:
        known = file.chunks is not None
        trailing: Text | str = f"{len(file.chunks or [])}" if known else ""
        badge: Text | str = Text("cannot be read", "无法读取") if file.problem else ""
        icon, colour = FORMAT_ICONS.get(_format(file.path), "file"), "text.secondary"
        if file.problem:
            icon, colour = "triangle-alert", "warning.text"
        elif not self._follow:
            icon = "square" if file.left_out else "square-check"
            colour = "text.secondary" if file.left_out else "accent.text"
        path = str(file.path)
        return Row(path, file.name, icon=icon, trailing=trailing, badge=badge, colour=colour, hint=path)

    def _show_chunk(self) -> None:
        file = self._files.get(self.files.current())
        chunk = next((one for one in (file.chunks or [] if file else []) if one.key == self.list.current()), None)
        if file is None or chunk is None:
            return
        self.text.show_text(file.texts.get(chunk.key, chunk.text), None)
        self.out.say(TAKE if chunk.key in file.excluded else LEAVE)
        self.out.set_icon("eye" if chunk.key in file.excluded else "eye-off")

    def _say(self, widget: QWidget) -> None:
        self.stack.removeWidget(self._message)
        discard(self._message)
        self._message = widget
        self.stack.addWidget(widget)
        self.stack.setCurrentWidget(widget)

    # What a person does

    def _menu(self, key: str, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(tr(Text("Edit…", "编辑…")), lambda: self._edit(key))
        menu.addAction(tr(TAKE if key in self._file.excluded else LEAVE), lambda: self.exclude(key))
        menu.popup(place)

    def _edit(self, key: str) -> None:
        file = self._file
        chunk = next((one for one in file.chunks or [] if one.key == key), None)
        if chunk is None:
            return

        def keep(dialog: EditChunk, words: str) -> None:
            words = words.strip()
            file.texts = {name: text for name, text in file.texts.items() if name != key}
            if words and words != chunk.text:
                file.texts[key] = words
            self._draw()
            dialog.accept()

        EditChunk(self, file.texts.get(key, chunk.text), keep).open()

    def submit(self) -> None:
        knowledge, collection, cut = self._studio.engine.knowledge, self._collection, self.cut.values()
        other_cut, batches = self.cut.changed_from_start(), self._batches()

        async def work() -> None:
            if other_cut:
                await knowledge.update(collection.id, **cut)
                if collection.document_count:
                    await knowledge.reindex(collection.id)
            for paths, excluded, texts in batches:
                await knowledge.add_files(collection.id, paths, self._follow, (), excluded, texts)

        self.agree.setEnabled(False)
        self._studio.bridge.run(self, work(), lambda _: self.accept(), self._failed)

    def _batches(self) -> list[tuple[list[Path], list[str], dict[str, str]]]:
        """What is added with which decisions: files about which something was decided one by one, the others together."""
        taken = self._taken()
        if self._follow:
            decided = [file.decided() for file in taken]
            keys = sorted({key for excluded, _ in decided for key in excluded})
            return [(self._paths, keys, {key: words for _, texts in decided for key, words in texts.items()})]
        plain = [file.path for file in taken if not any(file.decided())]
        own: list[Any] = [([file.path], *file.decided()) for file in taken if any(file.decided())]
        return [*([(plain, [], {})] if plain else []), *own]

    def _taken(self) -> list[_File]:
        """Of a folder that is followed, all: what is there follows."""
        return [file for file in self._files.values() if self._follow or not file.left_out]

    def _failed(self, error: StudioError) -> None:
        self.agree.setEnabled(bool(self._files) or self._follow)
        self.say_problem(error.whole())


async def _listed(paths: list[Path], fits: Callable[[str], bool]) -> tuple[list[_File], bool]:
    """The files, and whether nothing but folders was given."""

    def read() -> tuple[list[_File], bool]:
        folders = {path for path in paths if path.is_dir()}
        return [_File(path, _name(path, folders)) for path in files_under(paths, fits)], len(folders) == len({*paths})

    return await asyncio.to_thread(read)


def _name(path: Path, folders: set[Path]) -> str:
    folder = next((one for one in path.parents if one in folders), path.parent)
    return str(path.relative_to(folder))


def _format(path: Path) -> str:
    try:
        return reader.reader_for(path.name).name
    except StudioError:
        return ""


def _counted(taken: Sequence[_File], left_out: int) -> Text:
    """So many files and, of those that were looked at, so many chunks."""
    files = len(taken)
    excluded = sum(len(file.decided()[0]) for file in taken)
    chunks = chunks_words(sum(len(file.chunks or []) for file in taken))
    looked = sum(file.chunks is not None for file in taken)
    en, zh = [plural(files, "file", "files")], [f"{files:,} 个文件"]
    if looked:
        whole = looked == files
        en.append(chunks.en if whole else f"{chunks.en} in the {plural(looked, 'file', 'files')} looked at")
        zh.append(chunks.zh if whole else f"已查看的 {looked} 个文件中有 {chunks.zh}")
    if excluded:
        en, zh = [*en, f"{plural(excluded, 'chunk', 'chunks')} left out"], [*zh, f"排除 {excluded} 个片段"]
    if left_out:
        en, zh = [*en, f"{plural(left_out, 'file', 'files')} left out"], [*zh, f"排除 {left_out} 个文件"]
    return Text(", ".join(en), "，".join(zh))
