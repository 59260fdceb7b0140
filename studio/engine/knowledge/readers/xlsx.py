"""Spreadsheets of Excel and LibreOffice: each row a chunk of its own, under the name of its sheet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, dropwhile
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.knowledge.reader import Heading, Page, Reader, Row, Unit, Unreadable
from studio.engine.knowledge.readers.csv import column_names
from studio.engine.knowledge.readers.rows import table_pages
from studio.engine.knowledge.unpacked import refuse_bomb
from studio.engine.text import Text


class Xlsx(Reader):
    """The first filled row of a sheet names its columns. Rows have the numbers that the program shows."""

    name: ClassVar[str] = "xlsx"
    suffixes: ClassVar[tuple[str, ...]] = (".xlsx", ".xlsm", ".xls", ".ods")
    title: ClassVar[Text] = Text.same("Excel")
    unit: ClassVar[Unit] = "rows"

    def read(self, path: Path) -> Iterator[Page]:
        refuse_bomb(path)
        with _book(path) as book:
            first = 1
            for sheet in book.sheet_names:
                for page in table_pages(_rows(book.get_sheet_by_name(sheet)), first):
                    yield _headed(page, sheet)
                    first += 1


def _rows(sheet: Any) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    begin = (sheet.start or (0, 0))[0]
    numbered = enumerate(sheet.to_python(), begin + 1)
    filled = dropwhile(lambda item: not any(str(value).strip() for value in item[1]), numbered)
    _, header = next(filled, (0, []))
    names = column_names([str(_plain(value)) for value in header])
    alone = chain(filled, ())
    for number, row in alone:
        cells = {name: _plain(value) for name, value in zip(names, row, strict=False) if str(value).strip()}
        yield number, cells, cells


def _headed(page: Page, sheet: str) -> Page:
    """The page under the name of its sheet, which stands on its first line."""
    shift = len(sheet) + 1
    rows = [Row(row.start + shift, row.number, row.fields) for row in page.rows]
    return replace(page, text=f"{sheet}\n{page.text}", headings=[Heading(0, 1, sheet)], rows=rows)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, bool | int | float | str) else str(value)


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    import python_calamine as calamine

    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            yield book
    except calamine.PasswordError as error:
        raise Unreadable(
            Text(f"{path.name} is protected by a password.", f"{path.name} 受密码保护。"),
            Text("Save a copy without the password and add that.", "请另存一份不带密码的副本再添加。"),
        ) from error
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, OSError) as error:
        raise Unreadable(
            Text(f"{path.name} is not a spreadsheet that can be opened.", f"{path.name} 不是可打开的电子表格。"),
            Text("Open it in a spreadsheet program and save it again.", "请用电子表格程序打开并重新保存。"),
            details=str(error),
        ) from error
