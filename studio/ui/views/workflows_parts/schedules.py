"""When a workflow starts by itself: its schedules and triggers, beside the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.settings import SettingsChanged
from studio.engine.text import Text, plural
from studio.engine.workflows.execution import Execution, RunFilter
from studio.engine.workflows.schedule import Schedule, ScheduleSettings
from studio.engine.workflows.schedules import SchedulesChanged
from studio.ui import when
from studio.ui.language import joined
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.hook_address import HookAddress
from studio.ui.views.workflows_parts.schedule_dialog import ScheduleDialog
from studio.ui.views.workflows_parts.schedule_words import ICONS, moment_in_words, until_in_words, when_in_words
from studio.ui.widgets.buttons import Button, IconButton, Toggle
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card, Glyph, Panel, scroll
from studio.ui.widgets.states import Empty

if TYPE_CHECKING:
    from studio.ui.views.workflows_parts.sheet import Sheet

TITLE = Text("Schedules", "计划与触发")
NEW = Text("New", "新建")
NONE = Text("Starts by hand only", "只能手动运行")
NONE_WHY = Text(
    "Let it start by the clock, when an address is called, when files come or when a dataset changes.",
    "可以定时、在地址被调用、文件到来或数据集变化时自动运行。",
)
ON = Text("On", "启用")
PAUSED = Text("Paused", "已暂停")
WAITS = Text("Waits", "等待触发")
NEXT = Text("Next {when}, {away}", "下次 {when}，{away}")
LAST = Text("Last run {when} · {status}", "上次运行 {when} · {status}")
NEVER = Text("Has not started yet", "尚未启动过")
RUN_NOW = Text("Run now", "立即运行")
REMOVED = Text("Schedule deleted", "已删除计划")
RENEWED = Text("The address has another secret now; the old one starts nothing.", "地址已更换密钥，旧地址不再有效。")
STATES = {
    "completed": Text("completed", "已完成"), "failed": Text("failed", "失败"), "running": Text("running", "运行中"),
    "waiting": Text("waits for you", "等你回答"), "stopped": Text("stopped", "已停止"),
    "interrupted": Text("interrupted", "已中断"),
}  # fmt: skip


class SchedulesPanel(Panel):
    """The schedules of the workflow in front. `started` carries a run that was begun here, `open_run` one to look at."""

    started = Signal(str)
    open_run = Signal(str)
    closed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        self.add = Button(NEW, "plus", size="sm")
        close = IconButton("x", Text("Back to the inspector", "返回检查器"))
        super().__init__(TITLE, [self.add, close], header=40, parent=parent)
        self.studio = studio
        self.sheet: Sheet | None = None
        self.cards: dict[str, ScheduleCard] = {}
        self.dialog: ScheduleDialog | None = None
        self._shown: object = None
        self._names: dict[str, str] = {}
        self.none = Empty("calendar-clock", NONE, NONE_WHY)
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        gap = theme.size("space.3")
        self._column.setContentsMargins(gap, gap, gap, gap)
        self._column.setSpacing(gap)
        self._list = scroll(inner)
        self.body.addWidget(self.none, 1)
        self.body.addWidget(self._list, 1)
        self._list.hide()
        self.add.clicked.connect(self.new)
        close.clicked.connect(self.closed)
        studio.bridge.listen(self, SchedulesChanged, self._heard)
        studio.bridge.listen(self, SettingsChanged, self._set)

    def show_sheet(self, sheet: Sheet | None) -> None:
        self.sheet = sheet
        self._names = dict(sheet.document.names) if sheet is not None else {}
        self.add.setEnabled(sheet is not None)
        self.refresh()

    def refresh(self) -> None:
        """Read them anew, where the panel is seen."""
        if self.sheet is None or self.isHidden():
            return
        workflows, workflow_id = self.studio.engine.workflows, self.sheet.workflow.id

        async def read() -> tuple[list[Schedule], list[Execution]]:
            return workflows.schedules.list(workflow_id), await workflows.executions(
                workflow_id, 200, RunFilter(trigger="schedule")
            )

        self.studio.bridge.run(self, read(), lambda found: self._show(workflow_id, *found), of="schedules")

    def new(self) -> None:
        """Ask for another one."""
        if self.sheet is None:
            return
        workflow_id = self.sheet.workflow.id
        schedules = self.studio.engine.workflows.schedules
        self._ask(None, lambda settings: schedules.add(workflow_id, settings))

    def edit(self, schedule: Schedule) -> None:
        self._ask(schedule, lambda settings: self.studio.engine.workflows.schedules.change(schedule.id, settings))

    def remove(self, schedule: Schedule) -> None:
        """Take it away; the toast brings it back as it was."""
        schedules, bridge = self.studio.engine.workflows.schedules, self.studio.bridge

        def undo() -> None:
            bridge.run(self, schedules.put_back(schedule))

        bridge.run(self, schedules.remove(schedule.id), lambda _: self.studio.window.toast(REMOVED, undo))

    def _ask(self, schedule: Schedule | None, keep: Any) -> None:
        assert self.sheet is not None
        workflows, graph = self.studio.engine.workflows, self.sheet.document.graph
        dialog = ScheduleDialog(self.studio, self.sheet.asked(), schedule, self)

        async def kept(settings: ScheduleSettings) -> Schedule:
            given = await workflows.handed_over(graph, settings.inputs)
            return await keep(settings.model_copy(update={"inputs": given}))

        def take(settings: ScheduleSettings) -> None:
            self.studio.bridge.run(
                dialog, kept(settings), lambda _: dialog.accept(), lambda error: dialog.say_problem(error.whole())
            )

        dialog.given.connect(take)
        self.dialog = dialog
        dialog.open()

    def _heard(self, event: SchedulesChanged) -> None:
        if self.sheet is not None and event.workflow_id == self.sheet.workflow.id:
            self.refresh()

    def _set(self, event: SettingsChanged) -> None:
        if event.key.startswith("server."):
            self.refresh()

    def _show(self, workflow_id: str, found: list[Schedule], runs: list[Execution]) -> None:
        if self.sheet is None or self.sheet.workflow.id != workflow_id:
            return
        by_id = {run.id: run for run in runs}
        lasts = [by_id.get(one.state.get("last_run", "")) for one in found]
        server = self.studio.settings.server
        shown = (
            workflow_id,
            [one.model_dump() for one in found],
            [run.status if run else "" for run in lasts],
            server.model_dump(),
        )
        if shown == self._shown:  # made anew, they would lose the focus
            return
        self._shown = shown
        empty(self._column)
        self.cards = {one.id: self._card(one, run) for one, run in zip(found, lasts, strict=True)}
        for card in self.cards.values():
            self._column.addWidget(card)
        self._column.addStretch(1)
        self._list.setVisible(bool(found))
        self.none.setVisible(not found)

    def _card(self, schedule: Schedule, last: Execution | None) -> ScheduleCard:
        server = self.studio.settings.server
        address = f"http://{server.host}:{server.port}" if server.enabled else ""
        card = ScheduleCard(schedule, last, self._names)
        if schedule.settings.kind == "webhook":
            self._with_address(card, HookAddress(schedule, address, server.needs_token))
        schedules, bridge = self.studio.engine.workflows.schedules, self.studio.bridge
        card.toggle.toggled.connect(
            lambda on: bridge.run(self, schedules.pause(schedule.id, not on), None, self._refused)
        )
        card.run_now.clicked.connect(
            lambda: bridge.run(self, schedules.trigger(schedule.id), lambda run: self.started.emit(run.id))
        )
        card.change.clicked.connect(lambda: self.edit(schedule))
        card.delete.clicked.connect(lambda: self.remove(schedule))
        card.open_run.connect(self.open_run)
        return card

    def _with_address(self, card: ScheduleCard, hook: HookAddress) -> None:
        card.show_address(hook)
        renewed = self.studio.engine.workflows.schedules.renew
        hook.copied.connect(self._copy)
        hook.renew.clicked.connect(
            lambda: self.studio.bridge.run(self, renewed(card.schedule_id), lambda _: self.studio.window.toast(RENEWED))
        )

    def _copy(self, words: str, said: Text) -> None:
        QGuiApplication.clipboard().setText(words)
        self.studio.window.toast(said)

    def _refused(self, error: StudioError) -> None:
        self.studio.bridge.unhandled(error)
        self.refresh()


class ScheduleCard(Card):
    """One schedule: when, how it went, and what can be done with it."""

    open_run = Signal(str)

    def __init__(self, schedule: Schedule, last: Execution | None, names: dict[str, str]) -> None:
        super().__init__(surface="panel")
        self.schedule_id = schedule.id
        self.hook: HookAddress | None = None
        self.toggle = Toggle(not schedule.paused, ON)
        self.run_now = Button(RUN_NOW, "play", size="sm")
        self.change = IconButton("pencil", Text("Change", "修改"), size=14)
        self.delete = IconButton("trash-2", Text("Delete", "删除"), size=14)
        self._head(schedule, names)
        self.body.addWidget(Label(_stands(schedule), "dense", "text.secondary", wrap=True))
        self._place = QVBoxLayout()
        self.body.addLayout(self._place)
        self._last(schedule, last)
        self._foot(schedule)

    def _head(self, schedule: Schedule, names: dict[str, str]) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Glyph(ICONS[schedule.settings.kind], "accent.text"))
        row.addWidget(Label(when_in_words(schedule.settings, names), "denseStrong", wrap=True), 1)
        row.addWidget(self.toggle)
        self.body.addLayout(row)

    def show_address(self, hook: HookAddress) -> None:
        """Where it is called, under when it starts."""
        self.hook = hook
        self._place.addWidget(hook)

    def _last(self, schedule: Schedule, last: Execution | None) -> None:
        error = schedule.state.get("error")
        if error:
            self.body.addWidget(Label(Text(**error["message"]), "dense", "danger.text", wrap=True))
        if last is None:
            self.body.addWidget(Label(NEVER, "caption", "text.tertiary"))
            return
        at, status = when.moment(last.created_at, inside=True), STATES.get(last.status, Text.same(last.status))
        words = LAST.format(when=at, status=status)
        link = Button(words, kind="link", size="sm")
        link.set_flush()
        link.clicked.connect(lambda: self.open_run.emit(last.id))
        self.body.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)

    def _foot(self, schedule: Schedule) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.2"))
        row.addWidget(self.run_now)
        row.addWidget(Label(_counts(schedule.state), "caption", "text.tertiary", elide="end"), 1)
        row.addWidget(self.change)
        row.addWidget(self.delete)
        self.body.addLayout(row)


def _counts(state: dict[str, Any]) -> Text:
    """How often it started its workflow, and what went wrong, where something did."""
    runs, failed, skipped = (state.get(name, 0) for name in ("runs", "failures", "skipped"))
    if not runs:
        return Text("", "")
    return joined(
        Text(plural(runs, "run", "runs"), f"运行 {runs} 次"),
        Text(f"{failed} failed", f"失败 {failed} 次") if failed else None,
        Text(f"{skipped} left out", f"跳过 {skipped} 次") if skipped else None,
    )


def _stands(schedule: Schedule) -> Text:
    if schedule.paused:
        return PAUSED
    at = schedule.state.get("next_at")
    if at is None:
        return WAITS
    zone = schedule.settings.timezone if schedule.settings.kind == "cron" else ""
    return NEXT.format(when=moment_in_words(at, zone), away=until_in_words(at))
