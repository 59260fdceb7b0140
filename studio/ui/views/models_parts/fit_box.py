"""Whether the chosen model fits, with the numbers."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.engine.models.fit import Fit
from studio.engine.text import Text
from studio.ui.views.models_parts.legend import Legend
from studio.ui.widgets import figures
from studio.ui.widgets.labels import Label
from studio.ui.widgets.meter import StackedMeter
from studio.ui.widgets.panel import Card, Glyph

TONES = {
    "gpu": "success",
    "layers": "warning",
    "cpu": "success",
    "tight": "warning",
    "after_unload": "info",
    "short": "danger",
    "remote": "info",
}
ICONS = {"success": "circle-check", "warning": "triangle-alert", "danger": "circle-x", "info": "cloud"}
TITLES = {
    "gpu": Text("Fits the GPU", "GPU 可容纳"),
    "cpu": Text("Fits the memory", "内存足够"),
    "tight": Text("Fits, barely", "勉强可容纳"),
    "remote": Text("Runs elsewhere", "在远程运行"),
}


class FitBox(Card):
    """An estimate, and says so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tone="success", pad=12, parent=parent)
        head = QHBoxLayout()
        self.glyph, self.title, self.figure = (
            Glyph("circle-check", "success.text"),
            Label("", "denseStrong"),
            Label("", "dense"),
        )
        head.addWidget(self.glyph)
        head.addWidget(self.title, 1)
        head.addWidget(self.figure)
        self.meter = StackedMeter(name=Text("Memory of this model", "该模型的内存"))
        self.legend = Legend()
        self.body.addLayout(head)
        self.body.addWidget(self.meter)
        self.body.addWidget(self.legend)

    def show_fit(self, fit: Fit) -> None:
        tone = TONES[fit.level]
        self.set_tone(tone)
        self.glyph.set(ICONS[tone], f"{tone}.text")
        self.title.say(TITLES.get(fit.level, fit.text))
        self.title.set_colour(f"{tone}.text")
        remote = fit.level == "remote"
        self.meter.setVisible(not remote)
        self.legend.setVisible(not remote)
        self.figure.setVisible(not remote)
        if remote:
            return
        needed, free = figures.size(fit.needed), figures.size(fit.free)
        self.figure.say(Text(f"{needed} of {free}", f"{needed} / {free}"))
        whole = max(fit.free, fit.needed, 1)
        parts = [
            (
                fit.weights / whole,
                "port.model",
                Text(f"weights {figures.size(fit.weights)}", f"权重 {figures.size(fit.weights)}"),
            ),
            (
                fit.context / whole,
                "accent.ring",
                Text(f"context {figures.size(fit.context)}", f"上下文 {figures.size(fit.context)}"),
            ),
            (
                fit.overhead / whole,
                "text.tertiary",
                Text(f"engine {figures.size(fit.overhead)}", f"引擎 {figures.size(fit.overhead)}"),
            ),
        ]
        self.meter.set_parts(parts)
        self.legend.show_entries([*((colour, words) for _, colour, words in parts), ("", Text("estimated", "估算值"))])
