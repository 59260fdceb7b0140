"""A cluster that a person added: whether it answers, how fast, since when, and the way out where it does not."""

from __future__ import annotations

from collections import defaultdict, deque

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.clusters.kind import kinds
from studio.engine.clusters.service import ClusterState
from studio.engine.errors import NotFound
from studio.engine.text import Text
from studio.ui import when
from studio.ui.theme import theme
from studio.ui.views.clusters_parts.words import ICONS, TONES, state_words
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.chart import LineChart, Series
from studio.ui.widgets.discard import empty
from studio.ui.widgets.labels import Label
from studio.ui.widgets.panel import Card, Glyph, scroll

KEPT = 240  # checks: two hours


class RemotePage(QWidget):
    """Shows one cluster. `retried` carries its id."""

    retried = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cluster: ClusterState | None = None
        self._checks: dict[str, deque[tuple[float, float]]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._state, self._reason = Label("", "bodyStrong"), Label("", "dense", "text.secondary", wrap=True)
        self._glyph = Glyph("circle-dashed", size=20)
        self._retry = Button(Text("Check now", "立即检查"), "refresh-cw")
        self._retry.clicked.connect(lambda: self.cluster and self.retried.emit(self.cluster.id))
        self._facts = QGridLayout()
        self._latency = LineChart(Text("Round trip", "往返时间"))
        self._latency.setMinimumHeight(theme.scaled(160))
        self._lay_out()

    def show_cluster(self, cluster: ClusterState) -> None:
        """Show its state; what was measured before stays in the chart."""
        self.note(cluster)
        self.cluster = cluster
        tone = TONES[cluster.state]
        self._banner.set_tone(None if tone == "neutral" else tone)
        self._glyph.set(ICONS[cluster.state], "text.secondary" if tone == "neutral" else f"{tone}.text")
        self._state.say(state_words(cluster))
        self._reason.say(cluster.reason or "")
        self._reason.setVisible(cluster.reason is not None)
        self._retry.setEnabled(True)
        self._show_facts(cluster)
        checks = list(self._checks[cluster.id])
        self._chart_card.setVisible(len(checks) > 1)
        self._latency.show_series(
            [Series("ms", [ms for _, ms in checks])], [when.clock(at, seconds=True) for at, _ in checks], "ms"
        )

    def note(self, cluster: ClusterState) -> None:
        """Remember how long a check took."""
        checks = self._checks[cluster.id]
        if (
            cluster.latency_ms is not None
            and cluster.checked_at
            and (not checks or checks[-1][0] != cluster.checked_at)
        ):
            checks.append((cluster.checked_at, cluster.latency_ms))

    def checking(self) -> None:
        """A check is on its way."""
        self._retry.setEnabled(False)

    def _show_facts(self, cluster: ClusterState) -> None:
        empty(self._facts)
        facts = [
            (Text("Address", "地址"), Text.same(cluster.url)),
            (Text("Kind", "类型"), _kind_title(cluster.kind)),
            (Text("Version", "版本"), Text.same(cluster.version or "–")),
            (Text("Last answer", "最近应答"), when.moment(cluster.seen_at, seconds=True)),
            (Text("Last check", "最近检查"), when.moment(cluster.checked_at, seconds=True)),
        ]
        if cluster.facts:
            facts.append((Text("It says", "报告"), cluster.facts[0]))
        for row, (title, words) in enumerate(facts):
            self._facts.addWidget(Label(title, "dense", "text.secondary"), row, 0)
            self._facts.addWidget(Label(words, "dense", elide="middle"), row, 1)
        self._facts.setColumnStretch(1, 1)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        side = theme.size("space.4")
        column.setContentsMargins(side, side, side, side)
        column.setSpacing(theme.size("space.3"))
        self._banner = Card()
        row = QHBoxLayout()
        row.setSpacing(theme.size("space.3"))
        row.addWidget(self._glyph)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._state)
        words.addWidget(self._reason)
        row.addLayout(words, 1)
        row.addWidget(self._retry)
        self._banner.body.addLayout(row)
        column.addWidget(self._banner)
        known = Card()
        self._facts.setHorizontalSpacing(theme.size("space.6"))
        self._facts.setVerticalSpacing(theme.size("space.2"))
        known.body.addLayout(self._facts)
        column.addWidget(known)
        self._chart_card = Card()
        self._chart_card.body.addWidget(
            Label(Text("Round trip in ms, one point a check", "每次检查的往返时间（毫秒）"), "denseStrong")
        )
        self._chart_card.body.addWidget(self._latency)
        column.addWidget(self._chart_card)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll(column))


def _kind_title(name: str) -> Text:
    try:
        return kinds.get(name).title
    except NotFound:
        return Text.same(name)
