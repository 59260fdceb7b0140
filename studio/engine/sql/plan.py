"""From a question in words to a query over one table, by matching words: no model, no guessing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from studio.engine.datasets.dataset import Column, Dataset
from studio.engine.datasets.reading import literal, quoted
from studio.engine.sql import words
from studio.engine.sql.linking import Link, first_said, links, plain, says, unambiguous
from studio.engine.sql.query import Filter
from studio.engine.sql.times import spans

CLAUSES = re.compile(r"[,，;；?？。!！\n]|\band\b|以及|并且|另外|还有")
ROWS = 5  # rows that show what an answer rests on
NUMBERS = ("int", "uint", "float", "double", "decimal")

COMPARE = re.compile(
    r"(?P<word>more than|over|above|at least|less than|under|below|at most|大于|超过|高于|不少于|至少|小于|低于|少于|不超过|至多)"
    r"\s*[¥$€]?\s*(?P<number>\d+(?:\.\d+)?)"
)
OPERATORS = {
    ">": ("more than", "over", "above", "大于", "超过", "高于"), ">=": ("at least", "不少于", "至少"),
    "<": ("less than", "under", "below", "小于", "低于", "少于"), "<=": ("at most", "不超过", "至多"),
}  # fmt: skip


@dataclass
class Plan:
    """A question read against one table. `score` compares readings against several tables."""

    dataset: Dataset
    measure: str = ""
    filters: list[Filter] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    group: str = ""
    order: Literal["", "DESC", "ASC"] = ""
    score: int = 0

    @property
    def where(self) -> str:
        return " AND ".join(self.conditions)

    @property
    def sql(self) -> str:
        parts = [f"SELECT {f'{self.group}, ' if self.group else ''}{self.measure}", f"FROM {quoted(self.dataset.name)}"]
        if self.conditions:
            parts.append(f"WHERE {self.where}")
        if self.group:
            parts.append("GROUP BY ALL")
            rank = f"2 {self.order or 'DESC'}" + (" LIMIT 1" if self.order else "")
            parts.append("ORDER BY 1" if self.group.endswith(" AS month") and not self.order else f"ORDER BY {rank}")
        return "\n".join(parts)

    @property
    def rows_sql(self) -> str:
        where = f"\nWHERE {self.where}" if self.conditions else ""
        return f"SELECT *\nFROM {quoted(self.dataset.name)}{where}\nLIMIT {ROWS}"


def plan(
    question: str, dataset: Dataset, values: Mapping[str, Sequence[str]], newest: date | None = None
) -> Plan | None:
    """Read a question against a table; `values` are the distinct values of its short text columns, `newest` its last day.

    None when nothing in the question asks for a figure, or nothing in it belongs to this table.
    """
    text = about_data(plain(question))
    found = Plan(dataset)
    linked = _links(text, values)
    if not mentioned(text, dataset):
        linked += _carried_over(plain(question), linked, values)
    _add_links(found, linked)
    _add_times(found, text, newest)
    _add_numbers(found, text)
    _add_group(found, text, linked)
    named = mentioned(text, dataset)
    figure = _add_measure(found, text) or _add_lookup(found, text)
    found.score += 4 * named
    return found if figure and found.score else None


def _links(text: str, values: Mapping[str, Sequence[str]]) -> list[Link]:
    return unambiguous([link for column, each in values.items() for link in links(text, column, each)])


def _carried_over(question: str, linked: Sequence[Link], values: Mapping[str, Sequence[str]]) -> list[Link]:
    """What another part of the question is about, where the part on figures leaves it out (“K7 保修多久，退货多少台？”)."""
    columns, said = {link.column for link in linked}, {word for link in linked for word in link.words}
    others = {column: each for column, each in values.items() if column not in columns}
    return [link for link in _links(question, others) if not said & set(link.words)] if linked else []


def about_data(question: str) -> str:
    """The parts of a plain question that ask for figures, and those that ask for nothing of their own."""
    clauses = [clause.strip() for clause in CLAUSES.split(question) if clause.strip()]
    kept = [clause for clause in clauses if _asks_figure(clause) or not first_said(clause, words.OTHER_QUESTION)]
    return " , ".join(kept) or question


def _asks_figure(clause: str) -> bool:
    return any(first_said(clause, each) for each in (*words.AGGREGATES.values(), words.RATE, ("which", "哪个", "哪些")))


def _add_links(found: Plan, linked: Sequence[Link]) -> None:
    by_column: dict[tuple[str, bool], list[Link]] = {}
    for link in linked:
        by_column.setdefault((link.column, link.excluded), []).append(link)
        found.score += 3 + link.strength
    for (column, excluded), each in by_column.items():
        values = sorted({value for link in each for value in link.values})
        found.conditions.append(_equals(column, values, excluded))
        operator = ("is not" if excluded else "is") if len(values) > 1 else ("<>" if excluded else "=")
        found.filters += [
            Filter(
                word=link.word,
                column=column,
                operator=operator,
                value=list(link.values) if len(link.values) > 1 else link.values[0],
            )
            for link in each
        ]


def _equals(column: str, values: Sequence[str], excluded: bool) -> str:
    if len(values) == 1:
        return f"{quoted(column)} {'<>' if excluded else '='} {literal(values[0])}"
    return f"{quoted(column)} {'NOT ' if excluded else ''}IN ({', '.join(map(literal, values))})"


def time_column(dataset: Dataset) -> Column | None:
    """The one that “in 2025” is about."""
    return next((each for each in dataset.columns if each.type.startswith(("timestamp", "date"))), None)


def _add_times(found: Plan, text: str, newest: date | None) -> None:
    column = time_column(found.dataset)
    if column is None:
        return
    for word, first, last in spans(COMPARE.sub(" ", text), newest):
        found.conditions.append(
            f"{quoted(column.name)} >= {literal(first)} AND {quoted(column.name)} < {literal(last)}"
        )
        found.filters.append(Filter(word=word, column=column.name, operator="within", value=[first, last]))
        found.score += 3


def _add_numbers(found: Plan, text: str) -> None:
    column = _number_column(found.dataset, text)
    if column is None:
        return
    for match in COMPARE.finditer(text):
        operator = next(sign for sign, said in OPERATORS.items() if match["word"] in said)
        found.conditions.append(f"{quoted(column.name)} {operator} {match['number']}")
        found.filters.append(Filter(word=match[0], column=column.name, operator=operator, value=float(match["number"])))
        found.score += 2


def _add_group(found: Plan, text: str, linked: Sequence[Link]) -> None:
    if not first_said(text, words.GROUP):
        return
    filtered = {link.column for link in linked}
    for column in found.dataset.columns:
        said = first_said(text, column_words(column))
        if said and column.name not in filtered and _grouped_by(text, said) and not _is_number(column):
            found.group = quoted(column.name)
    time = time_column(found.dataset)
    if time and not found.group and re.search(r"\b(by|per|each|every) month\b|monthly|每月|按月|各月|每个月", text):
        found.group = f"date_trunc('month', {quoted(time.name)}) AS month"
    if found.group and re.search(r"\bwhich\b|哪个|哪种|哪款", text):
        found.order = "DESC" if first_said(text, words.MOST) or not first_said(text, words.LEAST) else "ASC"
    found.score += 3 * bool(found.group)


def _grouped_by(text: str, said: str) -> bool:
    group = "|".join(re.escape(word) if not word[0].isascii() else rf"\b{word}\b" for word in words.GROUP)
    return bool(re.search(rf"({group})\s*(the |a )?{re.escape(said)}", text))


def _add_measure(found: Plan, text: str) -> bool:
    """Choose what is computed; False when the question asks for no figure."""
    if first_said(text, words.RATE) and _rate(found):
        return True
    different = first_said(text, words.DISTINCT)
    if different and first_said(text, words.AGGREGATES["count"]):
        column = next((each for each in found.dataset.columns if first_said(text, column_words(each))), None)
        if column is not None:
            found.measure = f"count(DISTINCT {quoted(column.name)}) AS count"
            found.score += 3
            return True
    column = _number_column(found.dataset, text)
    for name in ("avg", "max", "min", "sum"):
        if (
            first_said(text, words.AGGREGATES[name])
            and column is not None
            and not (found.order and name in ("max", "min"))
        ):
            value = f"{name}({quoted(column.name)})"
            found.measure = f"{f'round({value}, 2)' if name == 'avg' else value} AS {quoted(f'{name}_{column.name}')}"
            found.score += 4 if first_said(text, column_words(column)) else 1
            return True
    if first_said(text, words.AGGREGATES["count"]) or found.group:
        found.measure = "count(*) AS count"
        return True
    return False


def _add_lookup(found: Plan, text: str) -> bool:
    """No figure is asked for, but a column of the rows that the question names."""
    filtered = {each.column for each in found.filters}
    named = [
        each for each in found.dataset.columns if each.name not in filtered and first_said(text, column_words(each))
    ]
    if not filtered or not named:
        return False
    found.measure = "DISTINCT " + ", ".join(
        quoted(name) for name in [*sorted(filtered), *(each.name for each in named)]
    )
    found.score += 2
    return True


def _rate(found: Plan) -> bool:
    """The share of rows with the value that the question names, such as returned, among all others that it means."""
    last = next((each for each in found.filters if each.operator == "=" and _is_state(each)), None)
    if last is None:
        return False
    condition = _equals(last.column, [str(last.value)], False)
    found.conditions = [each for each in found.conditions if each != condition]
    found.measure = f"round(100.0 * avg(({condition})::INT), 2) AS percent"
    return True


def _is_state(each: Filter) -> bool:
    return any(str(each.value).lower() in group for group in words.SAME[:10])


def _number_column(dataset: Dataset, text: str) -> Column | None:
    """The column of numbers that a question names; the amount when it names none and there is one."""
    numbers = [column for column in dataset.columns if _is_number(column)]
    named = [column for column in numbers if first_said(text, column_words(column))]
    usual = [column for column in numbers if column.name.lower() in ("amount", "price", "value", "total")]
    return next(iter([*named, *usual]), None)


def _is_number(column: Column) -> bool:
    return column.type.startswith(NUMBERS) and not column.name.lower().endswith("id")


def column_words(column: Column) -> list[str]:
    """What a person may call a column."""
    name = plain(column.name)
    parts = [part for part in re.split(r"[_\s]+", name) if len(part) > 2]
    others = [word for key, each in words.COLUMNS.items() if key in parts or key == name for word in each]
    return list(dict.fromkeys([name, name.replace("_", " "), *others, f"{name}s"]))


def _table_words(dataset: Dataset) -> list[str]:
    name = plain(dataset.name)
    others = [word for key, each in words.TABLES.items() if key in name for word in each]
    return [name, name.rstrip("s"), *others]


def mentioned(text: str, dataset: Dataset) -> bool:
    """Whether a question names a table."""
    return any(says(plain(text), word) >= 0 for word in _table_words(dataset))
