"""`cube_sdk` against a running studio and against the catalog alone: the same answers."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from cube_sdk import ConnectionFailed, Dataset, DatasetNotFound, PermissionDenied
from cube_sdk.source import condition
from tests.conftest import Running


@pytest.fixture(params=["over HTTP", "from the catalog"])
def home(request: pytest.FixtureRequest, studio: Running, sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ONE_DATA_HOME", str(studio.home if request.param == "over HTTP" else sample_home))
    return str(request.param)


def test_a_dataset_is_found_by_id_and_by_name(home: str) -> None:
    assert Dataset.get("orders").id == "ds-001" == Dataset.get("ds-001").id
    assert {"orders", "tickets", "products"} <= {dataset.name for dataset in Dataset.list()}
    assert [dataset.name for dataset in Dataset.list(format="csv")] == ["tickets"]


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
