"""Rows as a dataset, or as its next version."""

from __future__ import annotations

from typing import Annotated

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Table, node


class SaveDatasetParams(Params):
    name: str = param(
        ...,
        Text("Dataset", "数据集"),
        help=Text("A new name, or that of a dataset that was saved before.", "新名称，或之前保存过的数据集的名称。"),
        min_length=1,
        max_length=255,
    )
    description: str = param("", Text("Description", "描述"))


@node(
    title=Text("Save as dataset", "保存为数据集"),
    category="output",
    icon="save",
    doc=Text(
        "Keeps the rows as a dataset of the project. Run again, they become its next version.",
        "把数据行保存为项目中的数据集；再次运行则成为它的新版本。",
    ),
    side_effect=True,
    summary=lambda params: params.name,
)
async def save_dataset(
    rows: Table, context: Context, params: SaveDatasetParams
) -> Annotated[str, Text("Dataset", "数据集")]:
    """Write the rows as Parquet into the project; the answer is the dataset's id. A name of other data is a `Conflict`."""
    origin = {"kind": "workflow", "execution_id": context.run, "step": context.step}
    saved = await context.sql.save_rows(rows, params.name, params.description, origin=origin)
    return str(saved.id)
