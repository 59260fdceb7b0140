"""The five-minute tour: a card over the window that walks through data, a question and a workflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows.execution import Workflow
from studio.ui.language import say
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.box import paint_box
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import Label

WIDE = 272  # within the inspector's width, so that it lies on no button of the middle
TITLE = Text("Tour", "导览")
PREPARING = Text("The sample project is put in place…", "正在准备示例项目…")
KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Left, Qt.Key.Key_Right)


class Stop(NamedTuple):
    """A place of the tour: what is said, and how to get there."""

    title: Text
    body: Text
    go: Callable[[Studio], object]


def _view(name: str) -> Callable[[Studio], object]:
    return lambda studio: studio.window.show_view(name)


def _quick_workflow(studio: Studio) -> None:
    """One that asks no model, if there is one: it is through at once on any computer."""

    def show(workflows: list[Workflow]) -> None:
        quick = [one for one in workflows if not any("model" in node.params for node in one.definition.nodes)]
        if workflows:
            studio.open("workflow", (quick or workflows)[0].id)
        else:
            studio.window.show_view("workflows")

    studio.bridge.run(studio.window, studio.engine.workflows.list(), show)


STOPS = (
    Stop(
        Text("Five minutes, on the sample project", "用示例项目走一遍，五分钟"),
        Text(
            "The tour goes from a table to a question and on to a workflow. “Next” puts the sample project in place where it is not"
            " there yet. Right and Left go on and back, Esc ends the tour, and F6 leads into the window.",
            "导览依次介绍数据表、提问与工作流。如尚无示例项目，点“下一步”即会创建。按右、左方向键前进或后退，Esc 结束导览，F6 进入窗口各区域。",
        ),
        _view("home"),
    ),
    Stop(
        Text("1. Data: a year of orders", "1. 数据：一年的订单"),
        Text(
            "12,000 orders stand in a file and are read where they lie. Click a column's head to order by it, and write SQL below:"
            " Ctrl Enter runs it.",
            "12,000 条订单保存在文件中，直接就地读取。点击列头即可排序；在下方编写 SQL，按 Ctrl Enter 运行。",
        ),
        lambda studio: studio.open("dataset", "ds-001"),
    ),
    Stop(
        Text("2. Knowledge: the handbook", "2. 知识库：售后手册"),
        Text(
            "Documents are cut into chunks that can be searched in both languages. Open “Search test” above the list, search, and see"
            " the page that a hit comes from.",
            "文档被切成片段，中英文均可检索。打开列表上方的“检索测试”试着搜索，查看结果所在的页。",
        ),
        _view("knowledge"),
    ),
    Stop(
        Text("3. Chat: ask both at once", "3. 对话：同时提问"),
        Text(
            "Ask how long the K7's warranty is and how many were returned. The answer streams in with numbered sources; a click on"
            " one opens the page or the rows.",
            "试着询问 K7 的保修期与退货数量。回答会逐字显示，并附带编号来源；点击来源即可打开对应的页或数据行。",
        ),
        _view("chat"),
    ),
    Stop(
        Text("4. Workflows: the same as a graph", "4. 工作流：同样的步骤，画成图"),
        Text(
            "Every step is a node. “Queue run” runs them all, and you see each at work; double-click the canvas to add one.",
            "每个步骤都是一个节点。点“开始运行”，即可看到各节点依次执行；双击画布可添加节点。",
        ),
        _quick_workflow,
    ),
    Stop(
        Text("5. Runs: nothing is lost", "5. 运行：记录完整保存"),
        Text(
            "Each run is kept with what every step took in and gave back, and one that was stopped goes on where it was. That is"
            " all: Ctrl K finds every command.",
            "每次运行都会保存，包括各节点的输入和输出；中断的运行可以从断点继续。导览到此结束，按 Ctrl K 可查找所有命令。",
        ),
        _view("runs"),
    ),
)


class Tour(QFrame):
    """Stands at the bottom right; `ended` comes when it is closed."""

    ended = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio.window)
        self._studio, self.place_of = studio, 0
        self.title, self.count = Label("", "bodyStrong", wrap=True), Label("", "caption", "text.secondary")
        self.body = Label("", "body", "text.secondary", wrap=True)
        self.back, self.next = Button(Text("Back", "上一步")), Button(Text("Next", "下一步"), kind="primary")
        self._close = IconButton("x", Text("End the tour", "结束导览"), size=14)
        self._close.clicked.connect(self.end)
        self.back.clicked.connect(lambda: self.show_stop(self.place_of - 1))
        self.next.clicked.connect(self.go_on)
        say(self.setAccessibleName, TITLE)
        self._lay_out()
        for watched in (studio.window, self.back, self.next, self._close):
            watched.installEventFilter(self)
        theme.changed.connect(self._stand)
        self.show_stop(0)
        self.show()
        self.raise_()
        self.next.setFocus(Qt.FocusReason.PopupFocusReason)

    def go_on(self) -> None:
        """To the next stop; from the first one once the sample project is in place, from the last one to the end."""
        if self.place_of == 0:
            self._close.setFocus(Qt.FocusReason.OtherFocusReason)  # the keyboard stays in the tour
            self.next.setEnabled(False)
            self.count.say(PREPARING)
            self._studio.bridge.run(self, _prepare(self._studio), lambda _: self.show_stop(1), self._not_prepared)
        elif self.place_of + 1 < len(STOPS):
            self.show_stop(self.place_of + 1)
        else:
            self.end()

    def show_stop(self, place: int) -> None:
        self.place_of = max(0, min(place, len(STOPS) - 1))
        stop = STOPS[self.place_of]
        self.title.say(stop.title)
        self.body.say(stop.body)
        self.count.say(f"{self.place_of + 1} / {len(STOPS)}")
        self.back.setEnabled(self.place_of > 0)
        self.next.setEnabled(True)
        self.next.say(Text("Finish", "完成") if self.place_of + 1 == len(STOPS) else Text("Next", "下一步"))
        self._stand()
        stop.go(self._studio)
        self.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def end(self) -> None:
        self._studio.window.removeEventFilter(self)
        self.hide()
        self.ended.emit()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parent():
            if event.type() == QEvent.Type.Resize:
                self._stand()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in KEYS:
            self.keyPressEvent(event)  # a button would take an arrow to the next control
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.end()
        elif event.key() == Qt.Key.Key_Right and self.next.isEnabled():
            self.go_on()
        elif event.key() == Qt.Key.Key_Left and self.place_of:
            self.show_stop(self.place_of - 1)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(self, "accent.ring", "surface.raised", "radius.lg")

    def _not_prepared(self, error: StudioError) -> None:
        self.show_stop(0)
        self._studio.window.show_error(error)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        side = theme.size("space.4")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.2"))
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        foot = QHBoxLayout()
        foot.addWidget(self.count, 1)
        foot.addWidget(self.back)
        foot.addWidget(self.next)
        column.addLayout(head)
        column.addWidget(self.body)
        column.addLayout(foot)

    def _stand(self) -> None:
        parent = self.parentWidget()
        self.setFixedWidth(min(theme.scaled(WIDE), parent.width() - 2 * theme.size("space.4")))
        self.layout().activate()  # the row of the title would else tell the height of the words before
        self.setFixedHeight(self.layout().totalHeightForWidth(self.width()))
        gap = theme.size("space.4")
        self.move(parent.width() - self.width() - gap, parent.height() - self.height() - gap - theme.scaled(24))


async def _prepare(studio: Studio) -> None:
    sample = studio.engine.sample
    if not await sample.prepared():
        await (await sample.prepare()).wait()


def start_tour(studio: Studio) -> Tour:
    """One at a time: a tour that is under way begins anew."""
    for running in studio.window.findChildren(Tour):
        running.end()
    return Tour(studio)
