"""The gist of a text of any length."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from studio.engine.params import ModelRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.asking import complete
from studio.engine.workflows.context import Context
from studio.engine.workflows.each import each
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.nodes.structured import model_state
from studio.engine.workflows.values import as_words

SIDE_BY_SIDE = 4
PART = Text("part {n}", "第 {n} 部分")


class SummariseParams(Params):
    model: ModelRef = param("default", Text("Model", "模型"))
    instruction: str = param("Summarise in a few sentences, in the language of the text.", Text("Instruction", "指令"))
    way: Literal["map_reduce", "refine"] = param(
        "map_reduce", Text("Long texts", "长文本"),
        choices={"map_reduce": Text("Parts side by side, then all", "分段并行后汇总"), "refine": Text("Part after part", "逐段完善")},
    )  # fmt: skip
    characters: int = param(6_000, Text("Characters per part", "每段字数"), ge=200, le=200_000)
    max_tokens: int = param(400, Text("Max new tokens", "最多生成词元"), ge=16, le=8_192)


@node(
    title=Text("Summarise", "摘要"),
    category="generate",
    icon="text-select",
    doc=Text("Lets a model sum up a text, part by part where it is long.", "由模型总结文本；长文本分段处理。"),
    fingerprint=model_state,
    summary=lambda params: params.way,
)
async def summarise(
    text: Annotated[Anything, Text("Text or documents", "文本或文档")], context: Context, params: SummariseParams
) -> str:
    """Sum up a text or a list of documents; nothing is left out, however long it is."""
    parts = parts_of(whole_text(text), params.characters)
    if params.way == "refine":
        return await _refine(parts, context, params)
    asked = 0
    while len(parts) > 1:
        told = await _side_by_side(parts, context, params, asked)
        asked += len(parts)
        joined = parts_of("\n\n".join(told), params.characters)
        parts = joined if len(joined) < len(parts) else ["\n\n".join(told)]
    return await _one(parts[0], context, params)


def whole_text(value: Any) -> str:
    """The text of a value: of documents and chunks their texts."""
    if isinstance(value, list):
        return "\n\n".join(
            item["text"] if isinstance(item, dict) and "text" in item else as_words(item) for item in value
        )
    return as_words(value)


def parts_of(text: str, characters: int) -> list[str]:
    """Cut where sentences end."""
    from semantic_text_splitter import TextSplitter

    return list(TextSplitter(characters).chunks(text)) or [""]


async def _side_by_side(parts: list[str], context: Context, params: SummariseParams, turn: int) -> list[str]:
    """Each part, in any order; those that were summed up before a crash are not asked for again."""

    async def told(number: int, part: str) -> dict[str, Any]:
        async def ask(here: Context) -> dict[str, Any]:
            return {"said": await _one(part, here, params)}

        return await context.item(turn + number, ask)

    return [str((answer or {})["said"]) for answer in await each(parts, told, None, context, SIDE_BY_SIDE, PART)]


async def _refine(parts: list[str], context: Context, params: SummariseParams) -> str:
    said = ""
    for number, part in enumerate(parts, 1):
        before = f"So far:\n{said}\n\nWhat follows:\n" if said else ""
        said = await _one(before + part, context, params)
        context.progress(number, len(parts))
    return said


async def _one(text: str, context: Context, params: SummariseParams) -> str:
    messages = [{"role": "system", "content": params.instruction}, {"role": "user", "content": text}]
    return (await complete(context, params.model, messages, temperature=0.0, max_tokens=params.max_tokens))[0].strip()
