"""When a workflow shall start by itself: the kind, its settings, what the run is given, and the times that come of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, QTimeZone, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.engine.workflows.node import Asked
from studio.engine.workflows.schedule import KINDS, Schedule, ScheduleSettings
from studio.ui.forms import ParamsForm
from studio.ui.language import joined
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.workflows_parts.schedule_words import CRONS, UNITS, cron_in_words, moment_in_words, unit_of
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.discard import empty
from studio.ui.widgets.inputs import Choice, NumberField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card, scroll
from studio.ui.widgets.start_form import StartFields

NEW, CHANGE = Text("Start this workflow by itself", "让此工作流自动运行"), Text("Change the schedule", "修改计划")
CREATE, SAVE = Text("Create", "创建"), Text("Save", "保存")
USUAL = Text("Usual times", "常用时间")
OWN = Text("Own line", "自定义")
EVERY = Text("Every", "间隔")
NEXT = Text("Next times", "接下来的时间")
GIVEN = Text("Given to the run", "运行输入")
CALLED = Text(
    "It gets an address with a secret of its own. Whatever calls it with POST starts a run; the JSON that is sent is the input “body”.",
    "将生成一个带密钥的地址。任何程序以 POST 调用它即启动一次运行，所发送的 JSON 作为输入“body”。",
)
SHOWN = {
    "cron": {"cron", "timezone", "missed", "retries", "retry_wait"},
    "interval": {"missed", "retries", "retry_wait"},
    "webhook": set(),
    "file": {"folder", "pattern", "retries", "retry_wait"},
    "dataset": {"dataset", "retries", "retry_wait"},
}
PREVIEW_AFTER = 200


class ScheduleDialog(Ask):
    """`given` carries the settings. What does not hold is said in the preview, and the dialog stays."""

    given = Signal(object)

    def __init__(
        self, studio: Studio, asked: Asked, schedule: Schedule | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(NEW if schedule is None else CHANGE, CREATE if schedule is None else SAVE, parent=parent)
        self.studio = studio
        before = schedule.settings if schedule is not None else ScheduleSettings(timezone=_here())
        self._values: dict[str, Any] = before.model_dump(mode="json")
        self._bad: Text | None = None
        self.kind = Choice([*KINDS.items()], before.kind, Text("Kind", "类型"))
        self.usual = Choice([*CRONS, ("", OWN)], None, USUAL)
        size, _ = unit_of(before.seconds)
        self.count = NumberField(before.seconds / size, 1, None, 1, 0, EVERY)
        self.unit = Choice([*UNITS], size, EVERY)
        self.form: ParamsForm | None = None
        self.inputs = StartFields(asked, before.inputs, lenient=True) if asked.fields else None
        self.preview = Label("", "dense", "text.secondary", wrap=True)
        self._soon = QTimer(self, singleShot=True, interval=PREVIEW_AFTER, timeout=self._ask_for_times)
        self._lay_out_parts()
        self._turn(before.kind)

    def settings(self) -> ScheduleSettings:
        """What the fields say now; raises what pydantic does of it."""
        kept = {name: value for name, value in self._values.items() if name != "inputs"}
        return ScheduleSettings.model_validate({**kept, "inputs": self._given()})

    def set_kind(self, kind: str) -> None:
        self.kind.set_value(kind)
        self._turn(kind)

    def _lay_out_parts(self) -> None:
        self.setMinimumWidth(theme.scaled(480))
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, theme.size("space.2"), 0)
        column.setSpacing(theme.size("space.3"))
        column.addWidget(self.kind)
        self._first, self._own = QVBoxLayout(), QVBoxLayout()
        self._card = Card()
        self._card.body.addWidget(self.preview)
        self._own.setSpacing(theme.size("space.3"))
        column.addLayout(self._first)
        column.addWidget(self._card)
        column.addLayout(self._own)
        if self.inputs is not None:
            column.addWidget(Label(GIVEN, "denseStrong"))
            column.addWidget(self.inputs)
        column.addStretch(1)
        area = scroll(inner)
        area.setMinimumHeight(min(theme.scaled(460), round(self.screen().availableGeometry().height() * 0.6)))
        self.body.addWidget(area, 1)
        self.kind.changed.connect(self._turn)
        self.usual.changed.connect(self._take_usual)
        self.unit.changed.connect(lambda _: self._take_interval())
        self.count.changed.connect(lambda _: self._take_interval())

    def _turn(self, kind: object) -> None:
        """Other fields for another kind; what was said for the one before is kept."""
        self._values["kind"] = kind
        for widget in (self.usual, self.count, self.unit):
            widget.setParent(None)
        for layout in (self._first, self._own):
            empty(layout)
        names = set(ScheduleSettings.model_fields)
        self.form = ParamsForm(ScheduleSettings, self._values, self.studio, without=names - SHOWN[str(kind)])
        self.form.changed.connect(self._take)
        if kind == "cron":
            self._first.addWidget(self.usual)
            self._show_usual()
        elif kind == "interval":
            self._first.addWidget(self._interval_row())
        elif kind == "webhook":
            self._own.addWidget(Label(CALLED, "dense", "text.secondary", wrap=True))
        self._own.addWidget(self.form)
        self._card.setVisible(kind in ("cron", "interval"))
        self._ask_for_times()

    def _interval_row(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.size("space.2"))
        row.addWidget(Label(EVERY, "dense", "text.secondary"))
        for widget in (self.count, self.unit):
            row.addWidget(widget, 1)
        return holder

    def _take(self, name: str, value: object) -> None:
        self._values[name] = value
        if name == "cron":
            self._show_usual()
        self._soon.start()

    def _show_usual(self) -> None:
        known = {line for line, _ in CRONS}
        self.usual.set_value(self._values["cron"] if self._values["cron"] in known else "")

    def _take_usual(self, line: object) -> None:
        if line and self.form is not None:
            self._values["cron"] = line
            self.form.set_values(self._values)
            self._soon.start()

    def _take_interval(self) -> None:
        self._values["seconds"] = float(self.count.value() * self.unit.value())
        self._soon.start()

    def _ask_for_times(self) -> None:
        """The next times as the engine works them out."""
        if self.form is None or not self.form.validate():
            return
        kept = {name: value for name, value in self._values.items() if name != "inputs"}
        settings = ScheduleSettings.model_validate(kept)
        work = self.studio.engine.workflows.schedules.preview(settings)
        self.studio.bridge.run(self, work, lambda times: self._show_times(settings, times), self._show_problem)

    def _show_times(self, settings: ScheduleSettings, times: list[float]) -> None:
        self._bad = None
        words = cron_in_words(settings.cron) if settings.kind == "cron" else NEXT
        zone = settings.timezone if settings.kind == "cron" else ""
        said = joined(*(moment_in_words(at, zone) for at in times))
        self.preview.set_colour("text.secondary")
        self.preview.say(Text(f"{words.en}\n{said.en}", f"{words.zh}\n{said.zh}"))
        self.problem.hide()

    def _show_problem(self, error: StudioError) -> None:
        self._bad = error.whole()
        self.preview.set_colour("danger.text")
        self.preview.say(self._bad)
        if self._card.isHidden():
            self.say_problem(self._bad)

    def _given(self) -> dict[str, Any]:
        if self.inputs is None:
            return dict(self._values["inputs"])
        try:
            return self.inputs.values()
        except ValueError:
            return {}

    def submit(self) -> None:
        """The engine has the last word: whoever listens to `given` closes the dialog or says the problem."""
        self._soon.stop()
        if self.form is None or not self.form.validate():
            return
        if self.inputs is not None and self.inputs.checked() is None:
            return
        self.given.emit(self.settings())


def _here() -> str:
    """The time zone of this computer, by its name in the zones' database."""
    name = bytes(QTimeZone.systemTimeZoneId().data()).decode()
    return "UTC" if name in ("", "Etc/UTC") else name
