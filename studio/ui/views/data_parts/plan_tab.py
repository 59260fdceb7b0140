"""The plan of a query as a tree: what each step does, how many rows it passes on, how long it took, its share of the work."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from studio.engine.sql.plan_tree import Plan, PlanStep
from studio.engine.text import Text, plural
from studio.ui.language import joined, language, tr
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Header, scroll

ROW, INDENT, FIGURES = 38, 16, 220  # pixels before scaling


class PlanTab(QWidget):
    """A plan, and the two things to do with it."""

    measure_wanted = Signal(str)  # the SQL whose steps are to be measured

    def __init__(self) -> None:
        super().__init__()
        self.plan: Plan | None = None
        self.tree = PlanTree()
        self.told = Label("", "caption", "text.secondary", elide="end")
        self.measure = Button(Text("Run and measure", "运行并测量"), "timer", "ghost", "sm")
        self.copy = Button(Text("Copy", "复制"), "copy", "ghost", "sm")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scroll(self.tree), 1)
        foot = Header(28, "panel")
        foot.row.addWidget(self.told, 1)
        foot.row.addWidget(self.measure)
        foot.row.addWidget(self.copy)
        column.addWidget(foot)
        self.measure.clicked.connect(lambda: self.plan and self.measure_wanted.emit(self.plan.sql))
        self.copy.clicked.connect(lambda: self.plan and QGuiApplication.clipboard().setText(self.plan.as_text()))
        self.show_plan(None)

    def show_plan(self, plan: Plan | None) -> None:
        self.plan = plan
        self.tree.show_plan(plan)
        for button in (self.measure, self.copy):
            button.setEnabled(plan is not None)
        self.measure.setVisible(plan is None or not plan.measured)
        self.told.say(_told(plan))


class PlanTree(QWidget):
    """Painted: a step a row, the last one of the query on top."""

    def __init__(self) -> None:
        super().__init__()
        self._plan: Plan | None = None
        self._steps: list[tuple[int, PlanStep]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)
        language.changed.connect(self.update)

    def show_plan(self, plan: Plan | None) -> None:
        self._plan = plan
        self._steps = plan.root.steps() if plan is not None else []
        self.setAccessibleName(tr(Text("Plan of the query", "查询的执行计划")))
        self.setAccessibleDescription(plan.as_text() if plan is not None else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.scaled(360), theme.scaled(ROW * len(self._steps) + 8))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(240), self.sizeHint().height())

    def event(self, event: object) -> bool:  # type: ignore[override]
        if isinstance(event, QHelpEvent):
            place = (event.pos().y() - theme.scaled(4)) // theme.scaled(ROW)
            if 0 <= place < len(self._steps):
                step = self._steps[place][1]
                QToolTip.showText(event.globalPos(), f"{step.operator}\n{step.detail}".strip(), self)
            return True
        return super().event(event)  # type: ignore[arg-type]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), theme.colour("surface.content"))
        for place, (depth, step) in enumerate(self._steps):
            self._paint_link(painter, place, depth)
            self._paint_step(painter, self._box(place, depth), depth, step)

    def _box(self, place: int, depth: int) -> QRect:
        left = theme.size("space.3") + theme.scaled(INDENT * depth)
        return QRect(
            left, theme.scaled(4 + ROW * place), self.width() - left - theme.size("space.3"), theme.scaled(ROW)
        )

    def _paint_link(self, painter: QPainter, place: int, depth: int) -> None:
        """A line to the step that takes the rows: the nearest one above that is less deep."""
        above = next((at for at in range(place - 1, -1, -1) if self._steps[at][0] < depth), None)
        if above is None:
            return
        x = self._box(above, self._steps[above][0]).left() + theme.scaled(4) + 0.5
        start, end = self._box(above, 0).top() + theme.scaled(24), self._box(place, 0).top() + theme.scaled(13) + 0.5
        painter.setPen(QPen(theme.colour("border.strong"), 1))
        painter.drawLine(QPointF(x, start), QPointF(x, end))
        painter.drawLine(QPointF(x, end), QPointF(self._box(place, depth).left(), end))

    def _paint_step(self, painter: QPainter, box: QRect, depth: int, step: PlanStep) -> None:
        hot = step.share >= 0.3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("warning.text" if hot else "accent.ring" if step.share else "border.strong"))
        painter.drawEllipse(QPointF(box.left() + theme.scaled(4), box.top() + theme.scaled(13)), 4, 4)
        figures = min(theme.scaled(FIGURES), box.width() // 2)
        words = box.adjusted(theme.scaled(16), theme.scaled(3), -figures, 0)
        title = QRect(words.left(), words.top(), words.width(), theme.scaled(18))
        self._write(painter, title, tr(step.title), "denseStrong", "text.primary")
        detail = QRect(words.left(), title.bottom(), words.width(), theme.scaled(15))
        self._write(painter, detail, step.detail or step.operator, "caption", "text.secondary")
        self._paint_figures(painter, QRect(box.right() - figures, box.top(), figures, box.height()), step, hot)

    def _paint_figures(self, painter: QPainter, box: QRect, step: PlanStep, hot: bool) -> None:
        line = QRect(box.left(), box.top() + theme.scaled(3), box.width(), theme.scaled(18))
        self._write(painter, line, _figures(step), "dense", "text.primary", Qt.AlignmentFlag.AlignRight)
        if step.seconds is None:
            return
        track = QRectF(
            box.left() + box.width() * 0.4, line.bottom() + theme.scaled(5), box.width() * 0.6, theme.scaled(4)
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("surface.active"))
        painter.drawRoundedRect(track, 2, 2)
        painter.setBrush(theme.colour("warning.text" if hot else "accent.ring"))
        painter.drawRoundedRect(
            QRectF(track.left(), track.top(), max(2.0, track.width() * step.share), track.height()), 2, 2
        )

    @staticmethod
    def _write(
        painter: QPainter, box: QRect, words: str, kind: str, colour: str,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:  # fmt: skip
        painter.setFont(theme.font(kind))
        painter.setPen(theme.colour(colour))
        fitting = QFontMetrics(painter.font()).elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, fitting)


def _figures(step: PlanStep) -> str:
    parts: list[Text] = []
    if step.rows is not None:
        about = "~" if step.estimated else ""
        parts.append(Text(f"{about}{plural(step.rows, 'row', 'rows')}", f"{about}{step.rows:,} 行"))
    if step.seconds is not None:
        parts.append(Text(f"{step.seconds * 1000:,.1f} ms", f"{step.seconds * 1000:,.1f} 毫秒"))
    return tr(joined(*parts))


def _told(plan: Plan | None) -> Text:
    if plan is None:
        return Text("Press Explain to see how a query would be run.", "点“执行计划”可查看查询将如何执行。")
    if plan.seconds is None:
        return Text("Estimated; nothing was run.", "估计值，尚未运行。")
    return Text(f"Measured in {plan.seconds:.3f} s.", f"实测，用时 {plan.seconds:.3f} 秒。")
