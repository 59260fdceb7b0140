"""Where a run begins that answers in a conversation: the question, what was said before, files along with it."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from studio.engine.params import LongText, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Asked, Json, Messages, StartField, node
from studio.engine.workflows.nodes.start import given
from studio.engine.workflows.remembering import through
from studio.engine.workflows.values import convert

QUERY = StartField(name="query", title=Text("Question", "问题"))
FILES = StartField(name="files", type="files", title=Text("Files", "文件"), required=False)
SESSION = StartField(name="session", title=Text("Conversation", "对话"), required=False)


class ChatInputParams(Params):
    history: int = param(
        10, Text("Messages before it", "历史消息数"), ge=0, le=200,
        help=Text("Those that were given, else those that “Remember” kept of this conversation.", "优先使用传入的消息，否则使用“写入记忆”保存的本次对话消息。"),
    )  # fmt: skip
    guide: LongText = param("", Text("Guide", "引导语"), help=Text("Shown to whoever asks.", "显示给提问者。"))
    questions: list[str] = param([], Text("Questions to begin with", "开场问题"))


class Said(NamedTuple):
    """What a person said, and in which conversation."""

    query: Annotated[str, Text("Question", "问题")]
    history: Annotated[Messages, Text("History", "历史消息")]
    files: Annotated[Json, Text("Files", "文件")]
    session: Annotated[str, Text("Conversation", "对话")]


@node(
    title=Text("Chat input", "对话输入"),
    category="sources",
    icon="message-circle",
    doc=Text("Begins a run with a question and the messages before it.", "以问题和之前的消息开始运行。"),
    cached=False,
    asks=lambda params: Asked([QUERY, FILES, SESSION], params.guide, tuple(params.questions)),
    summary=lambda params: params.guide[:120],
)
async def chat_input(context: Context, params: ChatInputParams) -> Said:
    """Hand on the run's inputs `query`, `files`, `session` and `history` (messages, or what was remembered of the session);
    `BadParameter` when there is no question."""
    session = given(SESSION, context.inputs) or ""
    history: list[Any] = convert(context.inputs.get("history"), "messages") or []
    if session and not history and params.history and context.services.memory is not None:
        what = {"scope": "conversation", "store": "messages", "last": params.history}
        history = await through(context, what, lambda memory, owner: memory.last(owner, "messages", params.history))
    kept = history[-params.history :] if params.history else []
    return Said(given(QUERY, context.inputs), kept, given(FILES, context.inputs) or [], session)
