"""What lies in a bucket: a list of it, its texts, or its rows."""

from __future__ import annotations

import asyncio
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any, Literal

from studio.engine.errors import BadParameter, Invalid, NotFound
from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Port, Ports, PortType
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.values import table_of

LARGEST = 64 << 20  # bytes of texts altogether
KINDS: dict[str, PortType] = {"list": "table", "rows": "table", "text": "docs"}
COLUMNS = ("url", "key", "size", "modified", "etag")


class ReadObjectsParams(Params):
    place: str = param(
        "s3://results/",
        Text("Where", "位置"),
        help=Text("s3://bucket/folder; a connection's buckets too.", "s3://桶/文件夹，也可以是连接中的桶。"),
        min_length=6,
    )
    pattern: str = param("*", Text("Names", "名称"), help=Text("Such as *.csv.", "例如 *.csv。"))
    result: Literal["list", "text", "rows"] = param(
        "list", Text("Read", "读取"),
        choices={"list": Text("The list of them", "文件列表"), "text": Text("Their texts", "文本内容"), "rows": Text("Their rows", "数据行")},
    )  # fmt: skip
    limit: int = param(1_000, Text("Objects at most", "最多对象数"), ge=1, le=100_000)


def object_ports(params: ReadObjectsParams) -> Ports:
    titles = {"list": Text("Objects", "对象"), "text": Text("Texts", "文本"), "rows": Text("Rows", "行")}
    kind = params.result if params.result in KINDS else "list"
    return Ports(outputs=[Port(name="objects", type=KINDS[kind], title=titles[kind])])


async def _state(context: Context, params: ReadObjectsParams) -> str:
    return " ".join(f"{info.key}:{info.etag}" for info in await _found(context, params))


@node(
    title=Text("Read objects", "读取对象"),
    category="sources",
    icon="folder-search",
    doc=Text("Lists what lies in a bucket, or reads its texts or rows.", "列出存储桶中的对象，或读取其文本或数据行。"),
    ports=object_ports,
    fingerprint=_state,
    summary=lambda params: params.place,
)
async def read_objects(
    context: Context, params: ReadObjectsParams, /, after: Annotated[Anything, Text("After", "先后次序")] = None
) -> None:
    """Take the objects at and below an address whose names match, by their keys; a wire into `after` makes it wait for
    whoever writes them. Rows are read from CSV, JSON lines, Parquet
    and Feather; files that lack a column have nothing there. `NotFound` when nothing matches, `BadParameter` for another kind."""
    infos = await _found(context, params)
    if params.result == "list":
        return {"objects": _listed(infos)}  # type: ignore[return-value]
    if not infos:
        raise NotFound(
            Text(f"Nothing at {params.place} is named {params.pattern}.", f"{params.place} 中没有名为 {params.pattern} 的对象。"),
            Text("Look into the bucket in the Data view.", "请在“数据”中查看该桶。"),
        )  # fmt: skip
    files = await context.objects.fetched(params.place, infos)
    read = _texts if params.result == "text" else _rows
    return {"objects": await asyncio.to_thread(read, infos, files)}  # type: ignore[return-value]


async def _found(context: Context, params: ReadObjectsParams) -> list[Any]:
    infos = await context.objects.list(params.place)
    return [info for info in infos if fnmatch(Path(info.key).name, params.pattern)][: params.limit]


def _listed(infos: list[Any]) -> Any:
    return table_of([{"url": info.url, **info.model_dump(include=set(COLUMNS))} for info in infos], list(COLUMNS))


def _texts(infos: list[Any], files: list[Path]) -> list[dict[str, Any]]:
    size = sum(info.size for info in infos)
    if size > LARGEST:
        raise Invalid(
            Text(f"These texts have {size >> 20:,} MB together; 64 is the most.", f"文本共 {size >> 20:,} MB，上限为 64 MB。"),
            Text("Narrow the names, or read rows.", "请缩小名称范围，或改为读取数据行。"),
        )  # fmt: skip
    return [
        {"text": file.read_bytes().decode("utf-8-sig", "replace"), "title": Path(info.key).name, "file_name": Path(info.key).name, "url": info.url}
        for info, file in zip(infos, files, strict=True)
    ]  # fmt: skip


def _rows(infos: list[Any], files: list[Path]) -> Any:
    import pyarrow

    tables = [_table(info.url, Path(info.key).suffix.lower(), file) for info, file in zip(infos, files, strict=True)]
    try:
        return pyarrow.concat_tables(tables, promote_options="permissive")
    except pyarrow.ArrowException as error:
        raise Invalid(
            Text(f"The files do not fit together: {error}.", f"这些文件的列不一致：{error}。"),
            Text("Narrow the names to files of one kind.", "请将名称范围限定为同一类文件。"),
        ) from error


def _table(url: str, ending: str, file: Path) -> Any:
    import pyarrow
    from pyarrow import csv, feather, json, parquet

    readers = {
        ".csv": csv.read_csv, ".tsv": lambda path: csv.read_csv(path, parse_options=csv.ParseOptions(delimiter="\t")),
        ".jsonl": json.read_json, ".ndjson": json.read_json, ".parquet": parquet.read_table,
        ".feather": feather.read_table, ".arrow": feather.read_table,
    }  # fmt: skip
    if ending not in readers:
        known = " ".join(readers)
        raise BadParameter(
            Text(f"{url} has no rows that can be read here.", f"{url} 不是可在此读取数据行的文件。"),
            Text(f"These have: {known}. Register others as datasets.", f"支持：{known}。其他文件请登记为数据集。"),
        )
    try:
        return readers[ending](file)
    except (pyarrow.ArrowException, OSError) as error:
        raise Invalid(Text(f"{url} cannot be read: {error}.", f"无法读取 {url}：{error}。")) from error
