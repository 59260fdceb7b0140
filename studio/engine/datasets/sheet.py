"""Rows as an Excel sheet, row by row in little memory; what Excel would round is written as text."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any, BinaryIO, ClassVar

from studio.engine.datasets.encoders import plain
from studio.engine.errors import BadParameter
from studio.engine.text import Text

DIGITS = 15  # that Excel keeps of a number
LONGEST = 32_767  # characters in a cell
FIRST_DAY = datetime(1900, 3, 1)  # earlier ones Excel counts wrongly, or not at all


class Sheet:
    """One worksheet with a header. Texts are texts: what begins with “=” is no formula and no link."""

    most: ClassVar[int] = 1_048_575

    def __init__(self, file: BinaryIO, schema: Any) -> None:
        import xlsxwriter

        options = {
            "constant_memory": True,
            "strings_to_urls": False,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(file, options)
        self._page = self._book.add_worksheet()
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._names = list(schema.names)
        self._row = 0
        bold = self._book.add_format({"bold": True})
        for column, name in enumerate(self._names):
            self._page.write_string(0, column, name, bold)

    def write(self, batch: Any) -> None:
        """The rows of a pyarrow RecordBatch."""
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            self._row += 1
            for column, value in enumerate(values):
                self._cell(column, value)

    def close(self) -> None:
        self._book.close()

    def _cell(self, column: int, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            self._page.write_boolean(self._row, column, value)
        elif isinstance(value, int | float | Decimal) and _fits(value):
            self._page.write_number(self._row, column, value)
        elif isinstance(value, datetime) and value.tzinfo is None and value >= FIRST_DAY:
            self._page.write_datetime(self._row, column, value, self._moment)
        elif isinstance(value, date) and not isinstance(value, datetime) and value >= FIRST_DAY.date():
            self._page.write_datetime(self._row, column, value, self._day)
        else:
            self._text(column, _words(value))

    def _text(self, column: int, words: str) -> None:
        if len(words) > LONGEST:
            name = self._names[column]
            raise BadParameter(
                Text(
                    f"Row {self._row:,} of “{name}” has {len(words):,} characters; an Excel cell holds {LONGEST:,}.",
                    f"“{name}”第 {self._row:,} 行有 {len(words):,} 个字符，Excel 单元格最多容纳 {LONGEST:,} 个。",
                ),
                Text("Export as Parquet or CSV, or hide the column.", "请导出为 Parquet 或 CSV，或隐藏该列。"),
            )
        self._page.write_string(self._row, column, words)


def _fits(value: float | Decimal) -> bool:
    """Whether Excel shows the number as it is."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, Decimal):
        return value.is_finite() and len(value.normalize().as_tuple().digits) <= DIGITS
    return abs(value) < 10**DIGITS


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=plain)
    return (
        value.hex() if isinstance(value, bytes) else value.isoformat() if isinstance(value, date | time) else str(value)
    )
