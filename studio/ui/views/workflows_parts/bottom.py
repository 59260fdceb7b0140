"""The panel below the canvas: the run over time at the left; logs, data and problems at the right."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.ui import when
from studio.ui.canvas.times import clock, seconds_in_words, waited_in_words
from studio.ui.language import joined, language
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.workflows_parts import stored
from studio.ui.views.workflows_parts.logs import Logs
from studio.ui.views.workflows_parts.preview import Preview
from studio.ui.views.workflows_parts.problems import ProblemList
from studio.ui.views.workflows_parts.sheet import Sheet
from studio.ui.views.workflows_parts.timeline import Timeline
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Header, Surface, scroll
from studio.ui.widgets.panel_tabs import PanelTabs

RUN = Text("Run", "运行")
NO_RUN = Text("Not run yet. Queue a run to see its steps here.", "尚未运行。开始运行后，这里会显示每一步。")
WHEN = Text("started {time} · {elapsed} elapsed", "{time} 开始 · 已用 {elapsed}")
WAS = Text("{time} · {elapsed} · {status}", "{time} · {elapsed} · {status}")
MOMENT = Text("moment {at} of {count}", "第 {at} 个时刻，共 {count} 个")
CACHED = Text("{count} from cache", "{count} 步来自缓存")
STATUS = {
    "finished": Text("finished", "已完成"), "failed": Text("failed", "失败"), "stopped": Text("stopped", "已停止"),
    "interrupted": Text("interrupted", "已中断"), "running": Text("running", "运行中"),
}  # fmt: skip


class Bottom(Surface):
    """`chosen` gives the step that was clicked in any of its parts."""

    chosen = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self.sheet: Sheet | None = None
        self.timeline, self.logs, self.preview = Timeline(), Logs(), Preview(studio)
        self.problems = ProblemList()
        self.tabs = PanelTabs(
            [
                ("logs", Text("Logs", "日志")),
                ("data", Text("Data preview", "数据预览")),
                ("problems", Text("Problems", "问题")),
            ]
        )
        self.heading = Label(RUN, "denseStrong")
        self.when = Label(NO_RUN, "dense", "text.tertiary", elide="end")
        self.cached = Badge("", "cached", "zap")
        self.earlier = IconButton("chevron-left", Text("A moment earlier", "上一时刻"))
        self.later = IconButton("chevron-right", Text("A moment later", "下一时刻"))
        self._build()
        self._listen()
        language.changed.connect(self.show_run)

    def show_sheet(self, sheet: Sheet | None) -> None:
        self.sheet = sheet
        self.show_run()
        self.show_problems()

    def show_run(self) -> None:
        """Another run, or none."""
        run = self.sheet.run if self.sheet else None
        self.logs.show_lines(run.lines if run else [], self._titles())
        story = self.sheet.story if self.sheet else None
        over = bool(run and not run.running and story and story.count)
        for button in (self.earlier, self.later):
            button.setVisible(over)
        if over and story is not None:
            self.earlier.setEnabled(story.at != 0)
            self.later.setEnabled(story.at is not None)
        self.tick()
        self.preview.show_step(run, self.preview.step)

    def tick(self) -> None:
        """Follow what is shown: new lines, longer bars, later times."""
        run = self.sheet.run if self.sheet else None
        titles = self._titles()
        self.logs.grow(titles)
        self.timeline.show_run(run, titles, time.time())
        if self.tabs.value() == "data":
            self.preview.show_step(run, self.preview.step)
        self.cached.setVisible(bool(run and run.cached))
        if run is None or run.started is None:
            self.when.say(NO_RUN)
            return
        self.cached.say(CACHED.format(count=run.cached))
        words = WHEN if run.running else WAS
        now = time.time()
        waited = run.waited(now)
        worked = run.elapsed(now) - waited
        took = clock(worked) if run.running else seconds_in_words(worked)
        status = STATUS.get(run.status, RUN)
        if run.status == "past" and self.sheet is not None and self.sheet.story is not None:
            story = self.sheet.story
            status = MOMENT.format(at=(story.at or 0) + 1, count=story.count)
        said = words.format(time=when.brief(run.started, inside=run.running), elapsed=took, status=status)
        self.when.say(joined(said, waited_in_words(waited)))

    def _titles(self) -> dict[str, str]:
        return self.sheet.titles() if self.sheet else {}

    def show_problems(self) -> None:
        """What the judge says of the graph, then what failed in the run."""
        self.problems.show_sheet(self.sheet)
        self.tabs.set_count("problems", len(self.problems.rows()) or None)

    def choose(self, ids: list[str]) -> None:
        """Follow the canvas's selection."""
        step = ids[0] if len(ids) == 1 else ""
        self.timeline.choose(step)
        if step:
            self.preview.show_step(self.sheet.run if self.sheet else None, step)

    def show_tab(self, name: str) -> None:
        self.tabs.set_value(name)
        self._turn(name)

    def _build(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = Header(32)
        for widget, stretch in (
            (self.heading, 0), (self.when, 1), (self.cached, 0), (self.earlier, 0), (self.later, 0),
        ):  # fmt: skip
            head.row.addWidget(widget, stretch)
        column.addWidget(head)
        column.addWidget(scroll(self.timeline), 1)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = Header(32)
        head.row.addWidget(self.tabs, 1)
        self.pages = QStackedWidget()
        for page in (self.logs, self.preview, self.problems):
            self.pages.addWidget(page)
        column.addWidget(head)
        column.addWidget(self.pages, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setSizes([theme.scaled(560), theme.scaled(440)])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 1, 0, 0)
        layout.addWidget(splitter)

    def _listen(self) -> None:
        self.tabs.changed.connect(self._turn)
        self.earlier.clicked.connect(lambda: self.sheet and self.sheet.step_through(-1))
        self.later.clicked.connect(lambda: self.sheet and self.sheet.step_through(1))
        self.preview.edit_wanted.connect(lambda step, port: self.sheet and stored.edit(self.sheet, step, port))
        self.timeline.chosen.connect(self.chosen)
        self.logs.chosen.connect(lambda step: step and self.chosen.emit(step))
        self.problems.selected.connect(lambda row: self.chosen.emit(row.split(":", 1)[1]))
        self.cached.hide()

    def _turn(self, name: object) -> None:
        pages = {"logs": self.logs, "data": self.preview, "problems": self.problems}
        self.pages.setCurrentWidget(pages[str(name)])
        self.tick()
