"""A list of calls that a model writes as JSON becomes OpenAI's tool calls, however the text is cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as any_of

from studio.engine.errors import BadParameter
from studio.engine.models.tool_choice import Calls, must_call, with_schema
from studio.engine.models.whole import Whole

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
values = any_of.recursive(
    any_of.none() | any_of.booleans() | any_of.integers() | any_of.text(max_size=12),
    lambda inner: any_of.lists(inner, max_size=3) | any_of.dictionaries(any_of.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
calls = any_of.fixed_dictionaries(
    {
        "name": any_of.text(min_size=1, max_size=12),
        "arguments": any_of.dictionaries(any_of.text(max_size=6), values, max_size=3),
    }
)


@settings(deadline=None)
@given(
    any_of.lists(calls, min_size=1, max_size=3),
    any_of.integers(1, 9),
    any_of.sampled_from([None, 1]),
    any_of.booleans(),
)
def test_calls_are_the_same_however_the_text_is_cut(wanted, size, indent, ascii_only):
    text = json.dumps(wanted, indent=indent, ensure_ascii=ascii_only)
    reader, whole = Calls(), Whole()
    for start in range(0, len(text), size):
        deltas = list(reader.read(text[start : start + size]))
        whole.add({"choices": [{"index": 0, "delta": {"tool_calls": deltas}, "finish_reason": None}]})
    found = whole.answer()["choices"][0]["message"]["tool_calls"]
    assert [call["function"]["name"] for call in found] == [call["name"] for call in wanted]
    assert [json.loads(call["function"]["arguments"]) for call in found] == [call["arguments"] for call in wanted]
    assert len({call["id"] for call in found}) == len(wanted)


def test_only_a_forced_choice_is_put_as_a_schema():
    body = {"messages": [], "tools": [WEATHER]}
    assert not must_call({**body, "tool_choice": "auto"}) and not must_call(body)
    assert not must_call({"messages": [], "tool_choice": "required"})
    assert must_call({**body, "tool_choice": "required"})


def test_the_model_is_told_the_tools_in_its_own_system_message():
    body = {"messages": [{"role": "system", "content": "Be kind."}], "tools": [WEATHER], "tool_choice": "required"}
    turned = with_schema(body)
    assert turned["messages"][0]["content"].startswith("Be kind.") and "weather" in turned["messages"][0]["content"]
    assert turned["response_format"]["json_schema"]["schema"]["maxItems"] == 1
    assert "tools" not in turned and "tool_choice" not in turned
    assert (
        with_schema({**body, "parallel_tool_calls": True})["response_format"]["json_schema"]["schema"]["maxItems"] > 1
    )


def test_a_choice_that_is_none_of_the_tools_is_refused_by_name():
    choice = {"type": "function", "function": {"name": "clock"}}
    with pytest.raises(BadParameter, match="clock"):
        with_schema({"messages": [], "tools": [WEATHER], "tool_choice": choice})
