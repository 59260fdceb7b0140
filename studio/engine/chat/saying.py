"""What is said of the work on an answer, as steps."""

from __future__ import annotations

from studio.engine.chat.message import Attachment, Step, Tell
from studio.engine.errors import StudioError
from studio.engine.text import Text, plural

NAMED = 2  # documents that are named where something was found; more are counted


def gathered(steps: list[Step]) -> list[Step]:
    """The work that an answer rests on, without what was said of its words."""
    return [step for step in steps if step.kind not in ("check", "compact", "context")]


def attaching(attachment: Attachment) -> Step:
    """The card of a text that is being read."""
    return Step(kind="search", title=Text(f"Reading {attachment.title}", f"读取 {attachment.title}"))


def small_talk() -> Step:
    """Nothing was looked for."""
    return Step(
        kind="context",
        title=Text("Nothing was searched: this reads as small talk", "未检索：这看起来是闲聊"),
        detail=Text("Name what you want to know to have it looked up.", "说明想了解的内容，即可检索。"),
    )


def searching(names: str, chunks: int) -> Step:
    """The card of a search that was just begun."""
    detail = Text(f"among {plural(chunks, 'chunk', 'chunks')}", f"共 {chunks:,} 个片段") if chunks else None
    return Step(kind="search", title=Text(f"Searching {names}", f"检索 {names}"), detail=detail)


def found(names: str, chunks: int, documents: list[str], seconds: float) -> Step:
    """What a search brought, and from where."""
    few = 0 < len(documents) <= NAMED
    en = " and ".join(documents) if few else plural(len(documents), "document", "documents")
    detail = Text(
        f"{plural(chunks, 'chunk', 'chunks')} from {en}",
        f"{'、'.join(documents)} 中的 {chunks} 个片段" if few else f"{len(documents)} 个文档中的 {chunks} 个片段",
    )
    return Step(kind="search", title=Text(f"Searched {names}", f"检索了 {names}"), detail=detail, seconds=seconds)


def querying(names: str) -> Step:
    """The card of a question to datasets that was just begun."""
    return Step(kind="query", title=Text(f"Asking {names}", f"查询 {names}"))


def writing_query(card: Step, tell: Tell, attempt: int, words: str) -> None:
    """Tell how far a model is with its query."""
    detail = (
        Text("writing the query", "正在编写查询")
        if attempt == 1
        else Text(f"mending the query, attempt {attempt}", f"正在修正查询，第 {attempt} 次尝试")
    )
    tell(card.model_copy(update={"detail": detail, "text": words}))


def attached(attachment: Attachment, parts: int, whole: bool, fits: bool, seconds: float) -> Step:
    """A text that was read, whole or by its passages."""
    name = attachment.title
    title = (
        Text(f"Read all of {name}", f"读取了 {name} 的全文")
        if whole
        else Text(f"Read {parts} passage{'' if parts == 1 else 's'} of {name}", f"读取了 {name} 的 {parts} 个段落")
    )
    detail = None
    if attachment.mode == "whole" and not fits:
        detail = Text(
            f"All of it, {attachment.tokens:,} tokens, does not fit this model's context.",
            f"全文共 {attachment.tokens:,} 个词元，超出该模型的上下文。",
        )
    return Step(kind="search", title=title, detail=detail, seconds=seconds)


def not_attached(attachment: Attachment, error: StudioError) -> Step:
    """A text that could not be read."""
    title = Text(f"{attachment.title} was not read", f"未能读取 {attachment.title}")
    return Step(kind="search", title=title, detail=error.whole(), failed=True)


def stopped(step: Step) -> Step:
    """Work that was stopped before its end."""
    title = Text(f"{step.title.en} was stopped", f"已停止：{step.title.zh}")
    return step.model_copy(update={"title": title, "failed": True})


def strange_figures(figures: list[str]) -> Step:
    """Figures of the answer that no source has."""
    shown = figures[:6]
    return Step(
        kind="check",
        title=Text(f"Not in the sources: {', '.join(shown)}", f"来源中没有：{'、'.join(shown)}"),
        detail=Text("Check these figures before you use them.", "使用这些数字前请先核对。"),
    )


def cut_off() -> Step:
    """The answer ended at its limit."""
    return Step(
        kind="check",
        title=Text("The answer was cut off at its length limit", "回答达到长度上限，已截断"),
        detail=Text("Go on with it, or ask for a shorter answer.", "可以继续写完，或要求更短的回答。"),
    )
