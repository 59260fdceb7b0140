"""Some work, once for every item."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

from studio.engine.errors import StudioError, from_unexpected
from studio.engine.text import Text
from studio.engine.workflows.context import Context

T = TypeVar("T")
Answer = dict[str, Any] | None
Work = Callable[[int, T], Awaitable[dict[str, Any]]]
Failed = Callable[[StudioError], Answer] | None


async def each(
    items: Sequence[T], work: Work[T], failed: Failed, context: Context, concurrency: int, word: Text
) -> list[Answer]:
    """Do the work for every item, `concurrency` at a time, in any order; the answers keep the order of the items.

    `failed` is the answer in place of an error; without it the first error stops all. A failed item is logged as `word`
    says, with its number as `n`.
    """
    found: list[Answer] = [None] * len(items)
    await go_through(items, len(items), work, failed, context, concurrency, word, found.__setitem__)
    return found


async def go_through(
    items: Iterable[T],
    total: int,
    work: Work[T],
    failed: Failed,
    context: Context,
    concurrency: int,
    word: Text,
    keep: Callable[[int, Answer], None],
) -> None:
    """The same of items that are taken when their turn comes, with answers that go to `keep` as they come: no more of them
    are in memory than are worked on."""
    waiting = iter(enumerate(items))
    done = errors = 0

    async def next_ones() -> None:
        nonlocal done, errors
        for number, item in waiting:
            try:
                answer: Answer = await work(number, item)
            except Exception as error:
                known = from_unexpected(error)
                errors += 1
                which = word.format(n=number)
                context.log(Text(f"{which.en}: {known.message.en}", f"{which.zh}：{known.message.zh}"))
                if failed is None:
                    raise known from error
                answer = failed(known)
            keep(number, answer)
            done += 1
            context.progress(done, total, failed=errors)

    context.progress(0, total, failed=0)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, total)):
                group.create_task(next_ones())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
