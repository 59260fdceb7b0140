"""Files that hold several tables, pictures, and what a person may decide about how a file is read."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from PIL import Image

from studio.engine.datasets.format import Choice, format_of
from studio.engine.datasets.formats.csv import csv
from studio.engine.datasets.formats.images import images
from studio.engine.datasets.source import Broken, Source
from studio.engine.errors import BadParameter, Invalid, Unavailable
from tests.data_rooms import Rooms


def rows(source: Source) -> dict[str, list[object]]:
    return source.dataset().to_table().to_pydict()


def opened(path: Path, table: str = "", **options: object) -> Source:
    return format_of(path).open(
        [path], path.parent / f"copy of {path.name} {table} {options}", Choice(table, None, options)
    )


def test_cells_with_errors_are_listed_and_not_silently_empty(tmp_path: Path) -> None:
    path = tmp_path / "errors.xlsx"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet("other").write_row(0, 0, ["a"])
        page = made.add_worksheet("R&D 预算")
        page.write_row(0, 0, ["name", "share"])
        page.write_row(1, 0, ["one", 0.5])
        page.write_string(2, 0, "two")
        page.write_formula(2, 1, "=1/0", None, "#DIV/0!")
        page.write_formula(3, 0, "=NA()", None, "#N/A")
        page.write_number(3, 1, 2)
    source = opened(path, "R&D 预算")
    assert rows(source) == {"name": ["one", "two", None], "share": [0.5, None, 2.0]}
    bad = source.statistics["bad_lines"]
    assert (bad["count"], bad["kept"]) == (2, 2)
    assert [(each["line"], each["text"]) for each in bad["first"]] == [(3, "#DIV/0!"), (4, "#N/A")]
    assert "B3" in bad["first"][0]["reason"] and "单元格 B3" in bad["first"][0]["reason_zh"]
    assert "bad_lines" not in opened(path, "other", header="no").statistics


def test_numbers_beyond_64_bits_stay_exact(tmp_path: Path) -> None:
    path = tmp_path / "huge.duckdb"
    greatest, most = 2**128 - 1, 2**127 - 1
    with closing(duckdb.connect(str(path))) as made:
        made.execute("CREATE TABLE t (small HUGEINT, wide HUGEINT, unsigned UHUGEINT)")
        made.execute(f"INSERT INTO t VALUES (5, {most}, {greatest}), (NULL, NULL, NULL)")
    found = rows(opened(path, "t"))
    assert found == {"small": [5, None], "wide": [str(most), None], "unsigned": [str(greatest), None]}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "销售 book.xlsx"
    with xlsxwriter.Workbook(path) as made:
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        sales, notes = made.add_worksheet("销售 2025"), made.add_worksheet("Notes")
        made.add_worksheet("Empty")
        sales.write_row(0, 0, ["Title of the sheet"])
        sales.write_row(2, 0, ["day", "amount", "amount", "", "code", "at"])
        sales.write_datetime(3, 0, date(2025, 1, 2), day)
        sales.write_row(3, 1, [1.5, 2, True, "007"])
        sales.write_datetime(3, 5, time(3, 4), made.add_format({"num_format": "hh:mm"}))
        sales.write_datetime(5, 0, date(2025, 1, 3), day)
        sales.write_row(5, 1, [3, 4, False, 12])
        notes.write_row(0, 0, ["note"])
        notes.write_row(1, 0, ["one"])
    return path


def test_each_sheet_is_a_table_and_one_has_to_be_chosen(book: Path) -> None:
    assert format_of(book).tables(book) == ["销售 2025", "Notes", "Empty"]
    with pytest.raises(BadParameter, match="several tables: 销售 2025, Notes") as caught:
        opened(book)
    assert "销售 book.xlsx#销售 2025" in caught.value.repair.en
    assert rows(opened(book, "Notes")) == {"note": ["one"]}
    with pytest.raises(BadParameter, match="no table “Other”"):
        opened(book, "Other")
    with pytest.raises(Broken, match="“Empty” is empty"):
        opened(book, "Empty")


def test_a_sheets_values_keep_their_types_and_mixed_columns_are_text(book: Path) -> None:
    assert rows(opened(book, "销售 2025", skip=1)) == {
        "day": [date(2025, 1, 2), date(2025, 1, 3)],
        "amount": [1.5, 3.0],
        "amount_1": [2, 4],
        "column4": [True, False],
        "code": ["007", "12"],
        "at": [time(3, 4), None],
    }


def test_a_sheet_without_titles_has_numbered_columns(book: Path) -> None:
    assert rows(opened(book, "Notes", header="no")) == {"column1": ["note", "one"]}


def test_a_workbook_that_unpacks_beyond_all_measure_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.engine.datasets.formats.excel.MOST_UNPACKED", 1000)
    with pytest.raises(Broken, match="unpacks to"):
        format_of(book).tables(book)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(
            "CREATE TABLE orders (id INTEGER, day DATE, at TIMESTAMP, paid BOOLEAN, amount REAL, odd, raw BLOB)"
        )
        made.execute("CREATE VIEW paid AS SELECT id FROM orders WHERE paid")
        made.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (2**62, "2025-01-02", "2025-01-02 03:04:05", 1, 2, "x", b"\0\1"),
                (2, None, "2025-01-03T00:00:00", 0, 3.5, 7, None),
            ],
        )
        made.execute('CREATE TABLE "; drop table orders; --" (a, A2, "a b")')
    return path


def test_tables_and_views_of_a_sqlite_file_are_tables(database: Path) -> None:
    assert format_of(database).tables(database) == ["; drop table orders; --", "orders", "paid"]
    assert rows(opened(database, "orders")) == {
        "id": [2**62, 2],
        "day": [date(2025, 1, 2), None],
        "at": [datetime(2025, 1, 2, 3, 4, 5), datetime(2025, 1, 3)],
        "paid": [True, False],
        "amount": [2.0, 3.5],
        "odd": ["x", "7"],
        "raw": [b"\0\1", None],
    }
    assert rows(opened(database, "paid")) == {"id": [2**62]}
    assert opened(database, "; drop table orders; --").names == ["a", "A2", "a b"]


async def test_what_another_program_just_wrote_to_a_sqlite_file_is_seen(rooms: Rooms, database: Path) -> None:
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE live (n)")
        writer.commit()
        await rooms.datasets.register(f"{database}#live", "live")
        writer.executemany("INSERT INTO live VALUES (?)", [(n,) for n in range(5)])
        writer.commit()
        assert await rooms.datasets.count("live") == 5


@pytest.fixture
def duck(tmp_path: Path) -> Path:
    path, secret = tmp_path / "lake.duckdb", tmp_path / "secret.txt"
    secret.write_text("nobody reads this")
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE SCHEMA more; CREATE TABLE more.t AS SELECT 1 AS a, {'x': [1.5]} AS b")
        made.execute(f"CREATE TABLE u AS SELECT 2 AS b; CREATE VIEW spy AS FROM read_text('{secret}')")
    return path


def test_tables_of_a_duckdb_file_are_read_and_a_view_reaches_no_other_file(duck: Path) -> None:
    assert format_of(duck).tables(duck) == ["u", "spy", "more.t"] or set(format_of(duck).tables(duck)) == {
        "u",
        "spy",
        "more.t",
    }
    assert rows(opened(duck, "more.t")) == {"a": [1], "b": [{"x": [1.5]}]}
    with pytest.raises(Broken, match=r"lake\.duckdb"):
        opened(duck, "spy")


def test_a_duckdb_file_that_another_program_writes_says_so(duck: Path) -> None:
    code = f"import duckdb, sys; c = duckdb.connect({str(duck)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(Unavailable, match="another program"):
            opened(duck, "u")
        other.stdin.close()


async def test_a_table_in_a_file_is_registered_by_path_and_name(rooms: Rooms, book: Path, database: Path) -> None:
    assert await rooms.datasets.tables(book) == ["销售 2025", "Notes", "Empty"]
    notes = await rooms.datasets.register(f"{book}#Notes")
    assert (notes.name, notes.format, notes.row_count, notes.storage_path) == ("Notes", "excel", 1, f"{book}#Notes")
    await rooms.datasets.register(f"{database}#paid")
    assert await rooms.datasets.count("paid") == 1
    assert await rooms.datasets.tables(f"{book}#Notes") == []
    with pytest.raises(BadParameter, match="several tables"):
        await rooms.datasets.register(book)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    Image.new("RGB", (40, 30)).save(folder / "a.png")
    Image.new("RGB", (8, 9)).save(folder / "more" / "华南.JPG", "jpeg")
    (folder / "more" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n but nothing more")
    os.utime(folder / "a.png", (1_700_000_000, 1_700_000_000))
    return folder


async def test_a_folder_of_pictures_is_a_table_of_files(rooms: Rooms, pictures: Path) -> None:
    dataset = await rooms.datasets.register(pictures)
    assert (dataset.format, dataset.row_count) == ("images", 3)
    table = (await rooms.datasets.page(dataset.id, 0, 10, order=("name", False))).to_pydict()
    assert table["name"] == ["a.png", "broken.png", "华南.JPG"] and table["folder_path"][2] == "more/华南.JPG"
    assert (table["width"], table["height"]) == ([40, None, 8], [30, None, 9])
    assert table["format"] == ["png", None, "jpeg"] and table["modified"][0] == datetime.fromtimestamp(1_700_000_000)
    assert table["path"][0] == str(pictures / "a.png") and table["size"][0] == (pictures / "a.png").stat().st_size
    bad = dataset.statistics["bad_lines"]
    assert (bad["count"], bad["kept"], bad["first"][0]["file"]) == (1, 1, "broken.png")


def test_a_picture_that_is_none_is_broken(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(Broken, match=r"a\.png"):
        images.open([tmp_path / "a.png"], tmp_path / "copy")


def test_what_a_person_decides_about_a_csv_file_is_held_to(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("编号|名,称\n1|a,b\n2|c,d\n".encode("gb18030"))
    assert rows(opened(path, delimiter="|")) == {"编号": [1, 2], "名,称": ["a,b", "c,d"]}
    assert rows(opened(path, delimiter=",", header="no"))["column1"] == ["称", "b", "d"]
    assert opened(path, delimiter="|", encoding="latin-1").names == ["±àºÅ", "Ãû,³Æ"]
    assert rows(opened(path, skip=1, header="no", delimiter="|")) == {"column0": [1, 2], "column1": ["a,b", "c,d"]}
    assert csv.options.model_json_schema()["properties"]["encoding"]["title_zh"] == "编码"


async def test_what_was_decided_stays_with_the_dataset(rooms: Rooms, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b,c\n1;2,3\n")
    dataset = await rooms.datasets.register(path, options={"delimiter": ","})
    assert [column.name for column in dataset.columns] == ["a;b", "c"]
    path.write_text("a;b,c\n1;2,3\n4;5,6\n")
    assert (await rooms.datasets.refresh(dataset.id)).options == {"delimiter": ","}
    assert (await rooms.datasets.page(dataset.id, 0, 9)).column_names == ["a;b", "c"]
    changed = await rooms.datasets.update(dataset.id, options={"delimiter": ";"})
    assert [column.name for column in changed.columns] == ["a", "b,c"] and changed.status == "active"
    with pytest.raises(Invalid, match="delimiter"):
        await rooms.datasets.register(path, options={"delimiter": "§"})


async def test_a_glimpse_shows_what_would_be_registered_and_leaves_nothing(
    rooms: Rooms, tmp_path: Path, book: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n1,a\n2,b\n")
    glimpse = await rooms.datasets.glimpse(path)
    assert (glimpse.format, glimpse.tables, glimpse.rows.to_pydict()) == ("csv", [], {"id": [1, 2], "name": ["a", "b"]})
    assert glimpse.statistics["dialect"]["delimiter"] == "," and glimpse.options is csv.options
    assert (await rooms.datasets.glimpse(path, options={"header": "no"})).rows.num_rows == 3
    assert (await rooms.datasets.glimpse(book)).tables == ["销售 2025", "Notes", "Empty"]
    assert (await rooms.datasets.glimpse(book)).rows is None
    assert (await rooms.datasets.glimpse(f"{book}#Notes")).rows.num_rows == 1
    assert await rooms.datasets.list() == [] and not list((rooms.paths.cache / "datasets").glob("*"))


async def test_a_table_in_a_file_that_was_moved_is_found_in_it_again(rooms: Rooms, book: Path) -> None:
    notes = await rooms.datasets.register(f"{book}#Notes")
    moved = book.rename(book.with_name("moved.xlsx"))
    assert (await rooms.datasets.get(notes.id)).status == "unreachable"
    found = await rooms.datasets.update(notes.id, path=str(moved))
    assert (found.status, found.storage_path) == ("active", f"{moved}#Notes")
    other = await rooms.datasets.update(notes.id, path=f"{moved}#销售 2025")
    assert other.storage_path == f"{moved}#销售 2025"
