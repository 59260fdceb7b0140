"""A language model that writes an answer, piece by piece."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from studio.engine import ids
from studio.engine.params import ModelRef, Params, PromptText, SchemaText, param
from studio.engine.text import Text
from studio.engine.workflows.asking import Said, saying, shaping, told
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports
from studio.engine.workflows.media import parts_of, seen_by
from studio.engine.workflows.node import Chunks, Json, Kind, Result, node
from studio.engine.workflows.nodes.structured import EXAMPLE, SCHEMA, schema_of
from studio.engine.workflows.templates import as_text

HISTORY = Port(name="history", type="messages", title=Text("History", "历史消息"), optional=True)
PICTURES = Port(name="pictures", type="any", title=Text("Pictures", "图片"), optional=True)
REASONING = Port(name="reasoning", type="text", title=Text("Reasoning", "推理过程"))


class LlmParams(Params):
    model: ModelRef = param("default", Text("Model", "模型"))
    system: PromptText = param("", Text("Instruction", "系统提示词"))
    temperature: float = param(0.3, Text("Temperature", "温度"), ge=0, le=2)
    max_tokens: int = param(512, Text("Max new tokens", "最多生成词元"), ge=1, le=131_072)
    answer: Literal["text", "json", "schema"] = param(
        "text", Text("Answer format", "回答格式"),
        choices={"text": Text("Text", "文本"), "json": Text.same("JSON"), "schema": SCHEMA},
    )  # fmt: skip
    json_schema: SchemaText = param(EXAMPLE, SCHEMA, when=("answer", "schema"))
    seed: int | None = param(None, Text("Seed", "随机种子"), advanced=True)
    stop: list[str] = param([], Text("Stop at", "停止词"), advanced=True)
    history: bool = param(
        False, Text("Takes messages before it", "接收历史消息"), help=Text("As an input of its own.", "增加一个输入。"), advanced=True
    )  # fmt: skip
    pictures: bool = param(
        False,
        Text("Takes pictures", "接收图片"),
        help=Text("As an input of its own; the model has to see.", "增加一个输入；模型须能看图片。"),
        advanced=True,
    )
    reasoning: bool = param(
        False,
        Text("Gives its reasoning", "输出推理过程"),
        help=Text("As an output of its own, of models that reason.", "增加一个输出，适用于推理模型。"),
        advanced=True,
    )


class Written(NamedTuple):
    """What the model wrote: words, or the value that was asked for. `citations` are those passages whose number it named in brackets."""

    text: Annotated[Any, Kind("text"), Text("Text", "文本")]
    citations: Annotated[Chunks, Text("Citations", "引用")]
    usage: Annotated[Json, Text("Usage", "用量")]


def answer_ports(params: LlmParams) -> Ports:
    """The output of words becomes one of JSON where that is asked for; it keeps its name, and so its wires."""
    taken = [HISTORY] if params.history else []
    outputs = [] if params.answer == "text" else [Port(name="text", type="json", title=Text.same("JSON"))]
    return Ports(
        inputs=[*taken, PICTURES] if params.pictures else taken,
        outputs=[*outputs, REASONING] if params.reasoning else outputs,
    )


async def _state(context: Context, params: LlmParams) -> str:
    """With pictures it is another each time: an address says nothing of what lies there."""
    found = await context.models.get(params.model)
    return f"{found.id}:{ids.new('look')}" if params.pictures else str(found.id)


@node(
    title=Text("LLM", "大模型"),
    category="generate",
    icon="sparkles",
    doc=Text("Lets a language model answer; text appears as it is written.", "由语言模型作答，文本边生成边显示。"),
    ports=answer_ports,
    fingerprint=_state,
    summary=lambda params: params.model,
)
async def llm(
    prompt: Annotated[str, Text("Prompt", "提示词")],
    context: Context,
    params: LlmParams,
    passages: Annotated[Chunks, Text("Context", "上下文")] = [],  # noqa: B006 (a port's default, never changed)
    **more: Any,
) -> AsyncIterator[str | Result[Written]]:
    """Stream an answer. Passages stand numbered before the prompt; `Unavailable` says how to get a model where there is none.
    An answer in JSON is written under a grammar where the model can, checked, and asked for again where it does not fit."""
    options = {"temperature": params.temperature, "max_tokens": params.max_tokens, "seed": params.seed}
    given = {name: value for name, value in {**options, "stop": params.stop or None}.items() if value is not None}
    shown = await parts_of(more["pictures"], "image", context) if more.get("pictures") else []
    schema = schema_of(params.json_schema) if params.answer == "schema" else None
    system = params.system if params.answer == "text" else told(params.system, schema)
    asked = messages(prompt, system, passages, more.get("history") or [], shown)
    plain = params.answer == "text"
    pieces: AsyncIterator[Any] = (
        context.models.chat(params.model, asked, **given)
        if plain
        else shaping(context, params.model, asked, schema, **given)
    )
    seen = seen_by(params.model, "image", pieces) if shown else pieces
    async for piece in saying(seen) if plain else seen:
        yield piece if isinstance(piece, str) else Result(_written(piece, passages, params))


def _written(said: Said, passages: list[dict[str, Any]], params: LlmParams) -> Any:
    """With a port of its own for the reasoning where that is wanted."""
    found = Written(said.value, cited(said.text, passages), said.usage)
    return {**found._asdict(), "reasoning": said.reasoning} if params.reasoning else found


def messages(
    prompt: str,
    system: str,
    passages: list[dict[str, Any]],
    history: Sequence[dict[str, Any]] = (),
    shown: Sequence[dict[str, Any]] = (),
) -> list[dict[str, Any]]:
    """What the model is sent. Passages are data: they stand between marks, after the instruction; pictures after the words."""
    whole = f"{as_text(passages)}\n\n{prompt}" if passages else prompt
    user = {"role": "user", "content": [{"type": "text", "text": whole}, *shown] if shown else whole}
    told_first = [{"role": "system", "content": system}] if system.strip() else []
    return [*told_first, *history, user]


def cited(text: str, passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The passages that the text names as [n], in the order of the passages."""
    numbers = {int(number) for number in re.findall(r"\[(\d{1,3})\]", text)}
    return [passage for place, passage in enumerate(passages, 1) if passage.get("number", place) in numbers]
