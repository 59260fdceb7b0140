"""One scale for the nearness that different embedding models tell: how far above texts that have nothing to do with the query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from studio.engine.knowledge.embeds import Embeds

TEXTS = (
    "The ferry leaves the island at half past six and is back before dark.",
    "Add two eggs and a spoon of flour, then let the dough rest for an hour.",
    "The court adjourned without a verdict on the third day of the hearing.",
    "Her grandmother kept bees behind the orchard until the war began.",
    "Quarterly earnings fell because freight became more expensive.",
    "Torque the four bolts crosswise and check the gasket for leaks.",
    "The orchestra tuned while late guests looked for their seats.",
    "Glaciers grind the rock beneath them into a fine grey flour.",
    "He scored twice in the final minutes of an otherwise dull match.",
    "A patient with a fever should drink more than usual and rest.",
    "The temple's upper hall was rebuilt in cedar after the great fire.",
    "Press and hold both buttons until the light blinks three times.",
    "渡轮六点半离岛，天黑之前返航。",
    "打入两个鸡蛋，加一勺面粉，然后将面团静置一小时。",
    "开庭第三天，法庭未作出判决便宣布休庭。",
    "战争开始之前，她的祖母一直在果园后面养蜂。",
    "由于运费上涨，本季度利润有所下降。",
    "对角拧紧四颗螺栓，并检查垫片是否渗漏。",
    "乐队调音时，迟到的观众还在找座位。",
    "冰川把下面的岩石磨成细细的灰色粉末。",
    "他在一场沉闷比赛的最后几分钟里连进两球。",
    "发烧的病人应当多喝水、多休息。",
    "大火之后，寺庙的上殿用雪松木重建。",
    "同时按住两个按钮，直到指示灯闪烁三次。",
)


@dataclass(frozen=True, slots=True)
class Level:
    """The cosine of a query with texts of no concern to it: its mean, and how widely it is spread."""

    mean: float
    spread: float

    def above(self, cosine: float) -> float:
        """How far a cosine stands out, in spreads: the same whatever the model that told it."""
        return (cosine - self.mean) / self.spread


@dataclass(frozen=True, slots=True)
class Background:
    """The texts of no concern as each embedding model sees them; embedded once while the studio runs, at the first need."""

    embeds: Embeds
    _vectors: dict[str, Any] = field(default_factory=dict)

    async def level(self, embedder: str, query: Any) -> Level:
        import numpy

        if embedder not in self._vectors:
            self._vectors[embedder] = _of_length_one(await self.embeds.embed(embedder, TEXTS, purpose="passage"))
        cosines = self._vectors[embedder] @ _of_length_one(numpy.atleast_2d(query))[0]
        return Level(float(cosines.mean()), max(float(cosines.std()), 1e-6))


def _of_length_one(vectors: Any) -> Any:
    import numpy

    rows = numpy.asarray(vectors, numpy.float32)
    return rows / numpy.maximum(numpy.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
