"""A query's result as a sentence that a small model can repeat and a reader understands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.engine.sql.query import Filter

ROWS_SAID = 8
MEASURES = {"sum": "total", "avg": "average", "max": "highest", "min": "lowest"}
ZH_MEASURES = {"sum": "总和", "avg": "平均值", "max": "最大值", "min": "最小值"}
LATIN = re.compile(r"[A-Za-z]")
HAN = re.compile(r"[\u4e00-\u9fff]")
OPERATORS = {
    "=": "is", "is": "is one of", "<>": "is not", "is not": "is none of", "contains": "contains", ">": "is more than",
    ">=": "is at least", "<": "is less than", "<=": "is at most",
}  # fmt: skip
ZH_OPERATORS = {
    "=": "是", "is": "是", "<>": "不是", "is not": "不是", "contains": "包含", ">": "大于", ">=": "不小于", "<": "小于",
    "<=": "不大于",
}  # fmt: skip


def is_chinese(question: str) -> bool:
    """Whether a question is asked in Chinese; a Chinese name in an English question does not make it so."""
    return len(HAN.findall(question)) * 2 > len(LATIN.findall(question))


def chinese_fact(dataset: str, filters: Sequence[Filter], rows: Sequence[dict[str, Any]]) -> str:
    """The same as `fact` for a question in Chinese: “在 orders 中，region 是 华南的数量是 47。”"""
    where = [_chinese_condition(each) for each in filters]
    if not rows:
        return f"在 {dataset} 中没有{'、'.join(where)}的记录。"
    *groups, figure = rows[0]
    if len(rows) == 1:
        where = [*(f"{group} 是 {rows[0][group]}" for group in groups), *where]
    start = f"在 {dataset} 中，{'、'.join(where)}{' 的' if where else ''}{_chinese_measure(figure)}"
    if len(rows) == 1:
        return f"{start}是 {_figure(rows[0][figure])}。"
    values = [f"{' '.join(str(row[group]) for group in groups)} {_figure(row[figure])}" for row in rows[:ROWS_SAID]]
    more = f"，另有 {len(rows) - ROWS_SAID} 项" if len(rows) > ROWS_SAID else ""
    return f"{start}按 {'、'.join(groups)}：{'，'.join(each.strip() for each in values)}{more}。"


def fact(dataset: str, filters: Sequence[Filter], rows: Sequence[dict[str, Any]]) -> str:
    """What a query found, such as "The number of orders where region is 华南 and status is returned is 47."

    The last column is taken as the figure and those before it as what it is grouped by. At most eight rows are said.
    """
    where = [_condition(each) for each in filters]
    if not rows:
        return f"There are no {dataset}{_where(where)}."
    *groups, figure = rows[0]
    if len(rows) == 1:
        where = [*(f"{group} is {rows[0][group]}" for group in groups), *where]  # what was asked for comes first
        return f"The {_measure(figure, dataset)}{_where(where)} is {_figure(rows[0][figure])}."
    values = [f"{' '.join(str(row[group]) for group in groups)} {_figure(row[figure])}" for row in rows[:ROWS_SAID]]
    more = f" and {len(rows) - ROWS_SAID} more" if len(rows) > ROWS_SAID else ""
    by = f" by {' and '.join(groups)}" if groups else ""
    return f"The {_measure(figure, dataset)}{_where(where)}{by}: {', '.join(each.strip() for each in values)}{more}."


def _measure(name: str, dataset: str) -> str:
    kind, _, column = name.partition("_")
    if name.startswith("count"):
        return f"number of {dataset}"
    if name == "percent":
        return f"percentage of {dataset}"
    return f"{MEASURES[kind]} {column} of {dataset}" if kind in MEASURES and column else f"{name} of {dataset}"


def _condition(each: Filter) -> str:
    if each.operator == "within":
        first, last = each.value
        return f"{each.column} is from {first} to before {last}"
    value = ", ".join(map(str, each.value)) if isinstance(each.value, list) else each.value
    return f"{each.column} {OPERATORS.get(each.operator, each.operator)} {value}"


def _chinese_measure(name: str) -> str:
    kind, _, column = name.partition("_")
    if name.startswith("count"):
        return "数量"
    if name == "percent":
        return "百分比"
    return f" {column} {ZH_MEASURES[kind]}" if kind in ZH_MEASURES and column else f" {name} "


def _chinese_condition(each: Filter) -> str:
    if each.operator == "within":
        first, last = each.value
        return f"{each.column} 在 {first} 至 {last} 之前"
    value = "或".join(map(str, each.value)) if isinstance(each.value, list) else each.value
    return f"{each.column} {ZH_OPERATORS.get(each.operator, each.operator)} {value}"


def _where(conditions: list[str]) -> str:
    if len(conditions) < 2:
        return f" where {conditions[0]}" if conditions else ""
    return f" where {', '.join(conditions[:-1])} and {conditions[-1]}"


def _figure(value: Any) -> str:
    """A figure as it stands in the table, whole numbers without a fraction."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
