"""The longest text that the rows of a dataset can put into a prompt: an estimate before anything ran.

The column is followed upwards to the frame that hands out its rows, and from there to a table: what the last run had there,
else the dataset that it comes from. Steps on the way that rewrite a text are taken to leave its length as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from studio.engine.datasets.reading import quoted
from studio.engine.errors import StudioError
from studio.engine.params import fields_of
from studio.engine.workflows import library
from studio.engine.workflows.graph import Edge, Graph, Node
from studio.engine.workflows.node import NodeType
from studio.engine.workflows.rooms import Rooms
from studio.engine.workflows.templates import fill, variables
from studio.engine.workflows.values import is_table

DEEPEST = 12
SCANNED = 200_000  # rows; of a longer dataset only these are looked through
REWRITES = ("transform", "control")
Slot = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Longest:
    """The text, how many rows were looked through, and of what: a dataset's name, or "" for the table of the last run.
    `whole` is whether those are all of its rows; `as_is` whether nothing on the way may have changed its length."""

    words: str
    rows: int
    of: str = ""
    whole: bool = True
    as_is: bool = True


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table to look through: an Arrow table, or a dataset with its condition."""

    table: Any = None
    dataset: str = ""
    where: str = ""
    plain: bool = True


class LongestRows:
    """Looks for one graph. `output(slot)` gives what a step gave in the last run, or raises."""

    def __init__(self, graph: Graph, rooms: Rooms, output: Any) -> None:
        self._graph = graph
        self._nodes = {node.id: node for node in graph.nodes}
        self._tables = _Tables(graph, rooms, output)
        self._values: dict[tuple[Any, ...], Longest | None] = {}

    async def of_inputs(self, node_id: str) -> dict[str, Longest]:
        """By the name of each input or column that a step's texts speak of and that comes from rows."""
        node = self._nodes[node_id]
        found = dict(await self._of_wires(node, DEEPEST))
        for name in columns_of(self._graph, node, library.nodes.all().get(node.type)):
            value = await self._tables.column(_source(self._graph.edges_into(node_id)[0]), name)
            if value is not None:
                found[name] = value
        return found

    async def _of_wires(self, node: Node, depth: int) -> list[tuple[str, Longest]]:
        """The inputs whose values differ from row to row, by name."""
        found = [(e.target_port, await self._value(_source(e), node, depth)) for e in self._graph.edges_into(node.id)]
        return [(name, value) for name, value in found if value is not None]

    async def _value(self, slot: Slot, asking: Node, depth: int) -> Longest | None:
        """The longest value of an output that differs from row to row; of steps that many paths lead to it is found once."""
        key = (slot, asking.parent, depth)
        if key not in self._values:
            self._values[key] = await self._find_value(slot, asking, depth)
        return self._values[key]

    async def _find_value(self, slot: Slot, asking: Node, depth: int) -> Longest | None:
        node = self._nodes.get(slot[0])
        kind = library.nodes.all().get(node.type) if node else None
        if node is None or kind is None or not depth:
            return None
        if kind.frame and asking.parent == node.id:
            return await self._of_frame(node, slot[1])
        if kind.name == "prompt":
            return await self._prompt(node, depth)
        port = next((port for port in kind.ports_of(node).outputs if port.name == slot[1]), None)
        if kind.category not in REWRITES or port is None or port.type not in ("text", "json", "any"):
            return None
        before = [value for _, value in await self._of_wires(node, depth - 1)]
        longest = max(before, key=lambda one: len(one.words), default=None)
        return longest and replace(longest, as_is=False)

    async def _prompt(self, node: Node, depth: int) -> Longest | None:
        """The template with the longest value in each place; each stands for a row of its own."""
        values = dict(await self._of_wires(node, depth - 1))
        template = str(node.params.get("template", ""))
        if not values or set(variables(template)) - set(values):
            return None
        try:
            words = await fill(template, {name: one.words for name, one in values.items()})
        except StudioError:
            return None
        last = max(values.values(), key=lambda one: one.rows)
        whole = all(one.whole for one in values.values())
        as_is = len(values) == 1 and all(one.as_is for one in values.values())
        return Longest(words, last.rows, last.of, whole, as_is)

    async def _of_frame(self, frame: Node, column: str) -> Longest | None:
        edge = next((e for e in self._graph.edges_into(frame.id) if self._outside(e, frame)), None)
        return await self._tables.column(_source(edge), column) if edge is not None else None

    def _outside(self, edge: Edge, frame: Node) -> bool:
        return edge.source in self._nodes and self._nodes[edge.source].parent != frame.id


class _Tables:
    """The tables of one graph: what the last run had there, else the datasets that they are made of. Each column is looked
    through once."""

    def __init__(self, graph: Graph, rooms: Rooms, output: Any) -> None:
        self._graph, self._rooms, self._output = graph, rooms, output
        self._nodes = {node.id: node for node in graph.nodes}
        self._known: dict[tuple[Any, ...], Longest | None] = {}

    async def column(self, slot: Slot, column: str) -> Longest | None:
        """The longest value of a column of the table that comes out there."""
        rows = await self._rows(slot, DEEPEST)
        if rows is None:
            return None
        key = (rows.dataset, rows.where, id(rows.table), column)
        if key not in self._known:
            self._known[key] = await self._look(rows, column)
        return self._known[key]

    async def _rows(self, slot: Slot, depth: int) -> _Rows | None:
        try:
            given = await self._output(slot)
        except StudioError:
            given = None
        if given is not None and is_table(given):
            return _Rows(table=given)
        node = self._nodes.get(slot[0])
        if node is None or not depth:
            return None
        if node.type == "dataset":
            return _Rows(dataset=str(node.params.get("dataset", "")), where=str(node.params.get("where", "")).strip())
        into = self._graph.edges_into(node.id)
        found = await self._rows(_source(into[0]), depth - 1) if len(into) == 1 else None
        return found and replace(found, plain=False)

    async def _look(self, rows: _Rows, column: str) -> Longest | None:
        """One query. A column that is called "row" and is none stands for the whole row."""
        try:
            name, found = await (
                self._query_table(rows.table, column) if rows.table is not None else self._query(rows, column)
            )
        except StudioError:
            return None
        (line,) = found.table.to_pylist()
        if line["words"] is None:
            return None
        return Longest(str(line["words"]), line["rows"], name, line["rows"] < SCANNED, rows.plain)

    async def _query_table(self, table: Any, column: str) -> tuple[str, Any]:
        return "", await self._rooms.sql.query_tables(_query("rows", "", column, table.column_names), {"rows": table})

    async def _query(self, rows: _Rows, column: str) -> tuple[str, Any]:
        dataset = await self._rooms.datasets.get(rows.dataset)
        text = _query(dataset.name, rows.where, column, [one.name for one in dataset.columns])
        return dataset.name, await self._rooms.sql.query(text, remember=False)


def _source(edge: Edge) -> Slot:
    return edge.source, edge.source_port


def columns_of(graph: Graph, node: Node, kind: NodeType | None) -> list[str]:
    """The columns that a step's prompt speaks of, where its one input is a table and not what the prompt is filled with."""
    if kind is None or len(graph.edges_into(node.id)) != 1:
        return []
    ports = kind.ports_of(node).inputs
    if not any(port.type == "table" for port in ports):
        return []
    prompts = [field for field in fields_of(kind.params) if field.language == "prompt" and field.name not in node.bound]
    texts = [str(node.params.get(field.name, field.default) or "") for field in prompts]
    named = dict.fromkeys(name for text in texts for name in variables(text))
    return [name for name in named if name not in {port.name for port in ports}]


def _query(table: str, where: str, column: str, columns: list[str]) -> str:
    whole = column == "row" and column not in columns
    words = f"to_json({quoted('each')})" if whole else quoted(column)
    condition = f" WHERE {where}" if where else ""
    source = f"(SELECT * FROM {quoted(table)}{condition} LIMIT {SCANNED}) AS {quoted('each')}"
    return f"SELECT max_by(CAST({words} AS VARCHAR), length(CAST({words} AS VARCHAR))) AS words, count(*) AS rows FROM {source}"
