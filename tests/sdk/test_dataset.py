"""`cube_sdk` against a running studio and against the catalog alone: the same answers."""

from __future__ import annotations

import gc
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from cube_sdk import ConnectionFailed, CubeError, Dataset, DatasetNotFound, PermissionDenied
from cube_sdk.source import condition
from tests.conftest import Running


@pytest.fixture(params=["over HTTP", "from the catalog"])
def home(request: pytest.FixtureRequest, studio: Running, sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ONE_DATA_HOME", str(studio.home if request.param == "over HTTP" else sample_home))
    return str(request.param)


def test_a_dataset_is_found_by_id_and_by_name(home: str) -> None:
    assert Dataset.get("orders").id == "ds-001" == Dataset.get("ds-001").id
    assert {"orders", "tickets", "products"} <= {dataset.name for dataset in Dataset.list()}
    written_as = {dataset.name: dataset.format for dataset in Dataset.list(format="csv")}
    assert "tickets" in written_as and set(written_as.values()) == {"csv"}


def test_rows_come_in_three_shapes_exact_to_the_cent(home: str) -> None:
    dataset = Dataset.get("orders")
    arrow = dataset.read(as_="arrow", limit=3)
    records = dataset.read(as_="records", limit=3)
    assert arrow.num_rows == len(records) == len(dataset.head(3)) == 3
    assert isinstance(records[0]["amount"], Decimal) and isinstance(records[0]["order_id"], int)


def test_filters_and_columns_are_applied_at_the_source(home: str) -> None:
    dataset = Dataset.get("orders")
    filters = [("status", "=", "returned"), ("region", "=", "华南"), ("product", "like", "K7 %")]
    frame = dataset.read(columns=["order_id", "region"], filters=filters)
    assert list(frame.columns) == ["order_id", "region"] and len(frame) == 47


@pytest.mark.parametrize("name", ["orders", "tickets", "products"])
def test_every_format_streams_in_batches(home: str, name: str) -> None:
    dataset = Dataset.get(name)
    assert sum(batch.num_rows for batch in dataset.iter_batches(1000)) == dataset.row_count


def test_an_unknown_dataset_says_how_to_see_what_there_is(home: str) -> None:
    with pytest.raises(DatasetNotFound, match=r"Dataset\.list\(\)"):
        Dataset.get("ds-nothing")


def test_the_catalog_alone_is_never_written(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_DATA_HOME", str(sample_home))
    with pytest.raises(ConnectionFailed, match="studio serve"):
        Dataset.create("new", "/tmp/x.csv")


def test_a_dataset_is_made_changed_and_removed_over_http(
    studio: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONE_DATA_URL", studio.url)
    file = tmp_path / "prices.csv"
    file.write_text("sku,price\nK7,12345678901234567\n")
    made = Dataset.create("prices", str(file), tags=["new"])
    assert made.read(as_="records") == [{"sku": "K7", "price": 12345678901234567}]
    assert made.update(description="Prices").description == "Prices"
    made.delete()
    with pytest.raises(DatasetNotFound):
        Dataset.get("prices")


def test_a_wrong_token_and_an_unreachable_studio_say_what_to_do(
    studio: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONE_DATA_URL", studio.url)
    monkeypatch.setenv("ONE_DATA_TOKEN", "one-wrong")
    with pytest.raises(PermissionDenied, match="ONE_DATA_TOKEN"):
        Dataset.get("orders")
    monkeypatch.setenv("ONE_DATA_URL", "http://127.0.0.1:9")
    with pytest.raises(ConnectionFailed, match="studio serve"):
        Dataset.get("orders")


def test_values_in_filters_are_quoted() -> None:
    assert condition([('a"b', "=", "x' OR 1=1 --")]) == "\"a\"\"b\" = 'x'' OR 1=1 --'"
    with pytest.raises(ValueError, match="; DROP"):
        condition([("a", "; DROP", 1)])


def test_the_sdk_needs_nothing_of_the_studio() -> None:
    code = "import sys; import cube_sdk; assert not any(name.split('.')[0] == 'studio' for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_dataset_is_downloaded_and_mounted(home: str, tmp_path: Path) -> None:
    import pyarrow.parquet

    dataset = Dataset.get("orders")
    file = dataset.download(tmp_path / "down")
    assert file.name == "orders.parquet" and pyarrow.parquet.read_metadata(file).num_rows == dataset.row_count
    place = dataset.mount(tmp_path / "mounted")
    assert place.parent == tmp_path / "mounted" and place.exists()
    assert [each.name for each in (tmp_path / "down").iterdir()] == ["orders.parquet"]


def test_no_rows_keep_their_columns(home: str) -> None:
    table = Dataset.get("orders").read(filters="order_id < 0", columns=["order_id", "region"], as_="arrow")
    assert table.num_rows == 0 and table.column_names == ["order_id", "region"]


def test_a_wrong_column_says_what_is_wrong(home: str) -> None:
    with pytest.raises(CubeError, match="no_such_column"):
        Dataset.get("orders").read(columns=["no_such_column"])


def test_a_table_of_a_workbook_is_read_without_a_server_once_the_studio_has_opened_it(
    studio: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        sheet = book.add_worksheet("销售")
        for row, values in enumerate([["sku", "qty"], ["K7", 3]]):
            sheet.write_row(row, 0, values)
    monkeypatch.setenv("ONE_DATA_HOME", str(studio.home))
    made = Dataset.create("book", f"{tmp_path / 'book.xlsx'}#销售")
    over_http = made.read(as_="records")
    monkeypatch.setattr("cube_sdk.find.running", lambda _folder: None)
    alone = Dataset.get("book")
    assert alone.read(as_="records") == over_http and over_http[0]["sku"] == "K7"
    made.delete()


def test_files_are_uploaded_into_a_dataset_that_is_a_folder_of_a_bucket(
    studio: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONE_DATA_URL", studio.url)
    made = Dataset.create("uploads", "s3://uploads/numbers/", format="csv")
    assert made.status == "unreachable"
    for number in (1, 2):
        (tmp_path / f"{number}.csv").write_text(f"n\n{number}\n")
    filled = made.upload([tmp_path / "1.csv", tmp_path / "2.csv"])
    assert filled.status == "active" and filled.row_count == 2
    assert sorted(row["n"] for row in filled.read(as_="records")) == [1, 2]
    filled.delete()


def test_the_memory_of_a_reader_does_not_grow_with_the_rows(
    studio: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    monkeypatch.setenv("ONE_DATA_URL", studio.url)
    rows = 3_000_000
    table = pa.table({name: pa.array(range(rows), "int64") for name in "abc"})
    pyarrow.parquet.write_table(table, tmp_path / "long.parquet", row_group_size=100_000)
    size = table.nbytes
    del table
    made = Dataset.create("long", tmp_path / "long.parquet")
    gc.collect()
    before = pa.total_allocated_bytes()  # of the tests before this one
    seen, most = 0, 0
    for batch in made.iter_batches():
        seen += batch.num_rows
        most = max(most, pa.total_allocated_bytes() - before)
    assert seen == rows and most < size / 4
    made.delete()


def test_the_list_goes_on_beyond_one_page(studio: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_DATA_URL", studio.url)
    monkeypatch.setattr("cube_sdk.remote.PAGE", 1)
    assert {"orders", "tickets", "products"} <= {dataset.name for dataset in Dataset.list()}


def test_a_stream_that_is_cut_is_no_short_table() -> None:
    import pyarrow as pa

    from cube_sdk.received import Received

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("a", pa.int64())])) as writer:
        for _ in range(3):
            writer.write_batch(pa.record_batch({"a": list(range(1000))}))
    whole = sink.getvalue().to_pybytes()
    pieces = (whole[start : start + 777] for start in range(0, len(whole), 777))
    assert pa.ipc.open_stream(Received(pieces)).read_all().num_rows == 3000
    with pytest.raises((pa.ArrowInvalid, OSError)):
        pa.ipc.open_stream(Received(iter([whole[: len(whole) // 2]]))).read_all()


def test_versions_are_listed_read_and_made(studio: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONE_DATA_HOME", str(studio.home))
    for number in (1, 2):
        (tmp_path / f"{number}.csv").write_text(f"n\n{number}\n")
    made = Dataset.create("versioned", tmp_path / "1.csv")
    second = made.create_version(tmp_path / "2.csv", origin={"kind": "training", "run": 7})
    assert second.version_number == 2
    assert [each.version_number for each in Dataset.get("versioned").versions()] == [2, 1]
    assert Dataset.get("versioned").read(as_="records") == [{"n": 2}]
    assert Dataset.get("versioned", version=1).read(as_="records") == [{"n": 1}]
    monkeypatch.setattr("cube_sdk.find.running", lambda _folder: None)
    alone = Dataset.get("versioned")
    assert alone.version == 2 and [each.version_number for each in alone.versions()] == [2, 1]
    with pytest.raises(DatasetNotFound, match="version 9"):
        Dataset.get("versioned", version=9)
    made.delete()
