"""What reaches a worker: known fields, numbers in their ranges; what is of the wrong kind is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as any_of

from studio.engine.errors import BadParameter
from studio.engine.models.request import CHAT, LONGEST_TEXT, cleaned

ROUTE = "/v1/chat/completions"
NUMBERS = ["temperature", "top_p", "top_k", "min_p", "repeat_penalty", "presence_penalty", "n", "seed", "max_tokens"]


def asked(**fields):
    return cleaned(ROUTE, {"messages": [{"role": "user", "content": "x"}], **fields})


def test_unknown_fields_are_dropped():
    assert set(asked(n_predict=9, id_slot=3, lora=[{"id": 0}], user="me", slot_save_path="/x")) == {"messages"}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("temperature", -3, 0),
        ("temperature", 1e308, 2),
        ("temperature", float("inf"), 2),
        ("top_p", float("-inf"), 0),
        ("top_k", -40, 0),
        ("seed", 2**80, 2**31 - 1),
        ("n", 10**9, 16),
        ("max_tokens", 10**30, 1_048_576),
        ("repeat_penalty", 0, 0.1),
        ("logit_bias", {"1": -1e9}, {"1": -100}),
    ],
)
def test_numbers_are_brought_into_their_range(field, value, expected):
    assert asked(**{field: value})[field] == expected


def test_a_limit_of_nought_or_less_is_none():
    assert "max_tokens" not in asked(max_tokens=-1) and "max_tokens" not in asked(max_completion_tokens=0)
    assert asked(max_completion_tokens=7, max_tokens=3)["max_tokens"] == 7


@pytest.mark.parametrize("value", [float("nan"), "0.5", True, [1], {"a": 1}])
@pytest.mark.parametrize("field", ["temperature", "top_k"])
def test_what_is_no_number_is_refused_by_name(field, value):
    with pytest.raises(BadParameter, match=f"“{field}” has to be a number"):
        asked(**{field: value})


def test_empty_stops_are_dropped_and_only_sixteen_are_taken():
    assert asked(stop=["", "a", *map(str, range(30))])["stop"][0] == "a"
    assert len(asked(stop=list(map(str, range(30))))["stop"]) == 16
    assert asked(stop="end")["stop"] == ["end"]


def test_a_prompt_of_more_than_ten_megabytes_is_refused_with_its_size():
    with pytest.raises(BadParameter, match="10,000,005 bytes"):
        asked(messages=[{"role": "user", "content": "x" * (LONGEST_TEXT + 1)}])
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * (LONGEST_TEXT + 1)}}
    assert asked(messages=[{"role": "user", "content": [picture]}])


@settings(deadline=None)
@given(
    any_of.dictionaries(
        any_of.sampled_from(sorted(CHAT)),
        any_of.one_of(
            any_of.floats(),
            any_of.integers(),
            any_of.text(max_size=5),
            any_of.booleans(),
            any_of.none(),
            any_of.lists(any_of.integers(), max_size=3),
            any_of.dictionaries(any_of.text(max_size=3), any_of.floats(), max_size=3),
        ),
        max_size=6,
    )
)
def test_whatever_is_sent_is_cleaned_or_refused(body):
    try:
        found = cleaned(ROUTE, body)
    except BadParameter:
        return
    assert set(found) <= set(CHAT)
    for name in NUMBERS:
        assert name not in found or -2 <= found[name] <= 2**31 - 1
