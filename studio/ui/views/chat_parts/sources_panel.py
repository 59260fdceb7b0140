"""What an answer stands on: the list of its sources, and the chosen one as it is in the handbook or the table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QTextEdit, QVBoxLayout, QWidget

from studio.engine.chat.freshness import as_read
from studio.engine.chat.message import Source
from studio.engine.errors import StudioError
from studio.engine.knowledge.document import PageImage
from studio.engine.text import Text
from studio.ui.language import language, say
from studio.ui.theme import theme
from studio.ui.views.chat_parts.code_label import CodeLabel
from studio.ui.views.chat_parts.small_table import SmallTable
from studio.ui.views.chat_parts.source_row import SourceRow
from studio.ui.views.chat_parts.step_card import NoteLine
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.page_view import PageView
from studio.ui.widgets.panel import Divider, Panel, scroll
from studio.ui.widgets.states import Empty, Failure, Loading

LIST_SHARE = 0.4  # of the panel's height, at most


class SourcesPanel(Panel):
    """Shows what it is given; `page_wanted` asks for a page of a source's document."""

    closed = Signal()
    selected = Signal(int)
    page_wanted = Signal(object, int)  # Source, page counted from 1
    open_rows = Signal(str, str)  # dataset id, statement
    open_row = Signal(object, bool)  # Source of a dataset's row, and whether the dataset has changed since
    open_document = Signal(object)  # Source

    def __init__(self) -> None:
        self.before = IconButton("arrow-up", Text("Previous source", "上一个来源"))
        self.after = IconButton("arrow-down", Text("Next source", "下一个来源"))
        close = IconButton("x", Text("Close sources", "关闭来源"))
        super().__init__(Text("Sources", "来源"), [self.before, self.after, close], header=40)
        self.before.clicked.connect(lambda: self.step(-1))
        self.after.clicked.connect(lambda: self.step(1))
        close.clicked.connect(self.closed)
        for change in (language.changed, theme.changed):
            change.connect(self._fit_foot)
        self.sources: list[Source] = []
        self.current: Source | None = None
        self.picked = False  # a person chose the source that is shown
        self._rows: dict[int, SourceRow] = {}
        self._stale: dict[int, Text] = {}
        self._lay_out()
        self.show_sources([])

    def show_sources(self, sources: list[Source], selected: int | None = None) -> None:
        """Other sources; the first one that is cited is chosen unless `selected` says which."""
        if sources != self.sources:
            self.sources, self._stale = list(sources), {}
            self._fill_list()
        self._say_count()
        cited = [source.number for source in sources if source.cited] or [source.number for source in sources]
        wanted = selected if selected is not None else next(iter(cited), None)
        if wanted is None:
            self.current = None
            self.stack.setCurrentWidget(self.nothing)
        else:
            self.choose(wanted)

    def choose(self, number: int) -> None:
        """Show one source."""
        source = next((each for each in self.sources if each.number == number), None)
        if source is None or source == self.current:
            return
        self.current = source
        for each, row in self._rows.items():
            row.setChecked(each == number)
        self._show(source)
        self.selected.emit(number)

    def _pick(self, number: int) -> None:
        self.picked = True
        self.choose(number)

    def step(self, by: int) -> None:
        """The next or previous source."""
        numbers = [source.number for source in self.sources]
        if not numbers:
            return
        self.picked = True
        at = numbers.index(self.current.number) if self.current else -by
        self.choose(numbers[max(0, min(len(numbers) - 1, at + by))])

    def show_stale(self, stale: Mapping[int, Text]) -> None:
        """Sources that are no longer what the answer read, by number."""
        self._stale = dict(stale)
        for number, row in self._rows.items():
            row.set_stale(stale.get(number))
        self._show_changed()

    def show_page(self, source: Source, page: int, pages: int, image: PageImage) -> None:
        """A page that was asked for, with its places marked."""
        if self.current != source:
            return
        boxes = [
            (x / image.width, y / image.height, (x + width) / image.width, (y + height) / image.height)
            for x, y, width, height in image.rectangles
        ]
        self.page.show_page(image.png, page, pages, boxes)
        self.stack.setCurrentWidget(self.page)

    def show_text(self, source: Source, text: str) -> None:
        """The words around a quote of a document without pages."""
        if self.current != source:
            return
        start = max(0, source.start - 1500)
        self.text.setPlainText(text[start : source.end + 1500])
        _mark(self.text, source.start - start, source.end - start)
        self.stack.setCurrentWidget(self.text)

    def show_error(self, source: Source, error: StudioError) -> None:
        """A source that is gone or cannot be shown."""
        if self.current != source:
            return
        empty(self.failed_column)
        self.failed_column.addWidget(Failure(error))
        self.stack.setCurrentWidget(self.failed)

    def _lay_out(self) -> None:
        self.list = QWidget()
        self._list_column = QVBoxLayout(self.list)
        self._list_column.setContentsMargins(0, theme.size("space.1"), 0, theme.size("space.1"))
        self._list_column.setSpacing(0)
        self._list_scroll = scroll(self.list)
        self._list_scroll.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.add(self._list_scroll)
        self._line = Divider()
        self.add(self._line)
        self.stack = QStackedWidget()
        self._make_pages()
        self.add(self.stack, 1)
        self.add(self._foot())

    def _make_pages(self) -> None:
        self.nothing = Empty(
            "quote", Text("No sources yet", "暂无来源"),
            Text("What an answer stands on appears here.", "回答所依据的内容会显示在这里。"),
        )  # fmt: skip
        self.loading = Loading(text=Text("Opening the page", "正在打开页面"))
        self.page = PageView()
        self.page.page_requested.connect(self._turn)
        self.text = QTextEdit()
        self.text.setReadOnly(True)
        self.text.setFrameShape(QTextEdit.Shape.NoFrame)
        self.text.document().setDocumentMargin(theme.size("space.3"))
        say(self.text.setAccessibleName, Text("Text of the source", "来源正文"))
        self.rows = _RowsPage(self)
        self.failed = QWidget()
        self.failed_column = QVBoxLayout(self.failed)
        for page in (self.nothing, self.loading, self.page, self.text, self.rows, self.failed):
            self.stack.addWidget(page)

    def _foot(self) -> QWidget:
        self.foot = QWidget()
        row = QHBoxLayout(self.foot)
        side = theme.size("space.3")
        row.setContentsMargins(side, theme.size("space.2"), theme.size("space.2"), theme.size("space.2"))
        self.match = Badge("", "success")
        self.flag = Badge(Text("Does not say this", "与内容不符"), "warning", "triangle-alert")
        self.open = Button(Text("Open", "打开"), "external-link", "ghost")
        self.open.clicked.connect(self._open)
        self.stale = Badge(Text("Changed since", "已有改动"), "warning", "history")
        for widget in (self.match, self.flag, self.stale):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.open)
        return self.foot

    def _fill_list(self) -> None:
        self.current = None
        self._rows.clear()
        empty(self._list_column)
        for source in self.sources:
            row = SourceRow(source)
            row.clicked.connect(partial(self._pick, source.number))
            self._rows[source.number] = row
            self._list_column.addWidget(row)
        self._fit()

    def _fit(self) -> None:
        tall = sum(row.sizeHint().height() for row in self._rows.values()) + 2 * theme.size("space.1")
        most = max(int(self.height() * LIST_SHARE), theme.scaled(120))
        self._list_scroll.setFixedHeight(min(tall, most) if self._rows else 0)
        self._line.setVisible(bool(self._rows))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()
        self._fit_foot()

    def _fit_foot(self) -> None:
        """Where what is said of a source takes the room, its button shows the icon only."""
        self.open.set_bare(False)
        there = [each for each in (self.match, self.flag, self.stale, self.open) if not each.isHidden()]
        self.open.set_bare(sum(each.sizeHint().width() + theme.size("space.3") for each in there) > self.width())

    def _say_count(self) -> None:
        count = len(self.sources)
        if self.title is not None:
            self.title.say(Text(f"Sources  {count}", f"来源  {count}") if count else Text("Sources", "来源"))
        for button in (self.before, self.after):
            button.setEnabled(count > 1)
        self.foot.setVisible(count > 0)

    def _show(self, source: Source) -> None:
        self.match.setVisible(source.score is not None)
        if source.score is not None:
            self.match.say(_match(source))
        self.flag.setVisible(source.flagged is not None)
        if source.flagged is not None:
            say(self.flag.setToolTip, source.flagged)
        self.open.setVisible(source.kind != "file")
        in_data = source.kind == "rows" or bool(source.dataset_id)
        self.open.say(Text("Open in Data", "在数据中打开") if in_data else Text("Open in Knowledge", "在知识库中打开"))
        self._show_changed()
        if source.kind == "rows":
            self.rows.show_source(source)
            self.stack.setCurrentWidget(self.rows)
            return
        if self.stack.currentWidget() is not self.page:
            self.stack.setCurrentWidget(self.loading)
        self.page_wanted.emit(source, source.page or 0)

    def _show_changed(self) -> None:
        words = self._stale.get(self.current.number) if self.current is not None else None
        self.stale.setVisible(words is not None)
        if words is not None:
            say(self.stale.setToolTip, words)
        self._fit_foot()

    def _turn(self, page: int) -> None:
        if self.current is not None:
            self.page_wanted.emit(self.current, page)

    def _open(self) -> None:
        if self.current is None:
            return
        stale = self.current.number in self._stale
        if self.current.kind == "rows":
            sql = self.current.rows_sql or self.current.sql
            self.open_rows.emit(self.current.dataset_id, as_read(self.current) if stale else sql)
        elif self.current.row is not None and self.current.dataset_id:
            self.open_row.emit(self.current, stale)
        else:
            self.open_document.emit(self.current)


class _RowsPage(QWidget):
    """The statement, what it found, and the fact as a sentence."""

    def __init__(self, panel: SourcesPanel) -> None:
        super().__init__()
        inner = QWidget()
        column = QVBoxLayout(inner)
        side = theme.size("space.3")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.3"))
        self.quote = Label("", "body", wrap=True)
        self.code = CodeLabel()
        self.table = SmallTable(limit=20)
        self.note = NoteLine("info", "text.tertiary", Text("", ""))
        for words, widget in (
            (Text("Result", "结果"), self.quote), (Text("Query", "查询语句"), self.code), (Text("Rows", "数据行"), self.table)
        ):  # fmt: skip
            column.addWidget(Label(words, "denseStrong", "text.secondary"))
            column.addWidget(widget)
        column.addWidget(self.note)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll(inner))

    def show_source(self, source: Source) -> None:
        self.quote.say(source.quote)
        self.code.set_code(source.sql)
        columns = list(source.rows[0]) if source.rows else []
        self.table.set_rows(columns, [list(row.values()) for row in source.rows])
        more = (source.row_count or 0) - len(source.rows)
        self.note.setVisible(more > 0)
        self.note.words.say(Text(f"{more:,} more rows in Data", f"另有 {more:,} 行，请在“数据”中查看"))


def _match(source: Source) -> Text:
    return Text(f"match {source.score or 0:.2f}", f"匹配度 {source.score or 0:.2f}")


def _mark(view: QTextEdit, start: int, end: int) -> None:
    cursor = QTextCursor(view.document())
    length = view.document().characterCount() - 1
    cursor.setPosition(max(0, min(start, length)))
    cursor.setPosition(max(0, min(end, length)), QTextCursor.MoveMode.KeepAnchor)
    look = QTextCharFormat()
    look.setBackground(theme.colour("warning.muted"))
    look.setForeground(theme.colour("warning.text"))
    selection = QTextEdit.ExtraSelection()
    selection.cursor, selection.format = cursor, look
    view.setExtraSelections([selection])
    cursor.clearSelection()
    view.setTextCursor(cursor)
    view.ensureCursorVisible()
