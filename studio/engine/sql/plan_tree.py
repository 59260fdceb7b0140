"""A query's plan as a tree that can be read: what each step does, how many rows it passes on, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from studio.engine.text import Text

STEPS: dict[str, Text] = {
    "ARROW_SCAN": Text("Read a dataset", "读取数据集"),
    "TABLE_SCAN": Text("Read a table", "读取表"),
    "FILTER": Text("Keep rows", "筛选行"),
    "PROJECTION": Text("Compute columns", "计算列"),
    "HASH_GROUP_BY": Text("Group", "分组"),
    "PERFECT_HASH_GROUP_BY": Text("Group", "分组"),
    "UNGROUPED_AGGREGATE": Text("Sum up all rows", "汇总全部行"),
    "HASH_JOIN": Text("Join by key", "按键连接"),
    "NESTED_LOOP_JOIN": Text("Join row by row", "逐行连接"),
    "PIECEWISE_MERGE_JOIN": Text("Join by range", "按范围连接"),
    "IE_JOIN": Text("Join by range", "按范围连接"),
    "CROSS_PRODUCT": Text("Join everything with everything", "笛卡尔积"),
    "ORDER_BY": Text("Sort", "排序"),
    "TOP_N": Text("Sort and keep the first", "排序并取前几行"),
    "LIMIT": Text("Keep the first rows", "取前几行"),
    "STREAMING_LIMIT": Text("Keep the first rows", "取前几行"),
    "WINDOW": Text("Window functions", "窗口函数"),
    "STREAMING_WINDOW": Text("Window functions", "窗口函数"),
    "UNION": Text("Put one after the other", "合并"),
    "UNNEST": Text("Take lists apart", "展开列表"),
    "CTE": Text("Common table", "公用表"),
    "CTE_SCAN": Text("Read the common table", "读取公用表"),
    "DUMMY_SCAN": Text("One row", "单行"),
    "COLUMN_DATA_SCAN": Text("Read values", "读取常量"),
    "EMPTY_RESULT": Text("No rows", "无数据"),
    "RANGE": Text("Count up", "生成序列"),
    "TABLE_FUNCTION": Text("Table function", "表函数"),
}
SHOWN = ("Filters", "Conditions", "Groups", "Aggregates", "Expression", "Order By", "Top", "Limit", "Projections")
HIDDEN = frozenset({"EXPLAIN_ANALYZE", "RESULT_COLLECTOR"})
LONGEST = 300


@dataclass(frozen=True)
class PlanStep:
    """One step. `rows` is what it passes on (`estimated` until the query was run); `share` is its part of the work, 0 to 1."""

    operator: str
    title: Text
    detail: str
    rows: int | None
    estimated: bool
    seconds: float | None
    share: float
    children: list[PlanStep] = field(default_factory=list)

    def steps(self) -> list[tuple[int, PlanStep]]:
        """This step and all below it, with their depth."""
        found = [(0, self)]
        for child in self.children:
            found += [(depth + 1, step) for depth, step in child.steps()]
        return found


@dataclass(frozen=True)
class Plan:
    """The plan of a query; `seconds` is how long it ran, None when it was not run."""

    sql: str
    root: PlanStep
    seconds: float | None

    @property
    def measured(self) -> bool:
        return self.seconds is not None

    def as_text(self) -> str:
        """For copying: a line per step, deeper ones indented."""
        return "\n".join("  " * depth + _line(step) for depth, step in self.root.steps())


def read(sql: str, found: Any, *, measured: bool) -> Plan:
    """DuckDB's JSON as a plan."""
    top = found[0] if isinstance(found, list) else found
    seconds = float(top.get("latency", 0)) if measured else None
    nodes = _below(top) if measured else [top]
    whole = sum(_seconds(node) for node in _all(nodes)) or 1.0
    steps = [_step(node, whole, measured) for node in nodes]
    root = steps[0] if len(steps) == 1 else PlanStep("", Text("Query", "查询"), "", None, False, None, 0.0, steps)
    return Plan(sql, root, seconds)


def _below(node: Any) -> list[Any]:
    """The steps below, with those left out that only collect the answer."""
    found: list[Any] = []
    for child in node.get("children", ()):
        found += _below(child) if _operator(child) in HIDDEN else [child]
    return found


def _all(nodes: list[Any]) -> list[Any]:
    return [each for node in nodes for each in (node, *_all(node.get("children", [])))]


def _step(node: Any, whole: float, measured: bool) -> PlanStep:
    operator, more = _operator(node), node.get("extra_info") or {}
    seconds = _seconds(node) if measured else None
    rows = int(node.get("operator_cardinality", 0)) if measured else _number(more.get("Estimated Cardinality"))
    return PlanStep(
        operator,
        STEPS.get(operator, Text.same(operator.replace("_", " ").capitalize())),
        _detail(more),
        rows,
        not measured,
        seconds,
        (seconds or 0.0) / whole,
        [_step(child, whole, measured) for child in _below(node)],
    )


def _operator(node: Any) -> str:
    return str(node.get("operator_name") or node.get("operator_type") or node.get("name") or "").strip()


def _seconds(node: Any) -> float:
    return float(node.get("operator_timing", 0.0))


def _number(text: object) -> int | None:
    digits = str(text or "").strip()
    return int(digits) if digits.isdigit() else None


def _detail(more: dict[str, Any]) -> str:
    parts = []
    for name in SHOWN:
        value = more.get(name)
        if value:
            words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            parts.append(" ".join(words.split()))
    text = " · ".join(parts).replace('"temp".main.', "")  # where the connection keeps its tables
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _line(step: PlanStep) -> str:
    parts = [step.operator or "QUERY", step.detail]
    if step.rows is not None:
        parts.append(f"{'~' if step.estimated else ''}{step.rows:,} rows")
    if step.seconds is not None:
        parts.append(f"{step.seconds * 1000:,.1f} ms")
    return "  ".join(part for part in parts if part)
