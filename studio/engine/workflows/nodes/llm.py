"""A language model that writes an answer, piece by piece."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, NamedTuple

from studio.engine.params import ModelRef, Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.asking import as_usage
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Chunks, Json, Result, node
from studio.engine.workflows.templates import as_text


class LlmParams(Params):
    model: ModelRef = param("default", Text("Model", "模型"))
    system: PromptText = param("", Text("Instruction", "系统提示词"))
    temperature: float = param(0.3, Text("Temperature", "温度"), ge=0, le=2)
    max_tokens: int = param(512, Text("Max new tokens", "最多生成词元"), ge=1, le=131_072)
    seed: int | None = param(None, Text("Seed", "随机种子"), advanced=True)


class Written(NamedTuple):
    """What the model wrote; `citations` are those passages whose number it named in brackets."""

    text: Annotated[str, Text("Text", "文本")]
    citations: Annotated[Chunks, Text("Citations", "引用")]
    usage: Annotated[Json, Text("Usage", "用量")]


async def _state(context: Context, params: LlmParams) -> str:
    found = await context.models.get(params.model)
    return str(found.id)


@node(
    title=Text("LLM", "大模型"),
    category="generate",
    icon="sparkles",
    doc=Text("Lets a language model answer; text appears as it is written.", "由语言模型作答，文本边生成边显示。"),
    fingerprint=_state,
    summary=lambda params: params.model,
)
async def llm(
    prompt: Annotated[str, Text("Prompt", "提示词")],
    context: Context,
    params: LlmParams,
    passages: Annotated[Chunks, Text("Context", "上下文")] = [],  # noqa: B006 (a port's default, never changed)
) -> AsyncIterator[str | Result[Written]]:
    """Stream an answer. Passages stand numbered before the prompt; `Unavailable` says how to get a model where there is none."""
    text, usage = "", None
    options = {"temperature": params.temperature, "max_tokens": params.max_tokens, "seed": params.seed}
    given = {name: value for name, value in options.items() if value is not None}
    async for piece in context.models.chat(params.model, messages(prompt, params.system, passages), **given):
        usage = getattr(piece, "usage", None) or usage
        if piece.text:
            text += piece.text
            yield piece.text
    yield Result(Written(text, cited(text, passages), as_usage(usage)))


def messages(prompt: str, system: str, passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the model is sent. Passages are data: they stand between marks, after the instruction."""
    whole = f"{as_text(passages)}\n\n{prompt}" if passages else prompt
    user = {"role": "user", "content": whole}
    return [{"role": "system", "content": system}, user] if system.strip() else [user]


def cited(text: str, passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The passages that the text names as [n], in the order of the passages."""
    numbers = {int(number) for number in re.findall(r"\[(\d{1,3})\]", text)}
    return [passage for place, passage in enumerate(passages, 1) if passage.get("number", place) in numbers]
