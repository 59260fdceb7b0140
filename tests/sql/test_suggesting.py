from __future__ import annotations

import pytest

from studio.engine.datasets.dataset import Column, Dataset
from studio.engine.sql.suggest import Suggester, functions, quote


def dataset(name: str, **columns: str) -> Dataset:
    listed = [Column(name=each, type=kind) for each, kind in columns.items()]
    return Dataset(
        id=f"ds-{len(name)}", name=name, storage_path="/", columns=listed, row_count=1200, created_at=0, updated_at=0
    )


SUGGESTER = Suggester(
    [
        dataset("orders", order_id="int64", region="dict", amount="decimal(12,2)", **{"paid at": "timestamp"}),
        dataset("products 商品目录", sku="string", price="float64"),
    ]
)


def names(text: str, kind: str = "") -> list[str]:
    position = text.index("|")
    found = SUGGESTER.at(text.replace("|", ""), position)
    return [each.text for each in found if kind in ("", each.kind)]


def completed(text: str, choose: str) -> str:
    position, text = text.index("|"), text.replace("|", "")
    found = next(each for each in SUGGESTER.at(text, position) if each.text == choose)
    return text[: position - found.replaces] + found.insert + text[position:]


def test_after_from_there_are_the_datasets_quoted_when_needed() -> None:
    assert names("SELECT * FROM |", "dataset") == ["orders", "products 商品目录"]
    assert completed("SELECT * FROM pro|", "products 商品目录") == 'SELECT * FROM "products 商品目录"'
    assert completed('SELECT * FROM "prod|', "products 商品目录") == 'SELECT * FROM "products 商品目录"'


def test_the_columns_of_the_statements_tables_come_first_with_their_types() -> None:
    assert names("SELECT reg| FROM orders")[0] == "region"
    assert completed("SELECT paid| FROM orders", "paid at") == 'SELECT "paid at" FROM orders'
    (region, *_) = SUGGESTER.at("SELECT reg FROM orders", 10)
    assert (region.kind, region.type, region.detail) == ("column", "dict", "orders · dict")
    assert "sku" not in names("SELECT s| FROM orders", "column")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT o.| FROM orders o",
        'SELECT o.| FROM orders AS o JOIN "products 商品目录" p ON true',
        "WITH x AS (SELECT 1) SELECT * FROM x, orders o WHERE o.|",
        "SELECT 1; SELECT o.| FROM orders o; SELECT 2",
    ],
)
def test_behind_an_alias_there_are_its_columns_alone(text: str) -> None:
    assert names(text) == ["order_id", "region", "amount", "paid at"]


def test_aliases_and_common_tables_are_offered() -> None:
    assert "o" in names("SELECT | FROM orders o", "alias")
    assert "big" in names("SELECT | FROM (SELECT 1) big", "alias")


def test_functions_have_signatures_and_forbidden_ones_are_not_offered() -> None:
    (found, *_) = [each for each in SUGGESTER.at("SELECT date_tr FROM orders", 14) if each.kind == "function"]
    assert found.text == "date_trunc" and found.insert == "date_trunc(" and found.detail.startswith("date_trunc(")
    assert not {"getenv", "read_text", "read_csv", "write_log"} & set(functions())
    inside = SUGGESTER.function_at("SELECT round(sum(amount), ", 26)
    assert inside is not None and inside.name == "round"


@pytest.mark.parametrize("text", ["SELECT 'reg|' FROM orders", "SELECT 1 -- reg|", "SELECT /* reg| */ 1"])
def test_inside_a_text_or_a_comment_nothing_is_offered(text: str) -> None:
    assert names(text) == []


def test_keywords_are_offered_and_an_empty_text_begins_with_them() -> None:
    assert names("|")[0] == "SELECT" and "GROUP BY" in names("SELECT 1 FROM orders gr|")


@pytest.mark.parametrize(
    ("name", "written"),
    [("region", "region"), ("订单", "订单"), ("order", '"order"'), ("a b", '"a b"'), ('a"b', '"a""b"'), ("1a", '"1a"')],
)
def test_a_name_is_quoted_only_where_it_must_be(name: str, written: str) -> None:
    assert quote(name) == written
