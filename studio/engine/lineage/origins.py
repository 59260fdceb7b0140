"""Where a dataset comes from, as steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.engine.datasets.dataset import Dataset
from studio.engine.datasets.version import Version
from studio.engine.lineage.lineage import ColumnOrigin, Step
from studio.engine.lineage.statement import read
from studio.engine.text import Text, plural

SERVERS = {"mysql": "MySQL", "postgresql": "PostgreSQL"}
OWN = ("parquet", "mysql", "postgresql")  # read as they are, without a readable copy


def steps_of(dataset: Dataset, versions: Sequence[Version], datasets: Mapping[str, Dataset]) -> list[Step]:
    """From the source to the current version."""
    origin = dataset.statistics.get("origin") or {}
    if origin.get("kind") == "query":
        first = [*_read_from(origin, datasets), _query(origin)]
    elif origin.get("kind") == "workflow":
        first = [*_read_from(origin, datasets), _run(origin)]
    else:
        first = [_place(dataset)]
        if dataset.format not in OWN:
            first.append(
                Step(kind="copy", title=Text("Readable copy", "可读副本"),
                     detail=Text("In the cache, made when the content changes", "保存在缓存中，内容变化时更新"))
            )  # fmt: skip
    return [*first, _version(dataset, versions)]


def columns_of(dataset: Dataset, datasets: Mapping[str, Dataset]) -> dict[str, list[ColumnOrigin]]:
    """What each column is made of, where a query made the dataset. Blocks: some milliseconds a column."""
    origin = dataset.statistics.get("origin") or {}
    sql = str(origin.get("sql") or "")
    if origin.get("kind") != "query" or not sql:
        return {}
    known = by_name(datasets.values())
    found = read(sql, {name: [column.name for column in each.columns] for name, each in known.items()})
    made = {name: [_origin(known[source.table], source.column) for source in of] for name, of in found.columns.items()}
    return {column.name: made[column.name.lower()] for column in dataset.columns if column.name.lower() in made}


def by_name(datasets: Any) -> dict[str, Dataset]:
    """Datasets by all that a query can call them: name and id, in small letters."""
    listed = list(datasets)
    return {each.id.lower(): each for each in listed} | {each.name.lower(): each for each in listed}


def proper(dataset: Dataset, column: str) -> str:
    """A column's name with its own capitals."""
    return next((each.name for each in dataset.columns if each.name.lower() == column.lower()), column)


def _origin(dataset: Dataset, column: str) -> ColumnOrigin:
    return ColumnOrigin(dataset_id=dataset.id, dataset=dataset.name, column=proper(dataset, column))


def _place(dataset: Dataset) -> Step:
    path = dataset.storage_path
    if dataset.storage_type == "s3":
        return Step(kind="object_store", title=Text.same(path), detail=Text("Object store", "对象存储"))
    if dataset.storage_type in SERVERS:
        table = path.rsplit("/", 1)[-1]
        title = f"{SERVERS[dataset.storage_type]} {path.rsplit('/', 2)[-2]}.{table}"
        return Step(
            kind="database", title=Text.same(title), detail=Text("Table on a database server", "数据库服务器上的表")
        )
    if dataset.storage_type == "web":
        return Step(kind="web", title=Text.same(path), detail=Text("File on the web", "网络文件"))
    name = path.rstrip("/").rsplit("/", 1)[-1]
    files = int(dataset.statistics.get("files", 1) or 1)
    if files > 1:
        told = Text(f"{plural(files, 'file', 'files')} on this computer", f"本机的 {files:,} 个文件")
        return Step(kind="folder", title=Text.same(name), detail=told)
    return Step(kind="file", title=Text.same(name), detail=Text("File on this computer", "本机的文件"))


def _read_from(origin: Mapping[str, Any], datasets: Mapping[str, Dataset]) -> list[Step]:
    found = [(each, datasets.get(each)) for each in origin.get("datasets") or []]
    return [
        Step(
            kind="dataset", title=Text.same(known.name if known else dataset_id),
            detail=Text("Dataset", "数据集") if known else Text("Removed dataset", "已移除的数据集"),
            opens=("dataset", dataset_id) if known else None,
        )
        for dataset_id, known in found
    ]  # fmt: skip


def _query(origin: Mapping[str, Any]) -> Step:
    sql = str(origin.get("sql") or "")
    line = " ".join(sql.split())[:160]
    return Step(kind="query", title=Text("Query", "查询"), detail=Text.same(line), opens=("query", ""), sql=sql)


def _run(origin: Mapping[str, Any]) -> Step:
    run = str(origin.get("execution_id") or "")
    title = str(origin.get("workflow") or "") or run
    return Step(
        kind="workflow", title=Text.same(title), detail=Text(f"Workflow run {run}", f"工作流运行 {run}"),
        opens=("run", run) if run else None,
    )  # fmt: skip


def _version(dataset: Dataset, versions: Sequence[Version]) -> Step:
    newest = next((each for each in versions if each.number == dataset.version), None)
    title = Text(f"{dataset.name} version {dataset.version}", f"{dataset.name} 版本 {dataset.version}")
    at = newest.created_at if newest else dataset.updated_at
    return Step(kind="version", title=title, detail=_grown(newest, versions), opens=("dataset", dataset.id), at=at)


def _grown(newest: Version | None, versions: Sequence[Version]) -> Text:
    """What the newest version is, compared with the one before."""
    if newest is not None and newest.origin.get("kind") == "rollback":
        number = newest.origin.get("version")
        return Text(f"Rolled back to version {number}", f"回滚到版本 {number}")
    before = next((each for each in versions if newest is not None and each.number < newest.number), None)
    if newest is None or newest.rows is None:
        return Text("", "")
    if before is None or before.rows is None:
        return Text(plural(newest.rows, "row", "rows"), f"{newest.rows:,} 行")
    more = newest.rows - before.rows
    if more == 0:
        return Text("As many rows as before", "行数与上一版本相同")
    rows = plural(abs(more), "row", "rows")
    told = f"{rows} {'more' if more > 0 else 'fewer'} than version {before.number}"
    return Text(told, f"比版本 {before.number} {'多' if more > 0 else '少'} {abs(more):,} 行")
