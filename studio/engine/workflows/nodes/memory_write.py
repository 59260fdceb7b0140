"""Messages kept for later turns."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.memory import Memory
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.remembering import Scope, by, scope_param, through
from studio.engine.workflows.values import as_words, plain


class MemoryWriteParams(Params):
    store: str = param("messages", Text("Memory", "记忆"), min_length=1, max_length=200)
    scope: Scope = scope_param("conversation")
    role: Literal["user", "assistant", "system"] = param(
        "user", Text("Said by", "角色"),
        choices={"user": Text("The person", "用户"), "assistant": Text("The model", "模型"), "system": Text("The system", "系统")},
        help=Text("Of a text; messages say it themselves.", "用于文本；消息自带角色。"),
    )  # fmt: skip
    instead: bool = param(
        False, Text("In place of all before", "替换之前的全部"), help=Text("Otherwise it is added.", "否则追加在后面。")
    )


@node(
    title=Text("Remember", "写入记忆"),
    category="control",
    icon="notebook-pen",
    doc=Text(
        "Keeps a text or messages, to be read by later turns or runs.", "保存文本或消息，供之后的对话轮次或运行读取。"
    ),
    cached=False,
    summary=lambda params: params.store,
)
async def memory_write(
    message: Annotated[Anything, Text("Text or messages", "文本或消息")],
    context: Context,
    params: MemoryWriteParams,
    answer: Annotated[Anything, Text("Answer", "回答")] = None,
) -> Annotated[int, Text("Messages", "消息数")]:
    """Append, on disk when this is done, and say how many there are now. `answer` is kept after the text as what the model
    said, so one step keeps a whole turn. A run that goes on after a crash keeps nothing twice."""
    items = messages_of(message, params.role) + ([] if answer is None else messages_of(answer, "assistant"))
    what = {"scope": params.scope, "store": params.store, "messages": items, "instead": params.instead}

    async def add(memory: Memory, owner: str) -> int:
        return await memory.add(owner, params.store, by(context), items, instead=params.instead)

    return int(await through(context, what, add))


def messages_of(value: Any, role: str) -> list[dict[str, Any]]:
    """A value as messages: those it has, else one with its text."""
    found = plain(value)
    if isinstance(found, list) and found and all(isinstance(item, dict) and "content" in item for item in found):
        return [{"role": role, **item} for item in found]
    if isinstance(found, dict) and "content" in found:
        return [{"role": role, **found}]
    return [{"role": role, "content": as_words(found)}]
