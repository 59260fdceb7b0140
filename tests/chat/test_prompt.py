"""What a model is told."""

from __future__ import annotations

from studio.engine.chat import prompt
from studio.engine.chat.fact import chinese_fact, fact, is_chinese
from studio.engine.chat.message import Message, Source
from studio.engine.sql.query import Filter

PAGE = Source(number=1, kind="page", title="handbook.pdf", page=13, quote="The pump\nholds 24 months.", score=0.43)
MORE = Source(number=2, kind="page", title="handbook.pdf", page=14, quote="Other words.")
ROWS = Source(number=3, kind="rows", title="orders", quote="The number of orders is 47.")
REGION = Filter(word="华南", column="region", operator="=", value="华南")
STATUS = Filter(word="returned", column="status", operator="=", value="returned")


def _said(role: str, content: str) -> Message:
    return Message(id=content, thread_id="t", role=role, content=content, created_at=0)  # type: ignore[arg-type]


def test_a_capable_model_gets_rules_numbered_sources_history_and_the_question() -> None:
    history = [_said("user", "Before?"), _said("assistant", "Yes.")]
    messages = prompt.build("How long?", history, [PAGE, ROWS], {1: "whole page"})
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert "[1] (handbook.pdf, page 13)\nwhole page" in messages[0]["content"]
    assert "[3] (orders)\nThe number of orders is 47." in messages[0]["content"]


def test_without_sources_a_model_is_asked_plainly() -> None:
    assert prompt.build("Hi?", [], [], {}) == [{"role": "user", "content": "Hi?"}]
    assert prompt.build_small("Hi?", []) == [{"role": "user", "content": "Hi?"}]


def test_a_small_model_sees_the_best_page_the_rows_and_an_example_of_the_same_size() -> None:
    assert prompt.for_small([PAGE, MORE, ROWS]) == [PAGE, ROWS]
    one = prompt.build_small("How long?", [PAGE])
    two = prompt.build_small("How long?", [PAGE, ROWS])
    assert one[2]["content"].count("\n") == 0
    assert "trees" in prompt.build_small("How many?", [ROWS])[2]["content"]
    assert two[2]["content"].count("\n") == 1
    assert two[3]["content"] == (
        "Facts:\nThe pump holds 24 months. [1]\nThe number of orders is 47. [3]\n\nQuestion: How long?"
    )


def test_the_example_has_the_form_of_the_question() -> None:
    assert "Which park" in prompt.build_small("Which region is it?", [ROWS])[1]["content"]
    assert "How many oaks" in prompt.build_small("How many are there?", [ROWS])[1]["content"]
    assert "How long is the bridge" in prompt.build_small("Which pump is it?", [PAGE])[1]["content"]


def test_a_page_beside_the_point_is_kept_from_a_small_model_that_has_rows() -> None:
    far = PAGE.model_copy(update={"score": 0.2})
    assert prompt.for_small([far, ROWS]) == [ROWS]
    assert prompt.for_small([far]) == [far]


def test_a_chinese_question_comes_before_its_facts_with_a_chinese_example() -> None:
    messages = prompt.build_small("K7 水泵保修多久？", [PAGE])
    assert messages[3]["content"].startswith("Question: K7 水泵保修多久？\n\nFacts:")
    assert "这座桥" in messages[2]["content"]


def test_an_english_question_with_a_chinese_name_is_english() -> None:
    assert not is_chinese("How many K7 were returned in 华南?")
    assert is_chinese("华南退了多少台 K7？")


def test_one_figure_is_said_as_a_sentence() -> None:
    assert fact("orders", [REGION, STATUS], [{"count": 47}]) == (
        "The number of orders where region is 华南 and status is returned is 47."
    )
    assert fact("orders", [], [{"avg_amount": 12.5}]) == "The average amount of orders is 12.5."
    assert fact("orders", [], [{"region": "华南", "percent": 6.0}]) == (
        "The percentage of orders where region is 华南 is 6."
    )


def test_the_group_that_was_found_is_said_first() -> None:
    assert fact("orders", [STATUS], [{"region": "华南", "count": 47}]) == (
        "The number of orders where region is 华南 and status is returned is 47."
    )


def test_many_rows_are_said_shortly_and_what_is_left_out_is_counted() -> None:
    rows = [{"region": f"r{number}", "count": number} for number in range(10)]
    said = fact("orders", [STATUS], rows)
    assert said.startswith("The number of orders where status is returned by region: r0 0, r1 1,")
    assert said.endswith("r7 7 and 2 more.")


def test_no_rows_are_said_too() -> None:
    assert fact("orders", [REGION], []) == "There are no orders where region is 华南."


def test_a_period_and_several_values_are_said() -> None:
    period = Filter(word="last", column="ordered_at", operator="within", value=["2025-09-01", "2025-12-01"])
    several = Filter(word="filter", column="product", operator="is", value=["A", "B"])
    assert fact("orders", [several, period], [{"count": 1}]) == (
        "The number of orders where product is one of A, B and ordered_at is from 2025-09-01 to before 2025-12-01 is 1."
    )


def test_a_chinese_question_gets_its_figure_in_chinese() -> None:
    assert chinese_fact("orders", [REGION, STATUS], [{"count": 47}]) == (
        "在 orders 中，region 是 华南、status 是 returned 的数量是 47。"
    )
    rows = [{"region": "华南", "percent": 6.84}, {"region": "华东", "percent": 4.61}]
    assert chinese_fact("orders", [], rows) == "在 orders 中，百分比按 region：华南 6.84，华东 4.61。"
