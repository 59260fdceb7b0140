"""A value as a file of the project."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from studio.engine.errors import BadParameter
from studio.engine.params import Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.node import Anything, node
from studio.engine.workflows.templates import fill
from studio.engine.workflows.values import as_words, is_table, plain, table_of

Format = Literal["text", "json", "csv", "parquet"]
ENDINGS = {"text": ".txt", "json": ".json", "csv": ".csv", "parquet": ".parquet"}


class SaveFileParams(Params):
    place: PromptText = param(
        "s3://results/{{run}}",
        Text("Where", "位置"),
        help=Text("s3://bucket/name; {{run}} and {{row}} are filled in.", "s3://桶/名称；会填入 {{run}} 和 {{row}}。"),
        min_length=6,
    )
    format: Format = param(
        "text", Text("Format", "格式"),
        choices={"text": Text("Text", "文本"), "json": Text.same("JSON"), "csv": Text.same("CSV"), "parquet": Text.same("Parquet")},
    )  # fmt: skip


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
    place = await fill(params.place, {"run": context.run, "row": context.row if context.row is not None else ""})
    name = place.rpartition("/")[2]
    if not place.startswith("s3://") or not name:
        raise BadParameter(Text(f"“{place}” is not s3://bucket/name.", f"“{place}”不是 s3://桶/名称 的形式。"))
    place = place if "." in name else place + ENDINGS[params.format]
    await context.objects.put(place, content_of(value, params.format))
    return place


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
