"""What a SQL statement reads, down to columns."""

from __future__ import annotations

import pytest

from studio.engine.lineage.statement import Source, mentions, read, tables_of

TABLES = {
    "Orders": ["order_id", "Region", "amount", "status", "ordered_at"],
    "support.tickets": ["id", "order_id", "问题"],
}


def made(sql: str) -> dict[str, list[str]]:
    return {name: [f"{each.table}:{each.column}" for each in of] for name, of in read(sql, TABLES).columns.items()}


def test_each_column_of_a_result_is_traced_through_steps_and_joins() -> None:
    sql = """
    WITH recent AS (SELECT Region, amount, status FROM orders WHERE ordered_at > now() - INTERVAL 90 DAY),
         asked AS (SELECT t.order_id, count(*) AS n FROM "support.tickets" t GROUP BY 1)
    SELECT recent.region, sum(amount) AS total, round(100 * avg((status = 'returned')::INT), 2) AS pct, max(n) AS most, 1 AS one
    FROM recent, asked GROUP BY ALL
    """
    assert made(sql) == {
        "region": ["orders:region"], "total": ["orders:amount"], "pct": ["orders:status"], "most": [], "one": [],
    }  # fmt: skip
    statement = read(sql, TABLES)
    assert statement.tables == ("orders", "support.tickets")
    assert statement.used["orders"] == ("amount", "ordered_at", "region", "status")
    assert statement.used["support.tickets"] == ("order_id",)


def test_a_star_is_every_column_and_exclude_leaves_one_out() -> None:
    assert list(made("SELECT * EXCLUDE (amount) FROM Orders o")) == ["order_id", "region", "status", "ordered_at"]
    assert made('FROM "Support.Tickets" SELECT "问题" AS question, id + order_id AS both') == {
        "question": ["support.tickets:问题"], "both": ["support.tickets:id", "support.tickets:order_id"],
    }  # fmt: skip


def test_a_union_is_made_of_both_sides() -> None:
    sql = 'SELECT order_id AS n FROM orders UNION ALL SELECT order_id FROM "support.tickets"'
    assert read(sql, TABLES).columns["n"] == (Source("orders", "order_id"), Source("support.tickets", "order_id"))


@pytest.mark.parametrize("sql", ["SELECT FROM WHERE", "PIVOT orders ON region USING sum(amount)", "", "'"])
def test_what_is_not_understood_names_no_columns(sql: str) -> None:
    assert read(sql, TABLES).columns == {}


def test_a_name_in_a_text_or_of_a_step_is_no_table() -> None:
    assert tables_of("WITH orders AS (SELECT 1) SELECT * FROM orders, b") == {"b"}
    assert mentions("SELECT * FROM ORDERS", ["orders"])
    assert not mentions("SELECT 'orders' AS word FROM b", ["orders"])
    assert mentions("SELECT broken FROM orders WHERE (", ["orders"])
    assert not mentions("SELECT broken FROM reorders WHERE (", ["orders"])
