"""Beginnings of workflows: a few that come with the studio, and those that a person has kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from studio.engine.text import Text
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.ui.canvas import clipboard, editing
from studio.ui.canvas.document import Document
from studio.ui.canvas.faces import title_of
from studio.ui.canvas.view import Entry
from studio.ui.language import tr
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.inputs import LineField

if TYPE_CHECKING:
    from studio.ui.views.workflows_parts.sheet import Sheet

MEMORY = "templates"
TITLE = Text("Keep as a template", "存为模板")
KEEP = Text("Keep as a template…", "存为模板…")
INSERT = Text("Insert “{name}”", "插入“{name}”")
NAME = Text("Name", "名称")


def _answer() -> Graph:
    return Graph(
        nodes=[
            Node(id="start", type="start", position=(0, 0)),
            Node(id="retriever", type="retriever", position=(280, 120)),
            Node(id="prompt", type="prompt", position=(560, 0), params={"template": tr(ASK)}),
            Node(id="llm", type="llm", position=(840, 0)),
            Node(id="answer", type="answer", position=(1160, 0)),
        ],
        edges=[
            _wire("start.question > retriever.query"), _wire("start.question > prompt.question"),
            _wire("retriever.chunks > prompt.context"), _wire("prompt.text > llm.prompt"),
            _wire("retriever.chunks > llm.passages"), _wire("llm.text > answer.text"),
            _wire("retriever.chunks > answer.sources"),
        ],
    )  # fmt: skip


def _table() -> Graph:
    return Graph(
        nodes=[
            Node(id="dataset", type="dataset", position=(0, 0)),
            Node(id="sql", type="sql", position=(280, 0)),
            Node(id="prompt", type="prompt", position=(600, 0), params={"template": tr(SUM_UP)}),
            Node(id="llm", type="llm", position=(880, 0)),
            Node(id="output", type="output", position=(1200, 0), params={"names": ["summary"]}),
        ],
        edges=[
            _wire("dataset.table > sql.rows"), _wire("sql.table > prompt.table"), _wire("prompt.text > llm.prompt"),
            _wire("llm.text > output.summary"),
        ],
    )  # fmt: skip


def _rows() -> Graph:
    return Graph(
        nodes=[
            Node(id="dataset", type="dataset", position=(0, 0)),
            Node(id="map", type="map", position=(280, 0), size=(640, 264), params={"results": ["result"]}),
            Node(id="prompt", type="prompt", position=(336, 80), parent="map", params={"template": tr(PER_ROW)}),
            Node(id="llm", type="llm", position=(616, 80), parent="map"),
            Node(id="output", type="output", position=(1000, 0), params={"names": ["rows"]}),
        ],
        edges=[
            _wire("dataset.table > map.rows"), _wire("map.row > prompt.row"), _wire("prompt.text > llm.prompt"),
            _wire("llm.text > map.result"), _wire("map.table > output.rows"),
        ],
    )  # fmt: skip


def _wire(words: str) -> Edge:
    left, right = words.split(" > ")
    (source, source_port), (target, target_port) = left.split("."), right.split(".")
    return Edge(source=source, source_port=source_port, target=target, target_port=target_port)


ASK = Text(
    "Answer from these pages only, and cite them.\n\n{{context}}\n\nQuestion: {{question}}",
    "只依据以下内容回答，并注明出处。\n\n{{context}}\n\n问题：{{question}}",
)
SUM_UP = Text("Say in three sentences what stands out.\n\n{{table}}", "用三句话说明最值得注意的内容。\n\n{{table}}")
PER_ROW = Text("Sort this row into a category and say why.\n\n{{row}}", "为这一行归类，并说明理由。\n\n{{row}}")
BUILT_IN: dict[str, tuple[Text, Text, Callable[[], Graph]]] = {
    "answer": (
        Text("Answer from documents", "基于文档回答"),
        Text("Retrieves pages and answers with citations", "检索文档并给出带引用的回答"),
        _answer,
    ),
    "table": (
        Text("Summarise a table", "总结一张表"),
        Text("Queries a dataset and lets a model sum it up", "查询数据集并由模型总结"),
        _table,
    ),
    "rows": (
        Text("A model for every row", "逐行使用模型"),
        Text("Maps over a dataset, several rows at a time", "对数据集逐行处理，可并行多行"),
        _rows,
    ),
}


def graph_of(key: str) -> Graph:
    """A template that comes with the studio, named in the current language."""
    title, doc, make = BUILT_IN[key]
    graph = make()
    graph.name, graph.description = tr(title), tr(doc)
    return graph


def entries(sheet: Sheet, nodes: list[str], place: QPointF) -> list[Entry]:
    """In the menu of steps: keep them; in the menu of the empty sheet: put one at the place where it was opened."""
    if nodes:
        return [(KEEP, "", lambda: keep(sheet, nodes))]
    inserts: list[Entry] = [
        (INSERT.format(name=tr(title)), "", lambda key=key: insert(sheet, _words_of(sheet, key), place))
        for key, (title, _, _) in BUILT_IN.items()
    ]
    own: dict[str, str] = sheet.studio.window.memory.get(MEMORY, {})
    return inserts + [
        (INSERT.format(name=name), "", lambda words=words: insert(sheet, words, place)) for name, words in own.items()
    ]


def keep(sheet: Sheet, nodes: list[str]) -> Ask:
    """Ask for a name; the chosen steps stay in the window's memory under it."""
    first = sheet.document.nodes[nodes[0]]
    words = clipboard.as_json(sheet.document, sheet.canvas.sheet.chosen_ids())
    dialog = Ask(TITLE, Text("Keep", "保存"), parent=sheet.window())
    name = LineField(name=NAME)
    name.setText(title_of(first, sheet.document.type_of(first)))
    dialog.add(NAME, name)

    def kept() -> None:
        memory = sheet.studio.window.memory
        memory.set(MEMORY, {**memory.get(MEMORY, {}), name.text().strip() or first.id: words})

    dialog.accepted.connect(kept)
    dialog.open()
    name.setFocus()
    return dialog


def insert(sheet: Sheet, words: str, place: QPointF) -> None:
    """Its upper left corner at that place of the sheet; one step of undo."""
    editing.insert_words(sheet.canvas, words, place)


def _words_of(sheet: Sheet, key: str) -> str:
    graph = graph_of(key)
    return clipboard.as_json(Document(sheet.document.judge, graph), [node.id for node in graph.nodes])
