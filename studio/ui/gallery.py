"""Every widget of the kit on one page, for looking: `python -m studio.ui.gallery [dark|light] [en|zh] [scale]`."""

from __future__ import annotations

import sys
from typing import Literal

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.engine.errors import Unavailable
from studio.engine.params import LongText, Params, param
from studio.engine.text import Text
from studio.ui.app import make_app
from studio.ui.forms import ParamsForm
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.widgets.buttons import Button, IconButton, Segmented, Toggle
from studio.ui.widgets.inputs import Choice, LineField, NumberField, SearchField, TextArea
from studio.ui.widgets.labels import TONES, Badge, Dot, KeyCap, Label
from studio.ui.widgets.meter import Meter, Sparkline, StackedMeter
from studio.ui.widgets.panel import Card, Divider, Glyph, Panel, Section
from studio.ui.widgets.panel_tabs import PanelTabs
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.slider import Slider
from studio.ui.widgets.states import Empty, Failure, Loading, Spinner
from studio.ui.widgets.tabs import Tab, TabBar

SAVE = Text("Load model", "加载模型")


class Example(Params):
    """A form with a field of each kind."""

    model: Literal["small", "medium", "large", "huge"] = param("small", Text("Model", "模型"))
    temperature: float = param(0.3, Text("Temperature", "温度"), ge=0, le=2)
    tokens: int = param(512, Text("Max new tokens", "最大新词元数"), ge=1)
    format: Literal["text", "json"] = param("text", Text("Answer format", "回答格式"))
    cache: bool = param(True, Text("Reuse cached results", "复用缓存结果"), help=Text("Saves time.", "节省时间。"))
    name: str = param(..., Text("Write reply to column", "回复写入列"), min_length=1)
    note: LongText = param("", Text("Note", "备注"), advanced=True)


def gallery() -> QWidget:
    """The page."""
    page = QWidget()
    page.setObjectName("window")
    grid = QGridLayout(page)
    grid.setSpacing(1)
    grid.setContentsMargins(0, 0, 0, 0)
    panels = [_buttons(), _labels(), _inputs(), _form(), _lists(), _tabs(), _meters(), _states()]
    for place, panel in enumerate(panels):
        grid.addWidget(panel, place // 4, place % 4)
        grid.setColumnStretch(place % 4, 1)
    page.resize(theme.scaled(1600), theme.scaled(1000))
    return page


def _panel(title: Text, *widgets: QWidget, surface: str = "panel") -> Panel:
    panel = Panel(title, [IconButton("ellipsis", Text("More", "更多"))], surface=surface)
    panel.body.setContentsMargins(12, 12, 12, 12)
    panel.body.setSpacing(8)
    for widget in widgets:
        panel.add(widget)
    panel.body.addStretch(1)
    return panel


def _row(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return holder


def _buttons() -> Panel:
    off = Button(SAVE, "power", "primary")
    off.setEnabled(False)
    chosen = IconButton("panel-right", Text("Inspector", "检查器"), checkable=True)
    chosen.setChecked(True)
    kinds = [
        _row(Button(SAVE, "power", kind), Button(SAVE, None, kind, "sm"))
        for kind in ("default", "primary", "ghost", "danger", "link")
    ]
    choices = [("text", Text("Text", "文本")), ("json", "JSON"), ("schema", Text("JSON schema", "JSON 模式"))]
    return _panel(
        Text("Buttons", "按钮"),
        *kinds,
        _row(off, Button(SAVE, size="lg")),
        _row(IconButton("copy", Text("Copy", "复制")), chosen, Toggle(True, SAVE), Toggle(False, SAVE)),
        Segmented(choices, "json"),
        Segmented(choices, "text", stretch=True),
    )


def _labels() -> Panel:
    rows = ["caption", "dense", "denseStrong", "body", "bodyStrong", "reading", "title", "heading", "mono"]
    labels = [Label(Text(f"{row}: 12,480,316 rows", f"{row}：12,480,316 行"), row) for row in rows]
    badges = _row(*(Badge(tone, tone) for tone in TONES))
    return _panel(
        Text("Labels", "文字"),
        *labels,
        badges,
        _row(
            Badge(Text("Fits the GPU", "显存足够"), "success", "circle-check"),
            Badge(Text("cached", "缓存"), "cached", "zap"),
        ),
        _row(*(Dot(tone) for tone in TONES), KeyCap("Ctrl"), KeyCap("K"), Glyph("box", "port.model", 14, 24)),
        Label("/data/warehouse/aurora/sales/2025/orders/part-0001.parquet", "mono", elide="middle"),
        surface="content",
    )


def _inputs() -> Panel:
    bad = LineField(Text("Name", "名称"), "wrong")
    bad.set_bad(True)
    return _panel(
        Text("Inputs", "输入"),
        SearchField(Text("Find tables, columns, files", "查找表、列、文件")),
        LineField(Text("Name", "名称"), "orders"),
        bad,
        LineField(Text("Key", "密钥"), "secret", secret=True),
        NumberField(16_384, 512, 131_072, 512),
        Slider(0.3, 0, 2, decimals=2),
        Choice([("a", "llama.cpp b6712"), ("b", "vLLM")], "a"),
        TextArea(Text("Ask about your data", "向数据提问")),
    )


def _form() -> Panel:
    return _panel(Text("Form", "表单"), ParamsForm(Example, {"tokens": 1024}))


def _lists() -> Panel:
    rows = [
        Row("h", Text("In this project", "本项目"), heading=True),
        Row("orders", "orders", icon="table-2", trailing="12.5 M"),
        Row("tickets", "support.tickets", icon="table-2", trailing="4.2 M"),
        Row("conn", Text("Connections", "连接"), icon="database", tone="success"),
        Row("crm", "crm", icon="layers", trailing="9", depth=1),
        Row("m", "Qwen3-8B", "Qwen · GGUF · 8.2B", "box", "5.0 GB", colour="port.model", tile=True),
        Row("off", Text("Not available", "不可用"), Text("No model is loaded", "未加载模型"), "x", enabled=False),
    ]
    rows_list = RowList(Text("List", "列表"), rows)
    rows_list.select("orders")
    panel = _panel(Text("Lists", "列表"))
    panel.body.setContentsMargins(0, 4, 0, 4)
    panel.body.insertWidget(0, rows_list, 1)
    return panel


def _tabs() -> Panel:
    bar = TabBar(Text("New query", "新建查询"))
    bar.add(Tab("a", "orders", "table-2"))
    bar.add(Tab("b", "returns_by_region.sql", "file-code", changed=True), select=False)
    tabs = PanelTabs([("r", Text("Result", "结果")), ("c", Text("Chart", "图表")), ("h", Text("History", "历史"))])
    tabs.set_count("r", 7)
    tabs.setFixedHeight(theme.size("layout.panelHeader"))
    fold = Section(Text("Schema", "结构"), collapsible=True, tools=[IconButton("search", Text("Find", "查找"))])
    fold.set_count(18)
    fold.body.addWidget(Label("order_id", "dense"))
    card = Card()
    card.body.addWidget(Label(Text("A card", "卡片"), "bodyStrong"))
    card.body.addWidget(
        Label(
            Text("With words that wrap where the line ends.", "文字到行尾会换行。"), "body", "text.secondary", wrap=True
        )
    )
    warning = Card("warning")
    warning.body.addWidget(Label(Text("Vector store is nearly full", "向量库将满"), "denseStrong", "warning.text"))
    return _panel(Text("Tabs, sections, cards", "标签页、分组、卡片"), bar, tabs, Divider(), fold, card, warning)


def _meters() -> Panel:
    waves = [abs((place * 7919) % 23 - 11) + 4 for place in range(40)]
    line = Sparkline(waves)
    line.setMinimumHeight(48)
    parts = [(0.4, "port.model", "Qwen3-8B"), (0.2, "port.json", "context"), (0.1, "port.vector", "bge-m3")]
    return _panel(
        Text("Figures", "数字"),
        Meter(0.62),
        Meter(None),
        StackedMeter(parts),
        line,
        _row(Spinner(), Label(Text("Indexing", "正在索引"))),
    )


def _states() -> QWidget:
    holder = Panel(Text("States", "状态"), surface="content")
    column = QVBoxLayout()
    column.addWidget(
        Empty(
            "library",
            Text("No documents yet", "还没有文档"),
            Text("Add PDF, Word or Markdown files.", "添加 PDF、Word 或 Markdown 文件。"),
            Button(Text("Add documents", "添加文档"), "plus", "primary"),
        )
    )
    column.addWidget(Loading(lambda: None))
    error = Unavailable(
        Text("Not enough GPU memory. Needs 14.8 GB, 12.8 GB is free.", "显存不足，需要 14.8 GB，可用 12.8 GB。"),
        Text("Unload a model or use a smaller quantization.", "请卸载其他模型，或改用更小的量化版本。"),
    )
    column.addWidget(Failure(error, (Text("Use smaller quant", "改用更小量化"), lambda: None)))
    holder.body.addLayout(column, 1)
    return holder


def main(arguments: list[str]) -> int:
    app = make_app()
    mode, words, scale = (*arguments, *("dark", "en", "100")[len(arguments) :])
    language.set(words)
    theme.apply(app, mode, int(scale))
    page = gallery()
    page.show()
    return app.exec()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:4]))
