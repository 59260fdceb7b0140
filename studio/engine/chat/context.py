"""What fits a model's context: earlier messages are compacted, then sources left out, and each is said."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.engine.chat import prompt, summary
from studio.engine.chat.attachments import estimated
from studio.engine.chat.message import Message, Source, Step
from studio.engine.chat.stream import written
from studio.engine.errors import StudioError
from studio.engine.text import Text, plural

if TYPE_CHECKING:
    from studio.engine.models.model import Model
    from studio.engine.models.service import Models

log = logging.getLogger(__name__)
TEMPLATE_TOKENS = 64  # what a chat template puts around the messages, at most
SUMMARY_TOKENS = 240
KEPT_SHARE = 0.5  # of the room that earlier messages may keep when they are compacted
COMPACT = (
    "Summarise the conversation so far for someone who goes on with it: facts, figures, names, decisions and open "
    "questions. Use the language of the conversation. Be brief."
)


@dataclass
class Past:
    """The earlier messages that a model reads: a summary of the oldest, and the others word for word."""

    messages: list[Message]
    summary: str = ""

    @classmethod
    def of(cls, history: Sequence[Message]) -> Past:
        """From the last compaction on."""
        for place in range(len(history) - 1, -1, -1):
            for step in reversed(history[place].steps):
                there = [each.id for each in history[: place + 1]]
                if step.kind == "compact" and step.until in there:
                    return cls(list(history[there.index(step.until) + 1 :]), step.text)
        return cls(list(history))


class Fitting:
    """Makes a prompt fit the context of one model."""

    def __init__(self, models: Models, model: Model, question: str, answer_tokens: int) -> None:
        self._models, self._model, self._question = models, model, question
        self.room = room(model) - answer_tokens - TEMPLATE_TOKENS

    async def fit(
        self, past: Past, given: list[Source], texts: dict[int, str], tell: Callable[[Step], Awaitable[None]]
    ) -> prompt.Messages:
        """The messages; `tell` hears what was compacted or left out. `given` loses what does not fit."""
        sources, left = len(given), 0
        compacted: Step | None = None
        if past.messages and not await self._fits(past, given, texts):
            compacted, left = await self._compact(past)
        left += await self._leave_out(past, given, texts)
        if compacted is not None and past.summary:
            await tell(compacted)
        elif compacted is not None:
            left += int(compacted.arguments["messages"])
        if left or sources > len(given):
            await tell(_left_out(self.room, sources - len(given), left))
        return prompt.build(self._question, past.messages, given, texts, past.summary)

    async def _leave_out(self, past: Past, given: list[Source], texts: dict[int, str]) -> int:
        """Take away what does not fit: the oldest messages, then their summary, then sources. How many messages those were."""
        left = 0
        while not await self._fits(past, given, texts) and (past.messages or past.summary or len(given) > 1):
            if past.messages:
                left += len(past.messages[:2])
                past.messages = past.messages[2:]
            elif past.summary:
                past.summary = ""
            else:
                given.remove(_least(given))
        return left

    async def _fits(self, past: Past, given: list[Source], texts: dict[int, str]) -> bool:
        """No token is shorter than a byte, so counting is only needed for long prompts."""
        messages = prompt.build(self._question, past.messages, given, texts, past.summary)
        words = "\n".join(str(message["content"]) for message in messages)
        return len(words.encode()) <= self.room or await self._models.count_tokens(self._model.id, words) <= self.room

    async def _compact(self, past: Past) -> tuple[Step | None, int]:
        """Put the oldest messages into a few sentences of the model's; the last ones stay word for word.

        Where the model makes none, the number of the messages that are left out.
        """
        kept = _last_ones(past.messages, int(self.room * KEPT_SHARE))
        old, past.messages = past.messages[: len(past.messages) - len(kept)], kept
        text = await self._summary(past.summary, old) if old else ""
        if not text:
            return None, len(old)
        past.summary = text
        step = Step(
            kind="compact",
            title=Text(
                f"Compacted {plural(len(old), 'earlier message', 'earlier messages')}",
                f"压缩了 {len(old)} 条较早的消息",
            ),
            detail=Text(
                "The model reads this summary in their place; the messages stay in the thread.",
                "模型改读这段摘要，原消息仍保留在对话中。",
            ),
            text=text,
            until=old[-1].id,
            arguments={"messages": len(old)},
        )
        return step, 0

    async def _summary(self, before: str, old: Sequence[Message]) -> str:
        """The model's; where that does not hold, and for a demo model, the conversation's own sentences."""
        most = min(SUMMARY_TOKENS, int(self.room * KEPT_SHARE))
        said = "" if self._model.demo else await self._written(before, old)
        return said if summary.usable(said, before, old) else summary.extracted(before, old, most)

    async def _written(self, before: str, old: Sequence[Message]) -> str:
        told = [f"Summary so far: {before}"] * bool(before)
        told += [f"{'Person' if each.role == 'user' else 'Assistant'}: {each.content}" for each in old]
        words = "\n\n".join(told)
        most = room(self._model) - SUMMARY_TOKENS - TEMPLATE_TOKENS - estimated(COMPACT)
        while estimated(words) > most and len(words) > 200:
            words = words[len(words) // 8 :]  # the oldest go first
        asked = [{"role": "system", "content": COMPACT}, {"role": "user", "content": words}]
        try:
            return (await written(self._models, self._model.id, asked, max_tokens=SUMMARY_TOKENS)).strip()
        except StudioError as error:
            log.info("earlier messages were not compacted: %s", error)
            return ""


def room(model: Model) -> int:
    """Tokens of context: as the model is loaded, and never more than it was trained for."""
    return min(model.context_length or model.load_settings.context_length, model.load_settings.context_length)


def told_few(model: Model, given: list[Source], sources: list[Source], history: int) -> Step | None:
    """What a demo model was not given: it cannot hold much apart."""
    few = len(given) < len(sources)
    if not few and not (history and sources):
        return None
    numbers = [f"[{source.number}]" for source in given]
    en, zh = f"{' and '.join(numbers)} only", "、".join(numbers)
    if not few:
        en, zh = "no earlier messages", "当前问题（不含较早的消息）"
    return Step(
        kind="context",
        title=Text(f"{model.name} was given {en}", f"只向 {model.name} 提供了 {zh}"),
        detail=Text("A demo model cannot hold more apart.", "演示模型无法区分更多内容。"),
    )


def _last_ones(messages: Sequence[Message], most: int) -> list[Message]:
    """The last messages that together take at most so many tokens; they begin with a question."""
    kept: list[Message] = []
    for message in reversed(messages):
        most -= estimated(message.content)
        if most < 0:
            break
        kept.insert(0, message)
    while kept and kept[0].role != "user":
        kept.pop(0)
    return kept


def _least(sources: list[Source]) -> Source:
    """The last page, and the rows only when no page is left."""
    return next((source for source in reversed(sources) if source.kind != "rows"), sources[-1])


def _left_out(room: int, sources: int, messages: int) -> Step:
    en = [plural(sources, "source", "sources")] * bool(sources)
    en += [plural(messages, "earlier message", "earlier messages")] * bool(messages)
    zh = [f"{sources} 个来源"] * bool(sources) + [f"{messages} 条较早的消息"] * bool(messages)
    return Step(
        kind="context",
        title=Text(f"Left out {' and '.join(en)}", f"省略了 {'和 '.join(zh)}"),
        detail=Text(
            f"The model's context has room for {room:,} tokens of them.", f"模型上下文只能容纳 {room:,} 个词元。"
        ),
    )
