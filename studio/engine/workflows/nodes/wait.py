"""A pause."""

from __future__ import annotations

import asyncio
from typing import Annotated

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, node


class WaitParams(Params):
    seconds: float = param(1.0, Text("Wait", "等待"), ge=0, le=86_400, unit="s")


@node(
    title=Text("Wait", "等待"),
    category="control",
    icon="hourglass",
    doc=Text("Hands a value on after some time.", "等待一段时间后传递值。"),
    cached=False,
    summary=lambda params: f"{params.seconds:g} s",
)
async def wait(
    context: Context, params: WaitParams, /, value: Annotated[Anything, Text("Value", "值")] = None
) -> Anything:
    """Wait, then hand the value on. A run that goes on after a crash waits anew."""
    await asyncio.sleep(params.seconds)
    return value
