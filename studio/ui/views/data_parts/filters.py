"""Filters of a table: a column, an operator and a value, as words on a chip and as a condition for the engine."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.engine.datasets.reading import literal, quoted
from studio.engine.text import Text
from studio.ui.widgets.cells import NUMBERS, kind_of

OPERATORS: dict[str, Text] = {
    "is": Text("is", "是"),
    "is_not": Text("is not", "不是"),
    "contains": Text("contains", "包含"),
    "starts": Text("starts with", "开头是"),
    "ge": Text("from", "从"),
    "le": Text("until", "到"),
    "gt": Text("greater than", "大于"),
    "lt": Text("less than", "小于"),
    "null": Text("has no value", "为空"),
    "not_null": Text("has a value", "不为空"),
}
SIGNS = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<"}
WITHOUT_VALUE = ("null", "not_null")


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition. A `raw` one came from an answer: it is SQL already, and is run on the locked connection as all are."""

    column: str = ""
    operator: str = "is"
    value: str = ""
    type: str = "string"
    raw: str = ""

    @property
    def condition(self) -> str:
        """The condition in SQL, names and values quoted."""
        if self.raw:
            return f"({self.raw})"
        name = quoted(self.column)
        if self.operator in WITHOUT_VALUE:
            return f"{name} IS {'NOT ' if self.operator == 'not_null' else ''}NULL"
        if self.operator in ("contains", "starts"):
            found = f"contains(lower({name}::VARCHAR), lower({literal(self.value)}))"
            begins = f"starts_with(lower({name}::VARCHAR), lower({literal(self.value)}))"
            return found if self.operator == "contains" else begins
        if self.operator in SIGNS:
            return f"{name} {SIGNS[self.operator]} {self._literal(self.value)}"
        values = ", ".join(self._literal(value) for value in self.values)
        return f"{name} {'NOT ' if self.operator == 'is_not' else ''}IN ({values})"

    @property
    def values(self) -> list[str]:
        """Several values are written with commas between."""
        return [value.strip() for value in re.split(r"[,，]", self.value) if value.strip()] or [""]

    def words(self) -> tuple[Text | str, Text | str]:
        """The column, and what is asked of it."""
        if self.raw:
            return Text("From an answer", "来自回答"), readable(self.raw)
        said = OPERATORS[self.operator]
        if self.operator in WITHOUT_VALUE:
            return self.column, said
        value = ", ".join(self.values) if self.operator in ("is", "is_not") else self.value
        return self.column, Text(f"{said.en} {value}", f"{said.zh} {value}")

    def problem(self) -> Text | None:
        """Why it cannot be used as it is; None when it can."""
        if self.operator in WITHOUT_VALUE or self.raw:
            return None
        if not self.value.strip():
            return Text("Enter a value.", "请输入值。")
        if kind_of(self.type) in NUMBERS and self.operator not in ("contains", "starts"):
            wrong = next((value for value in self._given if not _is_number(value)), None)
            if wrong is not None:
                return Text(f"“{wrong}” is not a number.", f"“{wrong}”不是数字。")
        return None

    @property
    def _given(self) -> list[str]:
        return [self.value.strip()] if self.operator in SIGNS else self.values

    def _literal(self, value: str) -> str:
        return value if kind_of(self.type) in NUMBERS and _is_number(value) else literal(value)


def operators_for(type_name: str) -> list[str]:
    """The operators that make sense for a type, the usual one first."""
    kind = kind_of(type_name)
    if kind in NUMBERS:
        return ["is", "is_not", "ge", "le", "gt", "lt", *WITHOUT_VALUE]
    if kind == "time":
        return ["ge", "le", "is", *WITHOUT_VALUE]
    if kind in ("text", "category"):
        return ["is", "is_not", "contains", "starts", *WITHOUT_VALUE]
    return ["contains", *WITHOUT_VALUE]


def where(filters: list[Filter]) -> str:
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


def _is_number(value: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", value.strip()))
