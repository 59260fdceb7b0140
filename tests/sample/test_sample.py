"""The sample project is what it says it is: the handbook, the orders, the tickets and the questions fit together."""

import csv
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pypdfium2
import pytest

SAMPLE = Path(__file__).parents[2] / "resources" / "sample"
PUMP_ENGLISH = "The warranty on the K7 pump is 24 months from the date of purchase."
PUMP_CHINESE = "K7 水泵的保修期为自购买之日起 24 个月。"
RETURNED_K7 = "product LIKE 'K7 %' AND region = '华南' AND status = 'returned'"
RATES = """
    SELECT avg((status = 'returned')::int) FILTER (ordered_at < since),
           avg((status = 'returned')::int) FILTER (ordered_at >= since)
    FROM orders, (SELECT max(ordered_at) - INTERVAL 90 DAY AS since FROM orders)
    WHERE product LIKE 'K7 %' AND {where}
"""


def squeezed(text: str) -> str:
    """Without the blanks, line ends, rules and table bars in which print and Markdown differ."""
    return re.sub(r"[\s|#]|-{3,}", "", text)


@pytest.fixture(scope="module")
def pages() -> list[str]:
    document = pypdfium2.PdfDocument(SAMPLE / "handbook.pdf")
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return texts


@pytest.fixture(scope="module")
def orders() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW orders AS FROM read_parquet('{SAMPLE}/orders/*.parquet')")
    return connection


def tickets() -> list[dict[str, str]]:
    with (SAMPLE / "tickets.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_json(name: str) -> Any:
    return json.loads((SAMPLE / name).read_text(encoding="utf-8"))


def questions() -> list[dict[str, Any]]:
    return read_json("questions.json")["questions"]


def test_the_handbook_has_about_forty_pages_and_stays_small(pages: list[str]) -> None:
    assert 38 <= len(pages) <= 46
    assert (SAMPLE / "handbook.pdf").stat().st_size < 1_500_000


def test_the_pump_warranty_stands_once_in_each_language_on_the_same_page_in_section_4_2(pages: list[str]) -> None:
    english = [at for at, text in enumerate(pages) if squeezed(PUMP_ENGLISH) in squeezed(text)]
    chinese = [at for at, text in enumerate(pages) if squeezed(PUMP_CHINESE) in squeezed(text)]
    assert len(english) == 1 and english == chinese
    assert "4.2 Pump and pressure faults" in pages[english[0]]
    source = (SAMPLE / "handbook.md").read_text(encoding="utf-8")
    assert source.count(PUMP_ENGLISH) == source.count(PUMP_CHINESE) == 1


def test_every_paragraph_of_the_markdown_can_be_read_from_the_pdf_in_both_scripts(pages: list[str]) -> None:
    printed = squeezed("".join(pages))
    lines = (SAMPLE / "handbook.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if squeezed(line) not in printed] == []


def test_each_page_after_the_cover_has_the_running_header_and_its_number(pages: list[str]) -> None:
    for number, text in enumerate(pages[1:], start=2):
        assert text.splitlines()[0].split() == ["Aurora", "After-sales", "Handbook", "2025", str(number)]


def test_there_are_twelve_thousand_orders_with_the_promised_types() -> None:
    parts = sorted((SAMPLE / "orders").glob("*.parquet"))
    types = {field.name: str(field.type) for field in pq.read_schema(parts[0])}
    assert sum(pq.read_metadata(part).num_rows for part in parts) == 12_000
    assert types["order_id"] == "int64" and types["qty"] == "int32"
    assert types["amount"] == "decimal128(12, 2)" and types["ordered_at"].startswith("timestamp")
    assert sum(part.stat().st_size for part in parts) < 1_000_000


def test_the_files_hold_exactly_what_the_script_makes(
    orders: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SAMPLE))
    from making.orders import make_orders
    from making.products import K7

    made = make_orders()
    truth = sum(order.product is K7 and order.region == "华南" and order.status == "returned" for order in made)
    stored = orders.execute(f"SELECT count(*) FROM orders WHERE {RETURNED_K7}").fetchone()
    assert stored == (truth,) and truth > 20
    ids = orders.execute("SELECT order_id FROM orders ORDER BY ordered_at, order_id").fetchall()
    assert [order.order_id for order in made] == [order_id for (order_id,) in ids]


def test_the_orders_end_on_12_november_2025(orders: duckdb.DuckDBPyConnection) -> None:
    (last,) = orders.execute("SELECT max(ordered_at) FROM orders").fetchone() or (datetime.min,)
    assert last.date().isoformat() == "2025-11-12"


def test_k7_returns_rose_in_the_south_in_the_last_90_days_and_nowhere_else(orders: duckdb.DuckDBPyConnection) -> None:
    before, since = orders.execute(RATES.format(where="region = '华南'")).fetchone() or (0, 0)
    elsewhere_before, elsewhere_since = orders.execute(RATES.format(where="region <> '华南'")).fetchone() or (0, 0)
    assert since > before + 0.03
    assert abs(elsewhere_since - elsewhere_before) < 0.025


def test_every_ticket_is_about_an_order_that_exists_and_names_its_product_and_region(
    orders: duckdb.DuckDBPyConnection,
) -> None:
    rows = orders.execute("SELECT order_id, product, region, ordered_at FROM orders").fetchall()
    known = {order_id: rest for order_id, *rest in rows}
    for ticket in tickets():
        product, region, ordered_at = known[int(ticket["order_id"])]
        assert (ticket["product"], ticket["region"]) == (product, region)
        assert datetime.fromisoformat(ticket["created_at"]) > ordered_at


def test_the_tickets_are_in_two_languages_and_point_to_one_batch_of_noisy_pumps() -> None:
    rows = tickets()
    assert 550 <= len(rows) <= 650 and {row["lang"] for row in rows} == {"en", "zh"}
    noisy = [row["batch"] for row in rows if "E02" in row["body"] or "水泵异响" in row["body"]]
    assert max(set(noisy), key=noisy.count) == "K7-2508"


def test_every_product_ordered_is_in_the_catalogue(orders: duckdb.DuckDBPyConnection) -> None:
    lines = (SAMPLE / "products.jsonl").read_text(encoding="utf-8").splitlines()
    catalogue = {product["label"]: product for product in map(json.loads, lines)}
    sold = {label for (label,) in orders.execute("SELECT DISTINCT product FROM orders").fetchall()}
    assert sold == set(catalogue)
    assert all(product["price"] > 0 and product["launched"] < "2025" for product in catalogue.values())


def test_the_catalogue_and_the_handbook_give_the_same_warranty() -> None:
    handbook = (SAMPLE / "handbook.md").read_text(encoding="utf-8")
    periods = dict(re.findall(r"^\| ([^|]+?) \| (\d+) months \|", handbook, re.MULTILINE))
    for line in (SAMPLE / "products.jsonl").read_text(encoding="utf-8").splitlines():
        product = json.loads(line)
        if product["warranty_months"]:
            label = product["label"].removesuffix(" Espresso")
            assert periods[label] == str(product["warranty_months"])


def test_there_are_ten_questions_in_each_language() -> None:
    languages = [question["lang"] for question in questions()]
    assert languages.count("en") == languages.count("zh") == 10


@pytest.mark.parametrize("question", questions(), ids=lambda question: question["id"])
def test_a_question_names_the_page_that_has_its_section_and_its_answer(
    pages: list[str], question: dict[str, Any]
) -> None:
    page = pages[question["page"] - 1]
    assert re.search(rf"^{re.escape(question['section'])} ", page, re.MULTILINE)
    assert squeezed(question["fact"]) in squeezed(page)


def test_the_chat_begins_with_four_example_questions_one_of_them_over_both_sources() -> None:
    examples = [example["question"] for example in read_json("questions.json")["examples"]]
    assert len(examples) == 4
    assert "How long is the warranty on the K7 pump, and how many K7 were returned in 华南?" in examples


def test_the_project_names_only_files_that_are_there() -> None:
    project = read_json("project.json")
    assert [dataset["id"] for dataset in project["datasets"]] == ["ds-001", "ds-002", "ds-003"]
    assert project["datasets"][0]["uri"] == "s3://sample/orders/"
    for dataset in project["datasets"]:
        assert list(SAMPLE.glob(dataset["files"])), dataset["name"]
    for collection in project["collections"]:
        assert all((SAMPLE / name).is_file() for name in collection["documents"])
