from __future__ import annotations

import pytest

from studio.engine.errors import Invalid
from tests.data_rooms import SAMPLE, Rooms

MAIN = "How long is the warranty on the K7 pump, and how many K7 were returned in 华南?"


@pytest.fixture
async def project(rooms: Rooms) -> Rooms:
    await rooms.with_orders()
    await rooms.datasets.register(SAMPLE / "tickets.csv")
    await rooms.datasets.register(SAMPLE / "products.jsonl")
    return rooms


async def count(project: Rooms, where: str) -> int:
    return await project.datasets.count("orders", where)


async def test_the_main_question_is_answered_and_its_rows_can_be_opened(project: Rooms) -> None:
    answer = await project.sql.ask(MAIN, ["ds-001"])
    expected = await count(project, "product LIKE '%K7%' AND status = 'returned' AND region = '华南'")
    assert answer.how == "matched" and answer.result.rows == [{"count": expected}] and expected > 0
    assert {(each.word, each.column) for each in answer.filters} == {
        ("k7", "product"),
        ("returned", "status"),
        ("华南", "region"),
    }
    rows = (await project.sql.query(answer.rows_sql)).rows
    assert rows and all(
        row["region"] == "华南" and row["status"] == "returned" and "K7" in row["product"] for row in rows
    )
    assert await project.datasets.count(answer.dataset_id, answer.where) == expected


@pytest.mark.parametrize("question", ["How many K7 were returned in the last 90 days?", "最近 90 天退货了多少 K7？"])
async def test_the_last_days_are_those_up_to_the_newest_row(project: Rooms, question: str) -> None:
    recent = "ordered_at >= (SELECT max(ordered_at)::DATE - 89 FROM orders)"
    rows = await project.sql.query(
        f"SELECT count(*) AS n FROM orders WHERE product LIKE 'K7%' AND status = 'returned' AND {recent}"
    )
    answer = await project.sql.ask(question, ["ds-001"])
    assert answer.result.rows == [{"count": rows.rows[0]["n"]}] and rows.rows[0]["n"] > 0


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("华南有多少台 K7 被退货？", "product LIKE 'K7%' AND status = 'returned' AND region = '华南'"),
        ("K7 咖啡机保修多久，华南退回了多少台？", "product LIKE 'K7%' AND status = 'returned' AND region = '华南'"),
        ("How many orders were cancelled in South China?", "status = 'cancelled' AND region = '华南'"),
        ("取消的订单有几个", "status = 'cancelled'"),
        ("How many orders in 华南 and 华东 were delivered?", "region IN ('华南', '华东') AND status = 'delivered'"),
        (
            "How many orders over 2000 were not returned in 华北?",
            "amount > 2000 AND status <> 'returned' AND region = '华北'",
        ),
        ("2025年3月有多少订单？", "ordered_at >= '2025-03-01' AND ordered_at < '2025-04-01'"),
        ("How many orders in Q1 2025?", "ordered_at >= '2025-01-01' AND ordered_at < '2025-04-01'"),
        ("how many orders in December 2024", "ordered_at >= '2024-12-01' AND ordered_at < '2025-01-01'"),
        ("number of AirPure 滤芯 orders", "product = 'AirPure 3 滤芯'"),
    ],
)
async def test_counts_in_both_languages(project: Rooms, question: str, where: str) -> None:
    answer = await project.sql.ask(question, [])
    assert answer.result.rows == [{"count": await count(project, where)}], answer.sql


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("total amount of K7 in 2025", "sum(amount) FROM orders WHERE product LIKE 'K7%' AND year(ordered_at) = 2025"),
        ("华南的订单平均金额是多少", "round(avg(amount), 2) FROM orders WHERE region = '华南'"),
        ("highest rating of the Kettle", "max(rating) FROM orders WHERE product LIKE 'Kettle%'"),
        ("how many different customers ordered", "count(DISTINCT customer) FROM orders"),
        ("return rate of K7", "round(100.0 * avg((status = 'returned')::INT), 2) FROM orders WHERE product LIKE 'K7%'"),
    ],
)
async def test_sums_averages_and_rates(project: Rooms, question: str, sql: str) -> None:
    answer = await project.sql.ask(question, [])
    expected = (await project.sql.query(f"SELECT {sql}")).table.column(0).to_pylist()
    assert answer.result.table.column(answer.result.table.num_columns - 1).to_pylist() == expected, answer.sql


@pytest.mark.parametrize("question", ["average rating by region", "各地区的平均评分是多少？"])
async def test_groups(project: Rooms, question: str) -> None:
    answer = await project.sql.ask(question, ["ds-001"])
    assert answer.result.table.column_names == ["region", "avg_rating"] and answer.result.table.num_rows == 7


@pytest.mark.parametrize("question", ["Which product was returned most?", "哪个产品退货最多？"])
async def test_the_most(project: Rooms, question: str) -> None:
    assert (await project.sql.ask(question, [])).result.rows[0]["product"].startswith("K7")


async def test_the_table_that_fits_best_is_asked(project: Rooms) -> None:
    assert (await project.sql.ask("How many tickets are in English?", [])).sql.startswith(
        'SELECT count(*) AS count\nFROM "tickets"'
    )
    assert (await project.sql.ask("What is the price of the K7?", [])).result.rows[0]["price"] == 2499.0


@pytest.mark.parametrize(
    "question", ["How long is the warranty on the K7 pump?", "你好", "Why is the sky blue?", "'; DROP TABLE orders --"]
)
async def test_a_question_that_no_table_answers_says_why(project: Rooms, question: str) -> None:
    with pytest.raises(Invalid) as caught:
        await project.sql.ask(question, ["ds-001"])
    assert "orders" in caught.value.message.en and caught.value.repair.zh


async def test_what_a_model_writes_is_run_with_one_chance_to_mend_it(project: Rooms) -> None:
    prompts: list[str] = []

    async def model(prompt: str) -> str:
        prompts.append(prompt)
        return "```sql\nSELECT count(*) AS n FROM orders\n```" if len(prompts) > 1 else "SELECT nope FROM orders"

    answer = await project.sql.ask("How many orders are there?", ["ds-001"], model)
    assert (answer.how, answer.result.rows) == ("model", [{"n": 12_000}])
    assert "'华南'" in prompts[0] and "nope" in prompts[1]


async def test_a_model_that_writes_harm_is_refused_and_words_are_matched(project: Rooms) -> None:
    async def model(prompt: str) -> str:
        return "COPY orders TO '/tmp/stolen.csv'"

    assert (await project.sql.ask(MAIN, ["ds-001"], model)).how == "matched"
