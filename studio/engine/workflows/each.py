"""The body of a frame, once for every item."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from studio.engine.errors import StudioError, from_unexpected
from studio.engine.workflows.context import Context

T = TypeVar("T")
Answer = dict[str, Any] | None


async def each(
    items: Sequence[T],
    given: Callable[[int, T], dict[str, Any]],
    failed: Callable[[StudioError], Answer] | None,
    context: Context,
    concurrency: int,
    word: str,
) -> list[Answer]:
    """Run the body for every item, `concurrency` at a time, in any order; the answers keep the order of the items.

    The body takes what is `given` for an item. `failed` is the answer in place of an error; without it the first error stops
    all. A failed item is logged as `word` and its number.
    """
    assert context.body is not None
    body = context.body
    found: list[Answer] = [None] * len(items)
    waiting = iter(enumerate(items))
    done = errors = 0

    async def work() -> None:
        nonlocal done, errors
        for number, item in waiting:
            try:
                found[number] = await body(number, given(number, item))
            except Exception as error:
                known = from_unexpected(error)
                errors += 1
                context.log(f"{word} {number}: {known.message.en}")
                if failed is None:
                    raise known from error
                found[number] = failed(known)
            done += 1
            context.progress(done, len(items), failed=errors)

    context.progress(0, len(items), failed=0)
    async with asyncio.TaskGroup() as group:
        for _ in range(min(concurrency, len(items))):
            group.create_task(work())
    return found
