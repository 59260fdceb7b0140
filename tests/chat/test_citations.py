"""What is written is held against what is cited."""

from __future__ import annotations

from studio.engine.chat import citations
from studio.engine.chat.message import Source

PUMP = Source(
    number=1,
    kind="page",
    title="handbook.pdf",
    page=13,
    quote="The warranty on the K7 pump is 24 months from the date of purchase.",
)
ROWS = Source(
    number=2,
    kind="rows",
    title="orders",
    quote="The number of orders where region is 华南 and status is returned is 47.",
    rows=[{"count": 47}],
    row_count=1,
)
CHINESE = Source(number=3, kind="page", title="handbook.pdf", quote="K7 水泵自购买之日起保修 24 个月，期内免费维修。")
ALL = [PUMP, ROWS, CHINESE]


def test_a_mark_that_holds_stays_and_its_source_counts_as_cited() -> None:
    content, sources = citations.settle("The K7 pump has a warranty of 24 months [1].", [PUMP, ROWS])
    assert content == "The K7 pump has a warranty of 24 months [1]."
    assert [(source.cited, source.flagged) for source in sources] == [(True, None), (False, None)]


def test_a_mark_without_a_source_is_removed() -> None:
    content, _ = citations.settle("The warranty on the K7 pump is 24 months [7].", [PUMP])
    assert content == "The warranty on the K7 pump is 24 months."


def test_a_citation_that_does_not_contain_what_is_said_keeps_its_mark_and_is_flagged() -> None:
    content, sources = citations.settle("The warranty on the K7 pump is 30 months. [1]", [PUMP])
    assert content.endswith("[1]")
    assert sources[0].flagged is not None
    assert "30 months" in sources[0].flagged.en
    assert "来源中没有" in sources[0].flagged.zh


def test_a_missing_mark_is_added_where_a_source_holds_the_sentence() -> None:
    content, sources = citations.settle("The warranty on the K7 pump is 24 months.\nThe sky is blue today.", ALL)
    assert content == "The warranty on the K7 pump is 24 months. [1]\nThe sky is blue today."
    assert sources[0].cited


def test_a_missing_mark_is_not_added_for_a_figure_that_the_source_lacks() -> None:
    assert citations.settle("The warranty on the K7 pump is 36 months.", ALL)[0].endswith("months.")


def test_chinese_sentences_are_held_against_chinese_sources() -> None:
    content, sources = citations.settle("K7 水泵自购买之日起保修 24 个月。今天天气不错，适合出门。", ALL)
    assert content == "K7 水泵自购买之日起保修 24 个月。 [3]今天天气不错，适合出门。"
    assert sources[2].cited


def test_what_the_model_was_given_beyond_the_quote_counts() -> None:
    texts = {1: PUMP.quote + " Aurora pays shipping in both directions."}
    _, sources = citations.settle("Aurora pays shipping in both directions [1].", [PUMP], texts)
    assert sources[0].flagged is None


def test_the_figures_of_rows_hold() -> None:
    _, sources = citations.settle("47 orders of the region 华南 have the status returned [2].", ALL)
    assert sources[1].flagged is None


def test_decimals_and_names_with_digits_do_not_end_a_sentence() -> None:
    source = Source(
        number=1, kind="page", title="a", quote="The rate of version v2.1 rose to 4.61% in the south region."
    )
    content, _ = citations.settle("The rate of version v2.1 rose to 4.61% in the south. Fine.", [source])
    assert content == "The rate of version v2.1 rose to 4.61% in the south. [1] Fine."


def test_code_links_headings_and_tables_get_no_marks() -> None:
    text = (
        "# The warranty on the K7 pump is 24 months\n"
        "```python\nvalue = rows[7]\n```\n"
        "| The warranty on the K7 pump is 24 months |\n"
        "See [9](https://example.org)."
    )
    assert citations.settle(text, ALL)[0] == text


def test_numbers_that_stand_in_no_source_are_named_once() -> None:
    text = "1. It holds 30 months [1], 30 months for the K7, and 47 came back.\n2. In 2 of 90 days."
    assert citations.unsupported_numbers(text, ALL, "What of the last 90 days?") == ["30", "2"]


def test_numbers_are_compared_by_value() -> None:
    source = Source(number=1, kind="page", title="a", quote="They sold 1,038 pieces at 24.0 yuan on 2025-03-01.")
    assert citations.unsupported_numbers("1038 at 24, in 3.", [source], "") == []


def test_without_sources_nothing_is_changed() -> None:
    assert citations.settle("Any words at all [1].", [])[0] == "Any words at all."


GIVEN = (
    "4.2 Pump faults. The warranty on the K7 pump is 24 months from the date of purchase. Ask for the batch number first. "
    "If the repair takes longer than 7 working days, Aurora lends a machine to the customer."
)


def test_a_sentence_that_stands_beside_the_quote_adds_its_own_span() -> None:
    said = "Aurora lends a machine when the repair takes longer than 7 working days [1]."
    _, [source] = citations.settle(said, [PUMP], {1: GIVEN})
    [(start, end)] = source.spans
    assert source.flagged is None
    assert GIVEN[start:end] == "If the repair takes longer than 7 working days, Aurora lends a machine to the customer."


def test_what_stands_nowhere_on_the_page_is_flagged_even_when_its_words_are_scattered_over_it() -> None:
    filler = " ".join(f"Sentence {word} says nothing of it." for word in ("repair", "machine", "customer", "batch"))
    said = "The customer gets a free repair of the machine by express courier for a batch [1]."
    _, [source] = citations.settle(said, [PUMP], {1: filler})
    assert source.flagged is not None
    assert source.spans == []


def test_of_two_chips_of_one_source_only_the_false_one_is_flagged() -> None:
    said = "The warranty on the K7 pump is 24 months [1]. The warranty on the K7 pump is 36 months [1]."
    _, [source] = citations.settle(said, [PUMP], {1: GIVEN})
    assert source.false_at == [1]
    assert source.flagged is not None
    assert "36 months" in source.flagged.en
