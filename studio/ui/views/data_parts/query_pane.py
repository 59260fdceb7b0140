"""A query: the editor, what it brings, its plan and what was run before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text, plural
from studio.ui.bridge import Handle, bridge
from studio.ui.language import tr
from studio.ui.theme import theme
from studio.ui.views.data_parts import words
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.discard import discard
from studio.ui.widgets.labels import KeyCap, Label
from studio.ui.widgets.panel import Glyph, Header, Surface
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.states import Failure, Loading
from studio.ui.widgets.table import VirtualTable
from studio.ui.widgets.tabs import PanelTabs

if TYPE_CHECKING:
    from studio.engine.sql.query import Problem, Query, QueryResult
    from studio.ui.studio import Studio

SAVE_AFTER, CHECK_AFTER = 600, 900  # ms after the last key


class QueryPane(QWidget):
    """One query by name. It is saved by itself, a moment after it was changed."""

    saved = Signal(str)
    menu_wanted = Signal(str, object)

    def __init__(self, studio: Studio, name: str, sql: str) -> None:
        super().__init__()
        self.studio = studio
        self.name = name
        self.editor = CodeEditor("sql")
        self.editor.set_text(sql)
        self.results = Results(studio)
        self._running: Handle | None = None
        self._checking: Handle | None = None
        self._save_timer = QTimer(self, singleShot=True, interval=SAVE_AFTER)
        self._check_timer = QTimer(self, singleShot=True, interval=CHECK_AFTER)
        self._lay_out()
        self._listen()

    def run(self) -> None:
        """Run the selected text, or all of it; a second press while it runs cancels."""
        if self._running is not None:
            self.cancel()
            return
        sql = self.editor.selected_or_all_text()
        self.editor.clear_errors()
        self.results.wait(self.cancel)
        self._show_running(True)
        work = self.studio.engine.sql.query(sql)
        self._running = bridge.run(self, work, self._done, lambda error: self._failed(error, sql))

    def cancel(self) -> None:
        """End the query that runs."""
        if self._running is not None:
            self._running.cancel()
            self._show_running(False)
            self.results.say(Text("Cancelled.", "已取消。"))

    def explain(self) -> None:
        """Show the plan, without running it."""
        sql = self.editor.selected_or_all_text()
        self.editor.clear_errors()
        bridge.run(
            self, self.studio.engine.sql.explain(sql), self.results.show_plan, lambda error: self._failed(error, sql)
        )

    def rename(self, name: str) -> None:
        """Keep the query under another name."""
        old, self.name = self.name, name
        self.title.setText(name)
        work = self.studio.engine.sql.saved.save(name, self.editor.text(), old_name=old)
        bridge.run(self, work, lambda _: self.saved.emit(name))

    def save(self) -> None:
        """Keep the text now."""
        self._save_timer.stop()
        work = self.studio.engine.sql.saved.save(self.name, self.editor.text())
        bridge.run(self, work, lambda saved: self.saved.emit(saved.name))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header())
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.editor)
        self.split.addWidget(self.results)
        self.split.setSizes([460, 540])
        column.addWidget(self.split, 1)

    def _header(self) -> Header:
        header = Header(40)
        self.title = Label(self.name, "bodyStrong")
        self.explain_button = Button(Text("Explain", "执行计划"), "list-tree", size="sm")
        self.run_button = Button(Text("Run", "运行"), "play", "primary", "sm")
        self.more = IconButton("ellipsis", Text("More", "更多"))
        self.more.clicked.connect(lambda: self.menu_wanted.emit(self.name, self.more))
        header.row.addWidget(Glyph("file-code"))
        header.row.addWidget(self.title)
        header.row.addWidget(self.more)
        header.row.addStretch(1)
        for widget in (self.explain_button, self.run_button, KeyCap("Ctrl"), KeyCap("↵")):
            header.row.addWidget(widget)
        return header

    def _listen(self) -> None:
        self.editor.submitted.connect(self.run)
        self.editor.changed.connect(self._changed)
        self.run_button.clicked.connect(self.run)
        self.explain_button.clicked.connect(self.explain)
        self._save_timer.timeout.connect(self.save)
        self._check_timer.timeout.connect(self._check)
        self.results.reused.connect(self.editor.set_text)

    def _changed(self) -> None:
        self.editor.clear_errors()
        self._save_timer.start()
        self._check_timer.start()

    def _check(self) -> None:
        if self.editor.text().strip() and self._running is None:
            if self._checking is not None:
                self._checking.cancel()
            work = self.studio.engine.sql.validate(self.editor.text())
            self._checking = bridge.run(self, work, self._mark, lambda _error: None)

    def _mark(self, problems: list[Problem]) -> None:
        for each in problems:
            if each.line:
                self.editor.mark_error(each.line, each.column, each.message)

    def _done(self, result: QueryResult) -> None:
        self._show_running(False)
        self.results.show_result(result)

    def _failed(self, error: StudioError, sql: str) -> None:
        self._show_running(False)
        self.results.fail(error)
        line, column = getattr(error, "line", 0), getattr(error, "column", 0)
        if line and sql == self.editor.text():
            self.editor.mark_error(line, column, error.message)

    def _show_running(self, on: bool) -> None:
        self._running = self._running if on else None
        self.run_button.say(Text("Cancel", "取消") if on else Text("Run", "运行"))
        self.run_button.set_icon("square" if on else "play")
        self.run_button.set_kind("default" if on else "primary")


class Results(Surface):
    """What a query brought, its plan, and the history."""

    reused = Signal(str)

    def __init__(self, studio: Studio) -> None:
        super().__init__("content")
        self.studio = studio
        self.result: QueryResult | None = None
        self.tabs = PanelTabs(
            [("result", Text("Result", "结果")), ("plan", Text("Plan", "计划")), ("history", Text("History", "历史"))]
        )
        self.note = Label("", "caption", "text.secondary")
        self.export = IconButton("download", Text("Export the result", "导出结果"))
        self.export.setEnabled(False)
        self.table = VirtualTable(bridge=bridge)
        self.plan = CodeEditor("text", read_only=True)
        self.history = RowList(Text("Queries that were run", "运行过的查询"), activate_on_click=False)
        self.message = Label(
            Text("Run the query to see its rows.", "运行查询即可查看结果。"), "dense", "text.secondary", wrap=True
        )
        self._lay_out()
        self.tabs.changed.connect(self._choose)
        self.history.activated.connect(self._reuse)
        self.export.clicked.connect(self._ask_export)
        self.table.order_requested.connect(self._sort)

    def wait(self, cancel: Any) -> None:
        """Keep the place while the query runs."""
        self.tabs.set_value("result")
        self._show(Loading(cancel, Text("Running the query", "正在运行查询")))

    def say(self, text: Text) -> None:
        self.message.say(text)
        self.stack.setCurrentWidget(self.message_page)

    def fail(self, error: StudioError) -> None:
        self.tabs.set_value("result")
        self.tabs.set_count("result", None)
        self.note.setText("")
        self._show(Failure(error))

    def show_result(self, result: QueryResult) -> None:
        """Show the rows."""
        self.result = result
        rows = result.table.num_rows
        self.tabs.set_value("result")
        self.tabs.set_count("result", rows)
        columns = [(column.name, column.type) for column in result.columns]
        self.table.set_source(self._fetch, columns, rows)
        self.stack.setCurrentWidget(self.table)
        self.export.setEnabled(True)
        cut = [Text(f"first {plural(rows, 'row', 'rows')} only", f"仅前 {rows:,} 行")] if result.truncated else []
        self.note.setText(words.joined(Text(f"{result.seconds:.2f} s", f"{result.seconds:.2f} 秒"), *cut))

    def show_plan(self, plan: str) -> None:
        self.plan.set_text(plan)
        self.tabs.set_value("plan")
        self.stack.setCurrentWidget(self.plan)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        header = Header(32)
        header.row.addWidget(self.tabs, 1)
        header.row.addWidget(self.note)
        header.row.addWidget(self.export)
        column.addWidget(header)
        self.stack = QStackedWidget()
        self.message_page = QWidget()
        inner = QHBoxLayout(self.message_page)
        pad = theme.size("space.3")
        inner.setContentsMargins(pad, pad, pad, pad)
        inner.addWidget(self.message, 1, Qt.AlignmentFlag.AlignTop)
        self.fixed = (self.message_page, self.table, self.plan, self.history)
        for widget in self.fixed:
            self.stack.addWidget(widget)
        column.addWidget(self.stack, 1)

    def _show(self, widget: QWidget) -> None:
        """Show a widget that is not kept."""
        for place in reversed(range(self.stack.count())):
            old = self.stack.widget(place)
            if old not in self.fixed:
                self.stack.removeWidget(old)
                discard(old)
        self.stack.addWidget(widget)
        self.stack.setCurrentWidget(widget)

    async def _fetch(self, offset: int, limit: int) -> Any:
        assert self.result is not None
        return self.result.table.slice(offset, limit)

    def _choose(self, tab: object) -> None:
        if tab == "history":
            self.stack.setCurrentWidget(self.history)
            bridge.run(self, self.studio.engine.sql.history.list(), self._show_history)
        elif tab == "plan":
            self.stack.setCurrentWidget(self.plan)
        else:
            self.stack.setCurrentWidget(self.table if self.result else self.message_page)

    def _show_history(self, queries: list[Query]) -> None:
        tones = {"failed": "danger", "cancelled": "warning", "done": "success"}
        self.history.set_rows(
            Row(
                each.id,
                " ".join(each.sql.split())[:200],
                _told(each),
                "file-code",
                tone=tones[each.status],
                hint=each.sql[:1000],
            )
            for each in queries
        )
        self._queries = {each.id: each.sql for each in queries}

    def _reuse(self, query_id: str) -> None:
        self.reused.emit(self._queries[query_id])

    def _sort(self, column: str, ascending: bool) -> None:
        """Short results are sorted where they are."""
        if self.result is None:
            return
        from dataclasses import replace

        table = self.result.table
        place = table.schema.names.index(column)
        order = "ascending" if ascending else "descending"
        picked = table.select([place]).rename_columns(["key"])

        async def ordered() -> Any:
            import pyarrow.compute

            return table.take(pyarrow.compute.sort_indices(picked, [("key", order)], null_placement="at_end"))

        def show(sorted_table: Any) -> None:
            assert self.result is not None
            self.result = replace(self.result, table=sorted_table)
            self.table.set_order(column, ascending)
            self.table.reload()

        bridge.run(self, ordered(), show)

    def _ask_export(self) -> None:
        if self.result is None:
            return
        kinds = "CSV (*.csv);;Parquet (*.parquet);;JSON Lines (*.jsonl)"
        path, _ = QFileDialog.getSaveFileName(self, tr(Text("Export the result", "导出结果")), "result.csv", kinds)
        if path:
            format = "parquet" if path.endswith(".parquet") else "jsonl" if path.endswith(".jsonl") else "csv"
            work = self.studio.engine.sql.export_table(self.result.table, path, format)
            bridge.run(self, work, self._exported)

    def _exported(self, count: int) -> None:
        self.studio.window.toast(Text(f"Exported {plural(count, 'row', 'rows')}.", f"已导出 {count:,} 行。"))


def _told(query: Query) -> str:
    parts: list[Text | str] = [words.moment(query.started_at)]
    if query.rows is not None:
        parts.append(words.rows(query.rows))
    if query.seconds is not None:
        parts.append(Text(f"{query.seconds:.2f} s", f"{query.seconds:.2f} 秒"))
    if query.error:
        parts.append(query.error.splitlines()[0][:120])
    return words.joined(*parts)
