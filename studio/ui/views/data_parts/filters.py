"""Filters of a table: a column, an operator and a value, as words on a chip and as a condition for the engine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from studio.engine.datasets import view
from studio.engine.datasets.view import WITHOUT_VALUE
from studio.engine.text import Text
from studio.ui.widgets.cells import NUMBERS, kind_of

OPERATORS: dict[str, Text] = {
    "is": Text("is", "是"),
    "is_not": Text("is not", "不是"),
    "contains": Text("contains", "包含"),
    "not_contains": Text("does not contain", "不包含"),
    "starts": Text("starts with", "开头是"),
    "ends": Text("ends with", "结尾是"),
    "between": Text("between", "介于"),
    "ge": Text("from", "从"),
    "le": Text("until", "到"),
    "gt": Text("greater than", "大于"),
    "lt": Text("less than", "小于"),
    "true": Text("is true", "为真"),
    "false": Text("is false", "为假"),
    "empty": Text("is empty text", "为空文本"),
    "null": Text("has no value", "为空"),
    "not_null": Text("has a value", "不为空"),
}
BY_KIND: dict[str, tuple[str, ...]] = {
    "integer": ("is", "is_not", "between", "ge", "le", "gt", "lt"),
    "time": ("ge", "le", "between", "is"),
    "text": ("is", "is_not", "contains", "not_contains", "starts", "ends", "empty"),
    "category": ("is", "is_not", "contains", "not_contains", "starts", "ends"),
    "boolean": ("true", "false"),
}


@dataclass(frozen=True, slots=True)
class Filter(view.Filter):
    """A condition as a person sees it."""

    def words(self) -> tuple[Text | str, Text | str]:
        """The column, and what is asked of it."""
        if self.raw:
            return Text("From an answer", "来自回答"), readable(self.raw)
        said = OPERATORS[self.operator]
        if self.operator in WITHOUT_VALUE:
            return self.column, said
        if self.operator == "between":
            low, high = self.bounds
            return self.column, Text(f"{low} to {high}", f"{low} 至 {high}")
        value = ", ".join(self.values) if self.operator in ("is", "is_not") else self.value
        return self.column, Text(f"{said.en} {value}", f"{said.zh} {value}")

    def problem(self) -> Text | None:
        """Why it cannot be used as it is; None when it can."""
        if self.operator in WITHOUT_VALUE or self.raw:
            return None
        if not self.value.strip():
            return Text("Enter a value.", "请输入值。")
        if self.operator == "between" and not all(self.bounds):
            return Text("Enter two values with a comma between.", "请输入两个值，用逗号分隔。")
        if kind_of(self.type) in NUMBERS and self.operator not in ("contains", "starts"):
            wrong = next((value for value in self.given if not view.NUMBER.fullmatch(value.strip())), None)
            if wrong is not None:
                return Text(f"“{wrong}” is not a number.", f"“{wrong}”不是数字。")
        return None


def operators_for(type_name: str) -> list[str]:
    """The operators that make sense for a type, the usual one first."""
    kind = kind_of(type_name)
    return [*BY_KIND.get("integer" if kind in NUMBERS else kind, ("contains",)), "null", "not_null"]


def where(filters: Sequence[Filter]) -> str:
    """One condition for all."""
    return " AND ".join(each.condition for each in filters)


def readable(condition: str) -> str:
    """A condition in SQL, with less punctuation."""
    return condition.replace('"', "").replace("'", "").replace(" AND ", ", ")


def where_of(sql: str) -> str:
    """The condition of a plain query over one table, so that its rows can be shown in the table; empty for others."""
    found = re.fullmatch(
        r"SELECT\s.+?\sFROM\s+(?:\"[^\"]+\"|\w+)\s+WHERE\s+(?P<where>.+?)(?:\s+(?:GROUP BY|ORDER BY|LIMIT)\s.*)?;?\s*",
        sql.strip(), re.DOTALL | re.IGNORECASE,
    )  # fmt: skip
    return found["where"].strip() if found and not re.search(r"\bselect\b", found["where"], re.IGNORECASE) else ""


def is_whole(sql: str) -> bool:
    """Whether a query means nothing but the rows of one table."""
    found = re.fullmatch(r"SELECT\s+\*\s+FROM\s+(\"[^\"]+\"|\w+)(\s+LIMIT\s+\d+)?;?\s*", sql.strip(), re.IGNORECASE)
    return found is not None
