from __future__ import annotations

from typing import Any, ClassVar

import pytest

from studio.engine.sql.figures import ChartPlan, Points
from studio.engine.workflows import report_pdf
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.report import ReportParams, report
from studio.engine.workflows.values import table_of
from studio.engine.workflows.vega import spec_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms
from tests.workflows.nodes.objects import bucket

__all__ = ["bucket", "rooms"]

CHART = spec_of(ChartPlan("bar", "区域", ("n",), "none"), Points(["南", "北"], ["n"], [[5.0, 3.0]], [0, 0], 2), "每区")


class TestReport(NodeContract):
    name = "report"
    example: ClassVar[dict[str, object]] = {"template": "# {{title}}\n\n{{text}}", "format": "markdown"}

    async def test_a_page_holds_texts_tables_and_charts_and_loads_nothing(self, bucket: Any) -> None:
        context = Context(services=Services(objects=bucket), run="exec-1")
        given = {"title": "Returns 退货", "text": "**Good** <img src=http://x/y> ![a](http://x/z)", "chart": CHART}
        place = await report(context, ReportParams(), **given, rows=table_of([{"region": "南", "n": 5}]))
        page = (await bucket.get(place)).decode()
        assert place == "s3://results/exec-1-report.html" and "<title>Returns 退货</title>" in page
        assert "<strong>Good</strong>" in page and "<td>南</td>" in page and "<svg" in page and "每区" in page
        assert "<img src=http" not in page and "default-src 'none'" in page and "img-src data:" in page

    async def test_markdown_keeps_the_chart_as_a_picture_in_the_text(self, bucket: Any) -> None:
        context = Context(services=Services(objects=bucket), run="exec-1")
        params = ReportParams(template="{{chart}}\n{{text}}", place="s3://results/a.md", format="markdown")
        text = (await bucket.get(await report(context, params, chart=CHART, text="x"))).decode()
        assert text.startswith("![每区](data:image/svg+xml;base64,") and text.endswith("\nx")

    async def test_word_gets_headings_lists_tables_and_the_points_of_a_chart(self, bucket: Any) -> None:
        import io

        import docx

        context = Context(services=Services(objects=bucket), run="exec-1")
        template = "# {{title}}\n\n**Good** and *fair*\n\n- 一\n- two\n\n{{chart}}\n\n{{rows}}\n"
        params = ReportParams(template=template, place="s3://results/a", format="docx")
        place = await report(context, params, title="报\x07告", chart=CHART, rows=table_of([{"region": "南", "n": 5}]))
        document = docx.Document(io.BytesIO(await bucket.get(place)))
        assert place == "s3://results/a.docx"
        told = [(one.style.name, one.text) for one in document.paragraphs if one.text]
        assert told == [
            ("Heading 1", "报告"),
            ("Normal", "Good and fair"),
            ("List Bullet", "一"),
            ("List Bullet", "two"),
            ("Normal", "每区"),
        ]
        assert [run.text for run in document.paragraphs[1].runs if run.bold] == ["Good"]
        points, rows = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
        assert points == [["区域", "n"], ["南", "5"], ["北", "3"]] and rows == [["region", "n"], ["南", "5"]]

    @pytest.mark.parametrize("chinese", ["of the system", "of viewers"])
    async def test_a_pdf_has_the_words_of_both_languages_and_the_chart_as_lines(
        self, bucket: Any, monkeypatch: pytest.MonkeyPatch, chinese: str
    ) -> None:
        import pypdfium2

        report_pdf._fonts.cache_clear()
        if chinese == "of viewers":
            monkeypatch.setattr(report_pdf, "CHINESE_FILES", ())
        context = Context(services=Services(objects=bucket), run="exec-1")
        template = "# {{title}}\n\n**Good** and [more](https://x.test/?a=1&b=2)\n\n1. 一\n2. two <b>\n\n> 引用\n\n{{chart}}\n\n{{rows}}\n\n```\nx = 1\n```\n"
        params = ReportParams(template=template, place="s3://results/a", format="pdf")
        given = {
            "title": "报\x07告 Report",
            "chart": CHART,
            "rows": table_of([{"区域": "南", "n": n} for n in range(120)]),
        }
        place = await report(context, params, **given)
        content = await bucket.get(place)
        pdf = pypdfium2.PdfDocument(content)
        words = [page.get_textpage().get_text_range() for page in pdf]
        assert place == "s3://results/a.pdf" and pdf.get_metadata_value("Title") == "报告 Report"
        for part in ("报告 Report", "Good and more", "1. 一", "2. two <b>", "引用", "每区", "x = 1"):
            assert part in "\n".join(words), part
        assert len(words) > 2 and all(
            "区域" in page for page in words[:2]
        )  # a table's head stands on each of its pages
        shapes = [one.type for one in pdf[0].get_objects()]
        assert shapes.count(2) > 6  # paths: the bars and the lines behind them
        assert await report(context, params, **given) == place and await bucket.get(place) == content
        report_pdf._fonts.cache_clear()
