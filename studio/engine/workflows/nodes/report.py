"""A report of texts, tables and charts, as a file that is whole in itself."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from html import escape
from typing import Annotated, Any, Literal

from studio.engine.ids import new
from studio.engine.params import Params, PromptText, param
from studio.engine.text import Text
from studio.engine.workflows.context import Context
from studio.engine.workflows.graph import Ports, any_port
from studio.engine.workflows.node import node
from studio.engine.workflows.nodes.save_file import place_of
from studio.engine.workflows.templates import fill, variables
from studio.engine.workflows.vega import is_chart, read, svg_of

ENDINGS = {"html": ".html", "docx": ".docx", "pdf": ".pdf", "markdown": ".md"}
STYLE = (
    "body{font:15px/1.55 system-ui,sans-serif;max-width:52em;margin:2.5em auto;padding:0 1.5em;color:#1d2330}"
    "table{border-collapse:collapse;margin:1em 0;font-variant-numeric:tabular-nums}th,td{border:1px solid #d5d9e0;padding:.3em .7em}"
    "th{background:#f4f5f7;text-align:left}code,pre{font-family:ui-monospace,monospace}pre{background:#f4f5f7;padding:1em;overflow:auto}"
    "svg{max-width:100%;height:auto}blockquote{border-left:3px solid #d5d9e0;margin:1em 0;padding-left:1em;color:#5a6372}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


Charts = dict[str, dict[str, Any]]  # specifications by the marks that stand for them in the text


class ReportParams(Params):
    template: PromptText = param(
        "# {{title}}\n\n{{text}}\n\n{{chart}}\n\n{{rows}}", Text("Report", "报告"),
        help=Text("Markdown; each {{name}} is an input. Tables and charts are set as such.", "Markdown 格式，每个 {{名称}} 都是一个输入；表格和图表会自动排版。"),
    )  # fmt: skip
    place: PromptText = param(
        "s3://results/{{run}}-report",
        Text("Where", "位置"),
        help=Text("s3://bucket/name; {{run}} and {{row}} are filled in.", "s3://桶/名称；会填入 {{run}} 和 {{row}}。"),
        min_length=6,
    )
    format: Literal["html", "docx", "pdf", "markdown"] = param(
        "html", Text("Format", "格式"),
        choices={"html": Text("Web page", "网页"), "docx": Text.same("Word"), "pdf": Text.same("PDF"), "markdown": Text.same("Markdown")},
    )  # fmt: skip


def report_ports(params: ReportParams) -> Ports:
    return Ports(inputs=[any_port(name) for name in variables(params.template)])


@node(
    title=Text("Report", "报告"),
    category="output",
    icon="file-chart-column",
    doc=Text(
        "Writes texts, tables and charts as one file into a bucket.", "把文本、表格和图表写成一个文件，存入存储桶。"
    ),
    side_effect=True,
    ports=report_ports,
    summary=lambda params: params.place,
)
async def report(context: Context, params: ReportParams, /, **values: Any) -> Annotated[str, Text("Place", "位置")]:
    """Write the file whole or not at all. It loads nothing from elsewhere: charts are drawn into it, and HTML in the values is
    shown as the text that it is."""
    charts = {name: value for name, value in values.items() if is_chart(value)}
    marks = {name: new("chart", 16) for name in charts}
    text = await fill(params.template, {**values, **marks})
    content = await asyncio.to_thread(WRITERS[params.format], text, {marks[name]: charts[name] for name in charts})
    place = await place_of(params.place, context, ENDINGS[params.format])
    await context.objects.put(place, content)
    return place


def _markdown(text: str, charts: Charts) -> bytes:
    for mark, spec in charts.items():
        picture = base64.b64encode(svg_of(spec).encode()).decode()
        text = text.replace(mark, f"![{spec.get('title', '')}](data:image/svg+xml;base64,{picture})")
    return text.encode()


def _docx(text: str, charts: Charts) -> bytes:
    from studio.engine.workflows.report_docx import docx_of

    return docx_of(text, {mark: read(spec) for mark, spec in charts.items()})


def _pdf(text: str, charts: Charts) -> bytes:
    from studio.engine.workflows.report_pdf import pdf_of

    return pdf_of(text, charts)


def _page(text: str, charts: Charts) -> bytes:
    """A web page of a Markdown text; a picture stands where its mark is a paragraph or a part of one."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    for mark, spec in charts.items():
        body = body.replace(mark, svg_of(spec))
    title = next((line.lstrip("# ") for line in text.splitlines() if line.startswith("# ")), "")
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>{escape(title)}</title>'
    page = f"<!doctype html>\n<html><head>{head}<style>{STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    return page.encode()


WRITERS: dict[str, Callable[[str, Charts], bytes]] = {"html": _page, "docx": _docx, "pdf": _pdf, "markdown": _markdown}
