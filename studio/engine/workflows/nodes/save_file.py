"""A value as a file of the project."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, Literal
from weakref import WeakValueDictionary

from studio.engine.errors import BadParameter, Invalid, NotFound
from studio.engine.params import Params, PromptLine, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.templates import fill
from studio.engine.workflows.values import as_words, is_table, plain, table_of

Format = Literal["text", "json", "csv", "parquet"]
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # of those that add to a file
ENDINGS = {"text": ".txt", "json": ".json", "csv": ".csv", "parquet": ".parquet"}


class SaveFileParams(Params):
    place: PromptLine = param(
        "s3://results/{{run}}",
        Text("Where", "位置"),
        help=Text("s3://bucket/name; {{run}} and {{row}} are filled in.", "s3://桶/名称；会填入 {{run}} 和 {{row}}。"),
        min_length=6,
    )
    format: Format = param(
        "text", Text("Format", "格式"),
        choices={"text": Text("Text", "文本"), "json": Text.same("JSON"), "csv": Text.same("CSV"), "parquet": Text.same("Parquet")},
    )  # fmt: skip
    append: bool = param(
        False,
        Text("Add to what is there", "追加到已有内容"),
        help=Text("Of text and CSV; rows need the same columns.", "仅限文本和 CSV；数据行的列须一致。"),
        advanced=True,
    )


@node(
    title=Text("Save file", "保存文件"),
    category="output",
    icon="file-down",
    doc=Text(
        "Writes a value into a bucket as text, JSON, CSV or Parquet.", "把值以文本、JSON、CSV 或 Parquet 写入存储桶。"
    ),
    side_effect=True,
    summary=lambda params: params.place,
)
async def save_file(
    value: Annotated[Anything, Text("Value", "值")], context: Context, params: SaveFileParams
) -> Annotated[str, Text("Place", "位置")]:
    """Write the file whole or not at all; the answer is where it is. A name without an ending gets that of the format."""
    place = await place_of(params.place, context, ENDINGS[params.format])
    content = content_of(value, params.format)
    if not params.append:
        await context.objects.put(place, content)
        return place
    turn = _turns.setdefault(place, asyncio.Lock())
    async with turn:  # rows of a map that add to one file do so one after the other
        await context.objects.put(place, joined(await _there(place, context), content, params.format))
    return place


async def _there(place: str, context: Context) -> bytes:
    try:
        return bytes(await context.objects.get(place))
    except NotFound:
        return b""


def joined(before: bytes, content: bytes, format: Format) -> bytes:
    """The content after what was there before; `Invalid` where the columns of CSV are others, `BadParameter` for what cannot grow."""
    if format not in ("text", "csv"):
        raise BadParameter(
            Text(f"A {format} file cannot be added to.", f"{format} 文件不能追加。"),
            Text("Take text or CSV, or save a dataset.", "请使用文本或 CSV，或保存为数据集。"),
        ).fixed_by("edit", "format")
    if not before:
        return content
    if format == "csv":
        head, _, rows = content.partition(b"\n")
        there = before.partition(b"\n")[0]
        if head.strip() != there.strip():
            raise Invalid(
                Text(f"The file has the columns {there.decode()}, the rows {head.decode()}.", f"文件的列为 {there.decode()}，数据行的列为 {head.decode()}。"),
                Text("Bring the rows into the same columns first.", "请先统一列。"),
            ).fixed_by("edit", "append")  # fmt: skip
        content = rows
    return before + (b"" if before.endswith(b"\n") else b"\n") + content


async def place_of(template: str, context: Context, ending: str) -> str:
    """Where a file goes: s3://bucket/name, with the run and the row filled in, and an ending where it has none."""
    place = await fill(template, {"run": context.run, "row": context.row if context.row is not None else ""})
    name = place.rpartition("/")[2]
    if not place.startswith("s3://") or not name:
        raise BadParameter(Text(f"“{place}” is not s3://bucket/name.", f"“{place}”不是 s3://桶/名称 的形式。"))
    return place if "." in name else place + ending


def content_of(value: Any, format: Format) -> bytes:
    """The bytes of a value in one format."""
    if format == "text":
        return (json.dumps(plain(value), ensure_ascii=False) if is_table(value) else as_words(value)).encode()
    if format == "json":
        return json.dumps(plain(value), ensure_ascii=False, indent=2).encode()
    import pyarrow
    from pyarrow import csv, parquet

    sink = pyarrow.BufferOutputStream()
    write = csv.write_csv if format == "csv" else parquet.write_table
    write(table_of(value), sink)
    return bytes(sink.getvalue().to_pybytes())
