"""Rows of a registered dataset."""

from __future__ import annotations

from studio.engine.params import DatasetRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Table, node


class DatasetParams(Params):
    dataset: DatasetRef = param(..., Text("Dataset", "数据集"))
    version: int | None = param(
        None, Text("Version", "版本"), ge=1, help=Text("Empty takes the newest.", "留空表示最新版本。"), advanced=True
    )
    columns: list[str] = param([], Text("Columns", "列"), help=Text("Empty means all.", "留空表示全部。"))
    where: str = param(
        "",
        Text("Only rows where", "筛选条件"),
        help=Text("An SQL condition, such as quantity > 1.", "SQL 条件，例如 quantity > 1。"),
    )
    limit: int = param(1_000_000, Text("Rows at most", "最多行数"), ge=1, le=10_000_000)


async def _state(context: Context, params: DatasetParams) -> str:
    found = await context.datasets.get(params.dataset)
    return f"{found.id}@{params.version or found.version}:{'' if params.version else found.updated_at}"


@node(
    title=Text("Dataset", "数据集"),
    category="sources",
    icon="database",
    doc=Text("Reads the rows of a registered dataset.", "读取已登记数据集的行。"),
    fingerprint=_state,
    summary=lambda params: params.dataset,
)
async def dataset(context: Context, params: DatasetParams) -> Table:
    """Read a dataset's rows. The table is in memory, so `limit` and `columns` keep it small; `NotFound` names the dataset."""
    place = params.dataset
    if params.version:
        place = f"{(await context.datasets.get(params.dataset)).id}@{params.version}"
    return await context.datasets.page(
        place, 0, params.limit, columns=params.columns or None, where=params.where.strip() or None
    )
