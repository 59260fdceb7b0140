"""Spreadsheets of Excel and LibreOffice; each sheet is a table."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from studio.engine.datasets.cells import all_names, batches, named, schema_of, together, write_parquet
from studio.engine.datasets.error_cells import error_lines
from studio.engine.datasets.format import FIRST_ROWS, MOST_BAD_LINES, Choice, Copied, bad_lines, chosen_table, not_empty
from studio.engine.datasets.source import cannot_read
from studio.engine.datasets.watch import Watch
from studio.engine.params import Params, param
from studio.engine.text import Text

MOST_UNPACKED = 4 << 30  # bytes of a sheet's XML
Rows = Iterator[list[Any]]


class ExcelOptions(Params):
    """Where the table stands on its sheet."""

    header: Literal["yes", "no"] = param(
        "yes",
        Text("First row", "首行"),
        choices={"yes": Text("Names of columns", "列名"), "no": Text("Values", "数据")},
    )
    skip: int = param(0, Text("Rows to leave out before", "跳过前几行"), ge=0, le=100_000)


class Excel(Copied):
    """Values as the sheet holds them, not as it formats them; an empty cell is NULL, so is an error (which is listed), and a
    row without any value is no row."""

    name = "excel"
    title = Text.same("Excel")
    suffixes = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
    several_tables = True
    options = ExcelOptions
    weight = 8

    def tables(self, path: Path) -> list[str]:
        with _book(path) as book:
            return [each.name for each in book.sheets_metadata if str(each.typ).endswith("WorkSheet")]

    def convert(self, paths: Sequence[Path], target: Path, choice: Choice, watch: Watch) -> dict[str, Any]:
        sheets = [_Sheet(path, choice, watch) for path in paths]
        schema = schema_of(all_names(sheets), together(sheets, watch.part(0.3, 0.6)), whole_floats=True)
        count = sum(sheet.height for sheet in sheets)
        write_parquet(together(sheets, Watch()), schema, target, count, watch.part(0.6, 1))
        wrong = [error_lines(path, sheet.table, MOST_BAD_LINES) for path, sheet in zip(paths, sheets, strict=True)]
        found, first = sum(number for number, _ in wrong), [line for _, lines in wrong for line in lines]
        return {"sheet": sheets[0].table, **bad_lines(found, first, found)}

    def first(self, paths: Sequence[Path], copy: Path, choice: Choice) -> tuple[Any, dict[str, Any]]:
        import pyarrow

        sheet = _Sheet(paths[0], choice, Watch())
        rows = list(islice(sheet.rows(), FIRST_ROWS))
        schema = schema_of(sheet.names, rows, whole_floats=True)
        return pyarrow.Table.from_batches(batches(rows, schema), schema), {"sheet": sheet.table}


class _Sheet:
    """One sheet of a file. calamine reads it into memory at once; a sheet has at most a million rows."""

    def __init__(self, path: Path, choice: Choice, watch: Watch) -> None:
        options = ExcelOptions.model_validate(choice.options)
        watch.step(0)
        with _book(path) as book:
            self.table = chosen_table(path, excel.tables(path), choice.table)
            self._sheet = book.get_sheet_by_name(self.table)
        self._skip, self._titled = options.skip, options.header == "yes"
        first = next(self._filled(), None)
        if first is None:
            raise cannot_read(path, "Excel", f"the sheet “{self.table}” is empty")
        width = max(len(first), self._sheet.width)
        self.names = named([*first, *[None] * (width - len(first))] if self._titled else [None] * width)
        self.height = self._sheet.height

    def rows(self) -> Rows:
        found = self._filled()
        if self._titled:
            next(found, None)
        return found

    def _filled(self) -> Rows:
        """The rows that hold something, with NULL for what is empty."""
        for row in islice(self._sheet.iter_rows(), self._skip, None):
            values = [None if value == "" else value for value in row]
            if any(value is not None for value in values):
                yield values


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    """An open workbook. What is none, or has a password, is `Broken`."""
    import python_calamine as calamine

    not_empty([path], "Excel")
    _refuse_bomb(path)
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            yield book
    except calamine.PasswordError as error:
        raise cannot_read(path, "Excel", "it is protected by a password; save it without one") from error
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, OSError) as error:
        raise cannot_read(path, "Excel", str(error)) from error


def _refuse_bomb(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as packed:
        unpacked = sum(each.file_size for each in packed.infolist())
    if unpacked > MOST_UNPACKED:
        raise cannot_read(path, "Excel", f"it unpacks to {unpacked >> 30:,} GB")


excel = Excel()
