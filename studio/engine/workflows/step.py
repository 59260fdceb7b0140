"""One step's call: its function awaited, retried and timed, its answer sorted onto its ports."""

from __future__ import annotations

import asyncio
from typing import Any

from studio.engine.errors import StudioError, Unavailable, from_unexpected
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Result
from studio.engine.workflows.plan import Step


async def call(step: Step, context: Context, inputs: dict[str, Any]) -> dict[str, Any]:
    """Run the function, again where the step says so, and give its outputs by port."""
    if step.plainly:
        return sort_out(step, await step.type.call(context, step.params, inputs))
    retry = step.node.retry
    for attempt in range(retry.times + 1):
        try:
            return await _timed(step, context, inputs)
        except Exception as error:
            if attempt == retry.times:
                raise
            wait = retry.wait * 2**attempt
            known = from_unexpected(error)
            tried, most = attempt + 1, retry.times + 1
            context.log(
                Text(
                    f"try {tried} of {most}: {known.message.en}",
                    f"第 {tried} 次尝试（共 {most} 次）：{known.message.zh}",
                )
            )
            context.tell("retry", {"attempt": tried, "of": most, "wait": wait, "error": known.as_dict()})
            await asyncio.sleep(wait)
    raise AssertionError("a step is tried at least once")


async def _timed(step: Step, context: Context, inputs: dict[str, Any]) -> dict[str, Any]:
    if step.node.timeout is None:
        return await _answer(step, context, inputs)
    limit = asyncio.timeout(step.node.timeout)
    try:
        async with limit:
            return await _answer(step, context, inputs)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise _too_slow(step, step.node.timeout) from error


async def _answer(step: Step, context: Context, inputs: dict[str, Any]) -> dict[str, Any]:
    started = step.type.call(context, step.params, inputs)
    if not step.type.streams:
        return sort_out(step, await started)
    value: Any = None
    try:
        async for piece in started:
            if isinstance(piece, Result):
                value = piece.value
            else:
                context.emit(piece)
    finally:
        await started.aclose()
    return sort_out(step, value)


def sort_out(step: Step, answer: Any) -> dict[str, Any]:
    """An answer by output port: a NamedTuple's fields, the dict of a step whose ports depend on parameters, or the one port."""
    if step.only:
        return {step.only: answer}
    if hasattr(answer, "_asdict"):
        return dict(answer._asdict())
    return dict(answer or {})


def _too_slow(step: Step, seconds: float) -> StudioError:
    title = step.node.title or step.id
    return Unavailable(
        Text(f"“{title}” took longer than {seconds:g} seconds.", f"“{title}”运行超过 {seconds:g} 秒。"),
        Text("Raise its time limit or give it less to do.", "请提高时限或减少其工作量。"),
    ).fixed_by("edit", "timeout")
