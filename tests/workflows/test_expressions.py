"""Conditions: what they can say, and what they cannot reach."""

from __future__ import annotations

import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.expressions import evaluate, names


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("len(value) >= 1", True),
        ("value[0].page == 3 and score > 0.5", True),
        ("'K7' in text or false", True),
        ("lower(text) == 'k7 泵'", True),
        ("not (score < 1)", False),
        ("1 < score * 2 <= 3", True),
        ("'yes' if score > 0.5 else 'no'", "yes"),
        ("round(score + 0.26, 1)", 1.0),
        ("[1, 2] + [3]", [1, 2, 3]),
        ("none is null", True),
    ],
)
def test_a_condition_compares_counts_and_calculates(expression: str, answer: object) -> None:
    assert evaluate(expression, {"value": [{"page": 3}], "score": 0.75, "text": "K7 泵"}) == answer


@pytest.mark.parametrize(
    "expression",
    [
        "().__class__.__bases__[0].__subclasses__()",
        "__import__('os').system('id')",
        "value.__class__",
        "open('/etc/passwd')",
        "[x for x in value]",
        "lambda: 1",
        "f'{value}'",
        "value.append(1)",
        "(lambda: 0)()",
        "'a' * 10**9",
        "2 ** 999999999",
        "9 ** 9 ** 9",
        "text.format(value)",
        "unknown > 1",
        "x := 3",
        "len",
        "1 if",
        "a" * 5000,
    ],
)
def test_a_condition_reaches_nothing_else(expression: str) -> None:
    with pytest.raises(Invalid) as caught:
        evaluate(expression, {"value": [1], "text": "{0}"})
    assert caught.value.message.zh


def test_nesting_that_is_too_deep_is_refused_and_not_a_crash() -> None:
    with pytest.raises(Invalid):
        evaluate("(" * 1500 + "1" + ")" * 1500, {})


def test_the_names_of_a_condition_are_its_inputs_in_order() -> None:
    assert names("len(reply) > 1 and score > 0.5 and reply != none") == ["reply", "score"]
    assert names("this does not") == []
