"""How steps remember: whose a memory is, and reading and writing it so that runs resume, branch and replay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal

from studio.engine.errors import BadParameter, Unavailable
from studio.engine.params import param
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.workflows.context import Context
    from studio.engine.workflows.memory import Memory

Scope = Literal["run", "conversation", "workflow"]
SCOPES = {"run": Text("This run", "本次运行"), "conversation": Text("The conversation", "本次对话"), "workflow": Text("The workflow", "工作流")}  # fmt: skip


def scope_param(default: Scope) -> Any:
    """The parameter that says how long something is remembered."""
    return param(
        default, Text("Remembered for", "记忆范围"), choices=SCOPES,
        help=Text("A conversation is told by the run's input “session”.", "对话由运行输入“session”区分。"),
    )  # fmt: skip


async def owner_of(context: Context, scope: Scope) -> str:
    """Whose memory it is; `BadParameter` for a run that belongs to no conversation."""
    if scope == "run":
        return f"run:{context.run}"
    workflow = await context.workflow_id()
    if scope == "workflow":
        return f"workflow:{workflow}"
    session = str(context.inputs.get("session") or "")
    if not session:
        raise BadParameter(
            Text("This run belongs to no conversation.", "此次运行不属于任何对话。"),
            Text(
                "Give it the input “session”, or remember for the workflow.",
                "请提供输入“session”，或改为记忆到工作流。",
            ),
        )
    return f"conversation:{workflow}:{session}"


async def through(context: Context, what: dict[str, Any], work: Callable[[Memory, str], Awaitable[Any]]) -> Any:
    """Use the memory. What it said is recorded: a replay reads that, and writes nothing."""
    memory = memory_of(context)
    owner = await owner_of(context, what["scope"])
    return await context.outside("memory", what, lambda: work(memory, owner))


def by(context: Context) -> str:
    """Who writes: this step of this run, for this row."""
    return "/".join([context.run, context.step, *map(str, context.rows)])


def memory_of(context: Context) -> Memory:
    if context.services.memory is None:
        raise Unavailable(Text("Nothing can be remembered here.", "此处无法使用记忆。"))
    return context.services.memory  # type: ignore[no-any-return]
