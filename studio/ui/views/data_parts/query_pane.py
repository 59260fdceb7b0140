"""A query: the editor and what running it brings."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from studio.engine.datasets.locked import SqlProblem
from studio.engine.errors import StudioError
from studio.engine.sql.drafts import Draft
from studio.engine.sql.script import Outcome, in_text
from studio.engine.sql.statements import Statement, at_caret
from studio.engine.text import Text
from studio.ui.bridge import Handle, bridge
from studio.ui.language import tr
from studio.ui.views.data_parts.results import Results
from studio.ui.views.data_parts.suggesting import Suggesting
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.code import CodeEditor
from studio.ui.widgets.labels import KeyCap, Label
from studio.ui.widgets.panel import Glyph, Header

if TYPE_CHECKING:
    from studio.engine.sql.query import Problem
    from studio.ui.studio import Studio

KEEP_AFTER, CHECK_AFTER, TICK = 500, 900, 100  # ms


class QueryPane(QWidget):
    """One query by name. What is typed is kept as a draft, a moment after each change; `save` gives it to the project."""

    saved = Signal(str)
    touched = Signal(bool)  # whether there is something to save
    menu_wanted = Signal(str, object)

    def __init__(self, studio: Studio, name: str, sql: str, kept: str | None = None) -> None:
        super().__init__()
        self.studio = studio
        self.name = name
        self.place = 0  # among the open tabs
        self._kept = kept  # the text that is saved under this name, if any is
        self._running: Handle | None = None
        self._checking: Handle | None = None
        self._began = 0.0
        self.editor, self.results = CodeEditor("sql"), Results(studio)
        self.suggesting = Suggesting(self.editor)
        self.editor.set_text(sql)
        self.editor.document().clearUndoRedoStacks()
        self.problem = Label("", "dense", "danger.text", elide="end")
        self._keep_timer = QTimer(self, singleShot=True, interval=KEEP_AFTER)
        self._check_timer = QTimer(self, singleShot=True, interval=CHECK_AFTER)
        self._tick_timer = QTimer(self, interval=TICK)
        self._lay_out()
        self._listen()
        self._show_changed()

    @property
    def changed(self) -> bool:
        """Whether the text is not what is saved."""
        return self.editor.text() != (self._kept or "")

    # Running

    def run(self) -> None:
        """Run what is selected, else the statement under the cursor; a second press while it runs cancels."""
        self._run(self._chosen())

    def run_all(self) -> None:
        """Run every statement of the text."""
        self._run(Statement(self.editor.text(), 0, 0, 0))

    def cancel(self) -> None:
        """End the query that runs."""
        if self._running is not None:
            self._running.cancel()
            self._show_running(None)
            self.results.say(Text("Cancelled.", "已取消。"))

    def explain(self) -> None:
        """Show the plan of what would be run, without running it."""
        chosen = self._chosen().explained()
        self._forget_problems()
        work = self.studio.engine.sql.plan(chosen.sql)
        bridge.run(self, work, self.results.show_plan, lambda error: self._failed(in_text(error, chosen)))

    def measure(self, sql: str) -> None:
        """Run a query and show its plan with rows and times."""
        self._begin()
        work = self.studio.engine.sql.plan(sql, analyze=True)
        self._show_running(bridge.run(self, work, self._measured, self._failed))

    def _chosen(self) -> Statement:
        cursor, text = self.editor.textCursor(), self.editor.text()
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        if text[start:end].strip():
            line = text.count("\n", 0, start)
            return Statement(text[start:end], start, line, start - (text.rfind("\n", 0, start) + 1))
        return at_caret(text, cursor.position()) or Statement(text, 0, 0, 0)

    def _run(self, chosen: Statement) -> None:
        if self._running is not None:
            self.cancel()
            return
        self._begin()
        items = self.studio.engine.sql.run(chosen.sql)
        came = self._came_from(chosen)
        self._show_running(bridge.stream(self, items, came, lambda: self._show_running(None), self._failed))

    def _begin(self) -> None:
        self._forget_problems()
        self.results.begin(self.cancel)

    def _came_from(self, chosen: Statement) -> Callable[[Outcome], None]:
        def came(outcome: Outcome) -> None:
            self.results.add(outcome)
            if outcome.error is not None:
                self._mark_error(in_text(outcome.error, chosen))

        return came

    def _measured(self, plan: object) -> None:
        self._show_running(None)
        self.results.show_plan(plan)  # type: ignore[arg-type]

    def _failed(self, error: StudioError) -> None:
        self._show_running(None)
        self.results.fail(error)
        self._mark_error(error)

    def _show_running(self, running: Handle | None) -> None:
        self._running = running
        self._began = time.monotonic()
        self.run_button.say(Text("Cancel", "取消") if running else Text("Run", "运行"))
        self.run_button.set_icon("square" if running else "play")
        self.run_button.set_kind("default" if running else "primary")
        if running:
            self._tick_timer.start()
        else:
            self._tick_timer.stop()

    # Problems

    def _mark_error(self, error: StudioError) -> None:
        line, column = (error.line, error.column) if isinstance(error, SqlProblem) else (0, 0)
        if line:
            self._mark(line, column, error.message)

    def _mark(self, line: int, column: int, message: Text) -> None:
        self.editor.mark_error(line, column, message)
        self.problem.say(Text(f"Line {line}: {message.en}", f"第 {line} 行：{message.zh}"))
        self._problem_at = (line, column)
        self.problem_bar.show()

    def _forget_problems(self) -> None:
        self.editor.clear_errors()
        self.problem_bar.hide()

    def _check(self) -> None:
        if not self.editor.text().strip() or self._running is not None:
            return
        if self._checking is not None:
            self._checking.cancel()
        work = self.studio.engine.sql.validate(self.editor.text())
        self._checking = bridge.run(self, work, self._mark_problems, lambda _error: None)

    def _mark_problems(self, problems: list[Problem]) -> None:
        for each in problems:
            if each.line and self._running is None:
                self._mark(each.line, each.column, Text(each.message, each.message_zh or each.message))

    # Text

    def save(self) -> None:
        """Give the query to the project under its name."""
        text = self.editor.text()
        work = self.studio.engine.sql.saved.save(self.name, text)
        bridge.run(self, work, lambda _: self._was_saved(text))

    def keep(self) -> None:
        """Keep the text as a draft now."""
        self._keep_timer.stop()
        draft = Draft(name=self.name, sql=self.editor.text(), place=self.place)
        bridge.run(self, self.studio.engine.sql.drafts.keep(draft))

    def rename(self, name: str) -> None:
        """Go by another name; what is saved and the draft go with it."""
        old, self.name = self.name, name
        self.title.setText(name)
        engine, text = self.studio.engine.sql, self.editor.text()

        async def move() -> None:
            await engine.saved.save(name, text, old_name=old)
            await engine.drafts.drop(old)
            await engine.drafts.keep(Draft(name=name, sql=text, place=self.place))

        bridge.run(self, move(), lambda _: self._was_saved(text))

    def lay_out_anew(self) -> None:
        """Format the text; one step of undo takes it back."""
        text = self.editor.text()

        def show(laid: str) -> None:
            if self.editor.text() == text:
                self.editor.set_text(laid)

        bridge.run(
            self,
            self.studio.engine.sql.formatted(text),
            show,
            lambda error: self.studio.window.toast(error.whole(), level="warning"),
        )

    def _was_saved(self, text: str) -> None:
        self._kept = text
        self._show_changed()
        self.saved.emit(self.name)

    def _text_changed(self) -> None:
        self._forget_problems()
        self._keep_timer.start()
        self._check_timer.start()
        self._show_changed()

    def _show_changed(self) -> None:
        self.dot.setVisible(self.changed)
        self.touched.emit(self.changed)

    # Inside

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header())
        left = QWidget()
        editing = QVBoxLayout(left)
        editing.setContentsMargins(0, 0, 0, 0)
        editing.setSpacing(0)
        editing.addWidget(self.editor, 1)
        editing.addWidget(self._problem_strip())
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(left)
        self.split.addWidget(self.results)
        self.split.setSizes([460, 540])
        column.addWidget(self.split, 1)

    def _header(self) -> Header:
        header = Header(40)
        self.title = Label(self.name, "bodyStrong", elide="end").shrinkable()
        self.dot = Label("●", "caption", "text.tertiary")
        self.dot.setToolTip(tr(Text("Not saved yet; kept as a draft.", "尚未保存，已存为草稿。")))
        self.layout_button = IconButton("text-align-start", Text("Format", "整理格式"))
        self.explain_button = Button(Text("Explain", "执行计划"), "list-tree", size="sm")
        self.run_button = Button(Text("Run", "运行"), "play", "primary", "sm")
        self.more = IconButton("ellipsis", Text("More", "更多"))
        self.more.clicked.connect(lambda: self.menu_wanted.emit(self.name, self.more))
        words = Text("on DuckDB, this computer", "在本机 DuckDB 上")
        where = Label(words, "caption", "text.secondary", elide="end").shrinkable()
        for widget in (Glyph("file-code"), self.title, self.dot, self.more):
            header.row.addWidget(widget)
        header.row.addStretch(1)
        ends = (where, self.layout_button, self.explain_button, self.run_button, KeyCap("Ctrl"), KeyCap("↵"))
        for widget in ends:
            header.row.addWidget(widget)
        return header

    def _problem_strip(self) -> Header:
        self.problem_bar = Header(28)
        self.problem_bar.row.addWidget(Glyph("circle-x", "danger.text", 14))
        self.problem_bar.row.addWidget(self.problem, 1)
        go = Button(Text("Show", "定位"), kind="link", size="sm")
        go.clicked.connect(lambda: self.editor.go_to(*self._problem_at))
        self._problem_at = (1, 1)
        self.problem_bar.row.addWidget(go)
        self.problem_bar.hide()
        return self.problem_bar

    def _listen(self) -> None:
        self.editor.submitted.connect(self.run)
        self.editor.all_submitted.connect(self.run_all)
        self.editor.changed.connect(self._text_changed)
        self.run_button.clicked.connect(self.run)
        self.explain_button.clicked.connect(self.explain)
        self.layout_button.clicked.connect(self.lay_out_anew)
        self._keep_timer.timeout.connect(self.keep)
        self._check_timer.timeout.connect(self._check)
        self._tick_timer.timeout.connect(lambda: self.results.tick(time.monotonic() - self._began))
        self.results.measure_wanted.connect(self.measure)
        self.results.query_reused.connect(self.editor.add_below)
        QShortcut(QKeySequence.StandardKey.Save, self, self.save, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
