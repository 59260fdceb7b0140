"""The evaluation: labelled queries, how well each way of searching finds their answers, and how that was before."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from studio.engine.errors import StudioError
from studio.engine.knowledge.evaluation import Judged, Measured, Target
from studio.engine.text import Text, plural
from studio.ui import when
from studio.ui.language import tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.discard import empty
from studio.ui.widgets.inputs import NumberField
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.panel import Card, Divider, Header, Section, scroll
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.states import Empty

MODES = {"hybrid": Text("Both", "混合"), "dense": Text("Meaning", "语义"), "keyword": Text("Words", "关键词")}
SHOWN = 30  # measurements, newest first
WIDE = 660  # pixels of a card from which the numbers have bars beside them


class Evaluation(QWidget):
    """`asked` carries the words of a labelled query that is to be looked at in the search test."""

    asked = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._collection = ""
        self.queries: list[Judged] = []
        self.measured: list[Measured] = []
        self.k = NumberField(10, 1, 50, name=Text("Places that count", "计入的名次"))
        self.run = Button(Text("Measure", "开始评测"), "gauge", "primary")
        self.run.clicked.connect(self.measure)
        self.problem = Label("", "dense", "danger.text", wrap=True)
        self.problem.hide()
        self._figures = QVBoxLayout()
        self._figures.setSpacing(theme.size("space.2"))
        side = theme.size("space.3")
        self._figures.setContentsMargins(side, side, side, side)
        self.list = RowList(Text("Labelled queries", "标注的查询"), height=44)
        self.list.activated.connect(lambda id: self.asked.emit(next(one.query for one in self.queries if one.id == id)))
        self.list.menu.connect(self._menu)
        self._lay_out()

    def set_collection(self, collection_id: str) -> None:
        if collection_id != self._collection:
            self._collection = collection_id
            self.reload()

    def reload(self) -> None:
        """Read the queries and what was measured."""
        if not self._collection:
            return
        evaluations, bridge = self._studio.engine.knowledge.evaluations, self._studio.bridge
        bridge.run(self, evaluations.queries(self._collection), self._set_queries, self._failed, of="queries")
        bridge.run(self, evaluations.history(self._collection), self._set_history, self._failed, of="history")

    def judge(self, query: str, target: Target) -> None:
        """Keep a query with its right answer."""
        work = self._studio.engine.knowledge.evaluations.add(self._collection, [Judged(query=query, relevant=[target])])
        self._studio.bridge.run(self, work, self._kept, lambda error: self._studio.window.toast(error.whole()))

    def measure(self) -> None:
        """Ask every query in every mode."""
        self.run.setEnabled(False)
        self.problem.hide()
        work = self._studio.engine.knowledge.evaluations.run(self._collection, int(self.k.value()))
        self._studio.bridge.run(self, work, self._measured, self._failed)

    def _lay_out(self) -> None:
        head = Header(40, "content")
        self._count = Label("", "dense", "text.secondary")
        head.row.addWidget(self._count, 1)
        head.row.addWidget(Label(Text("Best", "前"), "dense", "text.secondary"))
        head.row.addWidget(self.k)
        head.row.addWidget(self.run)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (head, self.problem):
            column.addWidget(part)
        column.addWidget(scroll(self._figures), 3)
        column.addWidget(Divider())
        section = Section(Text("Labelled queries", "标注的查询"))
        section.body.addWidget(self.list)
        column.addWidget(section, 2)

    def _kept(self, queries: list[Judged]) -> None:
        self._set_queries(queries)
        self._studio.window.toast(Text("Kept as a labelled query under Evaluation", "已保存为“评测”中的标注查询"))

    def _set_queries(self, queries: list[Judged]) -> None:
        self.queries = queries
        self._count.say(
            Text(plural(len(queries), "labelled query", "labelled queries"), f"{len(queries)} 条标注的查询")
        )
        self.run.setEnabled(bool(queries))
        self._draw_queries()

    def _draw_queries(self) -> None:
        ranks = next((one.ranks for one in self.measured if one.mode == "hybrid"), {})
        self.list.set_rows(_query_row(one, ranks) for one in self.queries)

    def _set_history(self, measured: list[Measured]) -> None:
        self.measured = measured
        empty(self._figures)
        if not measured:
            self._figures.addWidget(
                Empty(
                    "gauge",
                    Text("Nothing was measured yet", "尚未评测"),
                    Text(
                        "In the search test, mark right answers. Then measure how often they are found.",
                        "在检索测试中标记正确答案，然后评测它们被找到的比例。",
                    ),
                )
            )
        for at in list(dict.fromkeys(one.at for one in measured))[:SHOWN]:
            self._figures.addWidget(_Card([one for one in reversed(measured) if one.at == at]))
        self._figures.addStretch(1)
        self._draw_queries()

    def _measured(self, _: list[Measured]) -> None:
        self.run.setEnabled(True)
        self.reload()

    def _failed(self, error: StudioError) -> None:
        self.run.setEnabled(bool(self.queries))
        self.problem.say(error.whole())
        self.problem.show()

    def _menu(self, query_id: str, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(tr(Text("Remove", "移除")), lambda: self.remove(query_id))
        menu.popup(place)

    def remove(self, query_id: str) -> None:
        work = self._studio.engine.knowledge.evaluations.remove(self._collection, query_id)
        self._studio.bridge.run(self, work, lambda _: self.reload(), self._failed)


class _Card(Card):
    """What was measured at one time: a line for each way of searching. Where the room is short the numbers stand alone."""

    def __init__(self, measured: list[Measured]) -> None:
        super().__init__(pad=8)
        self._meters: list[Meter] = []
        first = measured[0]
        at = when.moment(first.at)
        parts = Text(
            f"{at.en} · {plural(first.queries, 'query', 'queries')} · best {first.k} · {first.embedder}",
            f"{at.zh} · {first.queries} 条查询 · 前 {first.k} 名 · {first.embedder}",
        )
        self.body.addWidget(Label(parts, "caption", "text.secondary", elide="end"))
        for one in measured:
            self.body.addLayout(self._line(one))

    def _line(self, one: Measured) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.3"))
        name = Label(MODES[one.mode], "denseStrong")
        name.setMinimumWidth(theme.scaled(72))
        row.addWidget(name)
        for title, value in (("nDCG", one.ndcg), ("MRR", one.mrr), (f"recall@{one.k}", one.recall)):
            meter = Meter(value, width=56, name=title)
            self._meters.append(meter)
            for widget in (Label(title, "caption", "text.secondary"), meter, Label(f"{value:.3f}", "dense")):
                row.addWidget(widget)
        row.addWidget(Label(f"{one.seconds * 1000:.0f} ms", "dense", "text.secondary"))
        row.addStretch(1)
        return row

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.scaled(240), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for meter in self._meters:
            meter.setVisible(self.width() >= theme.scaled(WIDE))


def _query_row(one: Judged, ranks: dict[str, int | None]) -> Row:
    targets = ", ".join(_target(target) for target in one.relevant)
    if one.id not in ranks:
        return Row(one.id, one.query, targets, "circle-dashed")
    rank = ranks[one.id]
    found = Text(f"no. {rank}", f"第 {rank} 名") if rank else Text("not found", "未找到")
    icon, colour = ("circle-check", "success.text") if rank else ("circle-x", "warning.text")
    return Row(one.id, one.query, targets, icon, trailing=found, colour=colour)


def _target(target: Target) -> str:
    place = f" · {target.page}" if target.page else f" · {target.row}" if target.row else ""
    return f"{target.document or target.text[:60]}{place}"
