"""Branches that come together again."""

from __future__ import annotations

from typing import Annotated, Any

from studio.engine.params import Params
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, Kind, Many, node


class MergeParams(Params):
    """None yet."""


@node(
    title=Text("Merge", "合并分支"),
    category="control",
    icon="merge",
    doc=Text("Hands on the value of whichever branch was taken.", "传递被执行分支的值。"),
    cached=False,
)
async def merge(
    values: Annotated[list[Any], Kind("any"), Many(), Text("Branches", "分支")], context: Context, params: MergeParams
) -> Anything:
    """Hand on the first value that arrived, in the order of the wires."""
    return values[0]
