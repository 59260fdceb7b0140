"""Rows as a dataset, or as its next version."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Json, Table, node
from studio.engine.workflows.remembering import by
from studio.engine.workflows.values import table_of


class SaveDatasetParams(Params):
    name: str = param(
        ...,
        Text("Dataset", "数据集"),
        help=Text("A new name, or that of a dataset that was saved before.", "新名称，或之前保存过的数据集的名称。"),
        min_length=1,
        max_length=255,
    )
    mode: Literal["replace", "append", "upsert"] = param(
        "replace", Text("The rows", "数据行"),
        choices={
            "replace": Text("Take the place of all before", "替换之前的全部"), "append": Text("Are added at the end", "追加到末尾"),
            "upsert": Text("Are put in by a key", "按键更新或插入"),
        },
    )  # fmt: skip
    key: list[str] = param(
        [],
        Text("Key", "键列"),
        help=Text("Columns that tell a row.", "区分每一行的列。"),
        when=("mode", "upsert"),
    )
    description: str = param("", Text("Description", "描述"))


class Kept(NamedTuple):
    """The dataset's id, its version now, and what the rows did: how many were added, and how many took another's place."""

    text: Annotated[str, Text("Dataset", "数据集")]
    version: Annotated[int, Text("Version", "版本")]
    report: Annotated[Json, Text("Report", "报告")]


@node(
    title=Text("Save as dataset", "保存为数据集"),
    category="output",
    icon="save",
    doc=Text(
        "Keeps the rows as a dataset of the project, adds them to one, or puts them in by a key. Each run makes the next version.",
        "把数据行保存为项目中的数据集，追加到已有数据集，或按键更新；每次运行生成新版本。",
    ),
    side_effect=True,
    summary=lambda params: params.name,
)
async def save_dataset(rows: Table, context: Context, params: SaveDatasetParams) -> Kept:
    """Write the rows as Parquet into the project, whole or not at all. A run that goes on after a crash saves nothing twice. A name
    of other data is a `Conflict`; `Invalid` names a key or a column that does not fit. Put in by a key, a row takes the place of
    the one with its key, keeps what it says nothing of, and of two with one key the last counts."""
    saved = await context.sql.save_rows(
        table_of(rows), params.name, params.description,
        origin={"kind": "workflow", "execution_id": context.run, "step": context.step},
        mode=params.mode, key=params.key, once=by(context) if context.run else "",
    )  # fmt: skip
    return Kept(
        saved.id, saved.version, {"added": saved.added, "updated": saved.updated, "rows": saved.dataset.row_count}
    )
