from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import duckdb
import pyarrow
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
import xlsxwriter

from studio.engine.datasets.encodings import encoding_of
from studio.engine.datasets.format import format_of
from studio.engine.datasets.formats.csv import csv
from studio.engine.datasets.formats.duckdb import duckdb_
from studio.engine.datasets.formats.excel import excel
from studio.engine.datasets.formats.feather import feather
from studio.engine.datasets.formats.jsonl import jsonl
from studio.engine.datasets.formats.parquet import parquet
from studio.engine.datasets.formats.sqlite import sqlite
from studio.engine.errors import BadParameter
from tests.contracts.format_contract import ROWS, FormatContract


class TestParquet(FormatContract):
    kind = parquet

    def write(self, path: Path, table: pyarrow.Table) -> None:
        pyarrow.parquet.write_table(table, path)


class TestFeather(FormatContract):
    kind = feather

    def write(self, path: Path, table: pyarrow.Table) -> None:
        pyarrow.feather.write_feather(table, path)


class TestCsv(FormatContract):
    kind = csv

    def write(self, path: Path, table: pyarrow.Table) -> None:
        pyarrow.csv.write_csv(table, path)


class TestJsonl(FormatContract):
    kind = jsonl

    def write(self, path: Path, table: pyarrow.Table) -> None:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist()))


class TestExcel(FormatContract):
    kind = excel
    rows: ClassVar = {**ROWS, "id": [2**53, 2, 3]}  # a sheet keeps no whole number beyond that

    def write(self, path: Path, table: pyarrow.Table) -> None:
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("Sheet 1")
            for number, row in enumerate([table.column_names, *(row.values() for row in table.to_pylist())]):
                sheet.write_row(number, 0, row)


class TestSqlite(FormatContract):
    kind = sqlite

    def write(self, path: Path, table: pyarrow.Table) -> None:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE things (id INTEGER, name TEXT, amount REAL)")
            database.executemany("INSERT INTO things VALUES (:id, :name, :amount)", table.to_pylist())


class TestDuckDb(FormatContract):
    kind = duckdb_

    def write(self, path: Path, table: pyarrow.Table) -> None:
        with duckdb.connect(str(path)) as database:
            database.register("rows", table)
            database.execute("CREATE TABLE things AS FROM rows")


def read(path: Path, text: str | bytes) -> tuple[dict[str, list[object]], dict[str, object]]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    source = format_of(path).open([path], path.parent / f"copy of {path.name}")
    return source.dataset().to_table().to_pydict(), source.statistics


def test_a_line_that_does_not_fit_is_listed_with_its_number_and_text(tmp_path: Path) -> None:
    rows, statistics = read(tmp_path / "a.csv", "id,name,amount\n1,a,2.5\n2,b\n3,c,3.5\n4,d,1,9,9\n")
    assert rows["id"] == [1, 3]
    assert statistics["bad_lines"]["count"] == 2
    assert [(line["line"], line["text"]) for line in statistics["bad_lines"]["first"]] == [(3, "2,b"), (5, "4,d,1,9,9")]


def test_of_many_bad_lines_all_are_counted_and_a_hundred_listed(tmp_path: Path) -> None:
    rows, statistics = read(tmp_path / "a.csv", "id,name\n" + "1,a\n" * 500 + "1,a,b\n" * 250)
    assert len(rows["id"]) == 500
    assert statistics["bad_lines"]["count"] == 250 and len(statistics["bad_lines"]["first"]) == 100


def test_a_word_among_numbers_makes_the_column_text_and_loses_nothing(tmp_path: Path) -> None:
    rows, statistics = read(tmp_path / "a.csv", "id,v\n" + "".join(f"{n},{n}\n" for n in range(25_000)) + "x,n/a\n")
    assert len(rows["v"]) == 25_001 and rows["v"][-1] == "n/a" and "bad_lines" not in statistics


def test_codes_with_leading_zeros_and_long_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    rows, _ = read(tmp_path / "a.csv", "code,number\n007,12345678901234567890\n010,1.5\n")
    assert rows == {"code": ["007", "010"], "number": ["12345678901234567890", "1.5"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_chinese_is_read_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    rows, statistics = read(path, "编号,地区\n1,华南\n2,华东\n".encode(encoding))
    assert rows == {"编号": [1, 2], "地区": ["华南", "华东"]}
    assert statistics["encoding"] == encoding_of(path)


def test_western_europe_is_not_taken_for_chinese(tmp_path: Path) -> None:
    rows, _ = read(tmp_path / "a.csv", "id,name\n1,café\n2,naïve\n".encode("cp1252"))
    assert rows["name"] == ["café", "naïve"]


def test_bytes_that_are_no_text_are_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    rows, statistics = read(tmp_path / "a.csv", "id,name\n1,华南\n".encode() + b"2,\xff\xfe\n3,ok\n")
    assert rows["id"] == [1, 3] and statistics["bad_lines"]["count"] == 1


def test_tabs_and_semicolons_separate_too(tmp_path: Path) -> None:
    assert read(tmp_path / "a.tsv", "a\tb\n1\tx y\n2\tz\n")[0] == {"a": [1, 2], "b": ["x y", "z"]}
    assert read(tmp_path / "b.csv", "a;b\n1;x\n2;z\n")[0] == {"a": [1, 2], "b": ["x", "z"]}


def test_bad_json_lines_are_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    rows, statistics = read(tmp_path / "a.jsonl", '{"a": 1}\n{"a": 2\n\n[1]\n{"a": 3, "b": {"c": "华"}}\n')
    assert rows == {"a": [1, 3], "b": [None, {"c": "华"}]}
    assert [line["line"] for line in statistics["bad_lines"]["first"]] == [2, 4]


def test_a_json_file_with_a_list_is_a_table(tmp_path: Path) -> None:
    assert read(tmp_path / "a.json", '[{"a": 1}, {"a": 2}]')[0] == {"a": [1, 2]}


def test_an_unknown_ending_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadParameter) as caught:
        format_of(tmp_path / "notes.xyz")
    assert ".parquet" in caught.value.whole().en
