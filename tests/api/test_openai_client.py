"""The official OpenAI client works unchanged, its streaming and parsing helpers too."""

from __future__ import annotations

import json

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {
    "type": "object",
    "properties": {"city": {"enum": ["Paris", "Rome"]}, "days": {"enum": [1, 2]}},
    "required": ["city", "days"],
}
TOOL = {"type": "function", "function": {"name": "weather", "description": "Tells the weather", "parameters": WEATHER}}
OTHER = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}}


class Verdict(BaseModel):
    ok: bool


@pytest.fixture
def client(tiny_studio):
    with OpenAI(base_url=tiny_studio.url + "/v1", api_key="none", max_retries=0, timeout=240) as client:
        yield client


def test_the_models_are_listed_and_one_is_found_by_its_alias(client):
    names = {model.id for model in client.models.list()}
    assert "qwen" in names
    assert client.models.retrieve("qwen").id == "qwen"


def test_a_whole_answer_has_its_usage_and_timings(client):
    answer = client.chat.completions.create(model="qwen", messages=HELLO, max_tokens=8, extra_body={"ignore_eos": True})
    assert (answer.object, answer.model) == ("chat.completion", "qwen")
    assert answer.choices[0].message.role == "assistant" and answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 8
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 8
    assert answer.timings["predicted_per_second"] > 0


def test_a_streamed_answer_is_the_same_as_the_whole_one_for_a_seed(client):
    asked = {"model": "qwen", "messages": HELLO, "max_tokens": 12, "seed": 7, "temperature": 1.0}
    whole = client.chat.completions.create(**asked)
    pieces = list(client.chat.completions.create(**asked, stream=True))
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == whole.choices[0].message.content
    assert {piece.model for piece in pieces} == {"qwen"}


def test_usage_comes_with_a_stream_only_when_it_is_asked_for(client):
    asked = {"model": "qwen", "messages": HELLO, "max_tokens": 4, "stream": True}
    assert all(piece.choices for piece in client.chat.completions.create(**asked))
    last = list(client.chat.completions.create(**asked, stream_options={"include_usage": True}))[-1]
    assert last.choices == [] and last.usage.prompt_tokens > 0


def test_the_streaming_helper_tells_its_events_and_has_the_final_answer(client):
    one_word = {"grammar": 'root ::= "certainly" | "never"'}
    with client.chat.completions.stream(model="qwen", messages=HELLO, extra_body=one_word) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "content.delta" in kinds and kinds[-1] == "content.done"
    assert final.choices[0].message.content in ("certainly", "never")


def test_an_answer_is_parsed_into_a_pydantic_model(client):
    answer = client.chat.completions.parse(model="qwen", messages=HELLO, response_format=Verdict, max_tokens=200)
    assert isinstance(answer.choices[0].message.parsed, Verdict)


def test_a_grammar_is_kept_to(client):
    body = {"grammar": 'root ::= "yes" | "no"'}
    answer = client.chat.completions.create(model="qwen", messages=HELLO, extra_body=body)
    assert answer.choices[0].message.content in ("yes", "no")


def test_stops_and_logprobs_and_several_choices_are_understood(client):
    asked = {"model": "qwen", "messages": HELLO, "max_tokens": 6, "logprobs": True, "top_logprobs": 3, "n": 2}
    answer = client.chat.completions.create(**asked, temperature=0, extra_body={"ignore_eos": True})
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert all(len(choice.logprobs.content) >= 3 for choice in answer.choices)
    assert all(len(one.top_logprobs) == 3 for one in answer.choices[0].logprobs.content)
    grammar = {"grammar": 'root ::= "one two three"'}
    stopped = client.chat.completions.create(model="qwen", messages=HELLO, stop=["two"], extra_body=grammar)
    assert stopped.choices[0].message.content == "one "


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
def test_a_required_tool_call_is_made_even_by_a_model_that_knows_no_tools(client, choice):
    answer = client.chat.completions.create(
        model="qwen", messages=HELLO, tools=[TOOL], tool_choice=choice, max_tokens=400
    )
    call = answer.choices[0].message.tool_calls[0]
    arguments = json.loads(call.function.arguments)
    assert answer.choices[0].finish_reason == "tool_calls"
    assert call.id.startswith("call_") and call.function.name == "weather"
    assert arguments["city"] in ("Paris", "Rome") and arguments["days"] in (1, 2)


def test_required_tool_calls_are_streamed_with_their_arguments_in_pieces(client):
    asked = {"model": "qwen", "messages": HELLO, "tools": [TOOL, OTHER], "max_tokens": 600}
    with client.chat.completions.stream(**asked, tool_choice="required", parallel_tool_calls=True, seed=3) as stream:
        deltas = [event for event in stream if event.type == "tool_calls.function.arguments.delta"]
        final = stream.get_final_completion().choices[0]
    assert final.finish_reason in ("tool_calls", "length")
    calls = final.message.tool_calls
    assert calls and {call.function.name for call in calls} <= {"weather", "clock"}
    assert len({call.id for call in calls}) == len(calls)
    if final.finish_reason == "tool_calls":
        assert all(isinstance(json.loads(call.function.arguments), dict) for call in calls)
        assert deltas


def test_plain_completions_are_served_too(client):
    answer = client.completions.create(model="qwen", prompt="Once", max_tokens=5, extra_body={"ignore_eos": True})
    assert answer.object == "text_completion" and answer.choices[0].text
    pieces = list(client.completions.create(model="qwen", prompt="Once", max_tokens=5, stream=True))
    assert "".join(piece.choices[0].text for piece in pieces)


def test_texts_are_embedded(client):
    answer = client.embeddings.create(model="text-embedding-ada-002", input=["pump", "水泵"])
    assert [len(row.embedding) for row in answer.data] == [512, 512]
    assert answer.model == "text-embedding-ada-002"


def test_a_response_is_created_and_goes_on_with_the_one_before(client):
    first = client.responses.create(model="qwen", input="Hello", instructions="Be brief.", max_output_tokens=8)
    assert first.object == "response" and first.status in ("completed", "incomplete")
    assert first.output_text and first.usage.output_tokens > 0
    second = client.responses.create(model="qwen", input="Go on", previous_response_id=first.id, max_output_tokens=4)
    assert second.usage.input_tokens > first.usage.input_tokens
    with pytest.raises(openai.NotFoundError, match="resp_none"):
        client.responses.create(model="qwen", input="x", previous_response_id="resp_none")


def test_a_response_is_streamed_event_by_event(client):
    with client.responses.stream(model="qwen", input="Hello", text_format=Verdict) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text and final.output_text == text
    assert isinstance(final.output_parsed, Verdict)


def test_a_response_is_parsed_and_calls_tools(client):
    parsed = client.responses.parse(model="qwen", input="Hello", text_format=Verdict, max_output_tokens=200)
    assert isinstance(parsed.output_parsed, Verdict)
    tool = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}
    answer = client.responses.create(model="qwen", input="Hello", tools=[tool], tool_choice="required")
    call = answer.output[0]
    assert call.type == "function_call" and json.loads(call.arguments)["city"] in ("Paris", "Rome")
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    after = client.responses.create(
        model="qwen", previous_response_id=answer.id, input=[output], tools=[tool], max_output_tokens=4
    )
    assert after.id != answer.id


def test_errors_are_the_clients_own_with_the_reason(client):
    with pytest.raises(openai.NotFoundError, match="gpt-99"):
        client.chat.completions.create(model="gpt-99", messages=HELLO)
    with pytest.raises(openai.BadRequestError, match=r"[\d,]+ tokens and “Tiny-Random” was loaded for 2,048"):
        client.chat.completions.create(model="qwen", messages=[{"role": "user", "content": "泵" * 4000}])
    with pytest.raises(openai.BadRequestError, match="no chat model"):
        client.chat.completions.create(model="usem3", messages=HELLO)
