"""What of a dataset is looked at: filters, and the order of its rows. Plain data; its SQL is made here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from studio.engine.datasets.reading import literal, quoted

Operator = Literal[
    "is", "is_not", "contains", "not_contains", "starts", "ends", "between", "ge", "le", "gt", "lt",
    "true", "false", "empty", "null", "not_null",
]  # fmt: skip
SIGNS = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<"}
WITHOUT_VALUE = ("null", "not_null", "empty", "true", "false")
NUMBERS = re.compile(r"^(u?int|float|double|half|decimal|hugeint|uhugeint|(big|small|tiny)int|real|numeric)")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
TEXTS = {"contains": "contains", "not_contains": "NOT contains", "starts": "starts_with", "ends": "ends_with"}


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one column. A `raw` one is SQL that a person or a model wrote: it runs on the locked connection only.

    `is` and `is_not` take several values with commas between; `between` takes two, both included.
    """

    column: str = ""
    operator: str = "is"
    value: str = ""
    type: str = "string"
    raw: str = ""

    @property
    def condition(self) -> str:
        """The condition in SQL, names and values quoted."""
        if self.raw:
            return f"({self.raw}\n)"
        name = quoted(self.column)
        if self.operator in WITHOUT_VALUE:
            return _without_value(name, self.operator)
        if self.operator in TEXTS:
            return f"{TEXTS[self.operator]}(lower({name}::VARCHAR), lower({literal(self.value)}))"
        if self.operator in SIGNS:
            return f"{name} {SIGNS[self.operator]} {self._literal(self.value)}"
        if self.operator == "between":
            low, high = self.bounds
            return f"{name} BETWEEN {self._literal(low)} AND {self._literal(high)}"
        return self._among(name)

    @property
    def values(self) -> list[str]:
        """Several values are written with commas between; one that has a comma itself stands in double quotes."""
        found = [a or b for a, b in re.findall(r'"([^"]*)"|([^,，]+)', self.value)]
        return [value.strip() for value in found if value.strip()] or [""]

    @property
    def bounds(self) -> tuple[str, str]:
        """The two ends of `between`; the second is empty when only one was given."""
        low, _, high = self.value.replace("，", ",").partition(",")
        return low.strip(), high.strip()

    @property
    def given(self) -> list[str]:
        """The single values as they were written."""
        if self.operator == "between":
            return list(self.bounds)
        return self.values if self.operator in ("is", "is_not") else [self.value.strip()]

    def _among(self, name: str) -> str:
        values = [self._literal(value) for value in self.values]
        if len(values) == 1:
            return f"{name} {'<>' if self.operator == 'is_not' else '='} {values[0]}"
        return f"{name} {'NOT ' if self.operator == 'is_not' else ''}IN ({', '.join(values)})"

    def _literal(self, value: str) -> str:
        return value.strip() if is_number(self.type) and NUMBER.fullmatch(value.strip()) else literal(value)


@dataclass(frozen=True, slots=True)
class View:
    """The rows that all `filters` and `where` hold for, sorted by `order`: (column, descending), the first one first.

    Nothing at all is the dataset in the order of its files.
    """

    filters: tuple[Filter, ...] = ()
    where: str = ""
    order: tuple[tuple[str, bool], ...] = ()

    @property
    def plain(self) -> bool:
        return not (self.filters or self.where.strip() or self.order)

    @property
    def raw(self) -> str:
        """What has to run on the locked connection."""
        parts = [each.condition for each in self.filters if each.raw]
        return " AND ".join([*parts, *([f"({self.where}\n)"] if self.where.strip() else [])])

    @property
    def own(self) -> str:
        """The conditions that are made here from names and literals."""
        return " AND ".join(each.condition for each in self.filters if not each.raw)

    @property
    def unsorted(self) -> View:
        return View(self.filters, self.where)

    @property
    def columns(self) -> list[str]:
        """The columns that it names, as far as that is plain data."""
        return [*(each.column for each in self.filters if not each.raw), *(name for name, _ in self.order)]

    def order_by(self, last: str) -> str:
        """The words after ORDER BY. Nulls come last, and rows that are equal stay as they lie."""
        keys = [f"{quoted(name)} {'DESC' if down else 'ASC'} NULLS LAST" for name, down in self.order]
        return ", ".join([*keys, last])

    def sql(self, table: str, columns: Sequence[str] | None = None) -> str:
        """The query that shows the same rows, as a person would write it."""
        names = "*" if columns is None else ", ".join(quoted(name) for name in columns)
        conditions = [each.condition for each in self.filters] + ([f"({self.where})"] if self.where.strip() else [])
        lines = [f"SELECT {names}", f"FROM {quoted(table)}"]
        if conditions:
            lines.append("WHERE " + "\n  AND ".join(conditions))
        if self.order:
            keys = (f"{quoted(name)}{' DESC' if down else ''} NULLS LAST" for name, down in self.order)
            lines.append("ORDER BY " + ", ".join(keys))
        return "\n".join(lines)


def is_number(type_name: str) -> bool:
    return bool(NUMBERS.match(type_name.lower()))


def _without_value(name: str, operator: str) -> str:
    if operator in ("null", "not_null"):
        return f"{name} IS {'NOT ' if operator == 'not_null' else ''}NULL"
    return f"{name} = ''" if operator == "empty" else f"{name} = {operator}"
