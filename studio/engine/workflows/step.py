"""One step's call: its inputs gathered, its function awaited, retried and timed, its answer sorted onto its ports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from studio.engine.errors import StudioError, Unavailable, from_unexpected
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Absent, Result
from studio.engine.workflows.plan import Input, Slot, Step
from studio.engine.workflows.values import convert


def inputs_of(step: Step, value: Callable[[Slot], Any]) -> tuple[dict[str, Any] | None, dict[str, list[Slot]]]:
    """The step's inputs by port, and the slots that they came from. None instead of inputs: a needed branch was not taken."""
    inputs: dict[str, Any] = {}
    taken: dict[str, list[Slot]] = {}
    for wanted in step.inputs:
        arrived = [(slot, _as(wanted, value(slot), differs)) for slot, differs in wanted.sources]
        arrived = [(slot, found) for slot, found in arrived if not isinstance(found, Absent)]
        if arrived:
            inputs[wanted.port.name] = [found for _, found in arrived] if wanted.port.many else arrived[0][1]
            taken[wanted.port.name] = [slot for slot, _ in arrived]
        elif not wanted.port.optional:
            return None, taken
    return inputs, taken


def _as(wanted: Input, value: Any, differs: bool) -> Any:
    return convert(value, wanted.port.type) if differs and not isinstance(value, Absent) else value


async def call(step: Step, context: Context, inputs: dict[str, Any]) -> dict[str, Any]:
    """Run the function, again where the step says so, and give its outputs by port."""
    retry = step.node.retry
    for attempt in range(retry.times + 1):
        try:
            return await _timed(step, context, inputs)
        except Exception as error:
            if attempt == retry.times:
                raise
            context.log(f"try {attempt + 1} of {retry.times + 1}: {from_unexpected(error).message.en}")
            await asyncio.sleep(retry.wait * 2**attempt)
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
    if hasattr(answer, "_asdict"):
        return dict(answer._asdict())
    fixed = step.type.fixed.outputs
    if not fixed:
        return dict(answer or {})
    return {fixed[0].name: answer}


def _too_slow(step: Step, seconds: float) -> StudioError:
    title = step.node.title or step.id
    return Unavailable(
        Text(f"“{title}” took longer than {seconds:g} seconds.", f"“{title}”运行超过 {seconds:g} 秒。"),
        Text("Raise its time limit or give it less to do.", "请提高时限或减少其工作量。"),
    )
