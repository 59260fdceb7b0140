"""A text as speech over the OpenAI-shaped route, by the official client: passed on to a server of somebody else's."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator

import httpx
import openai
import pytest

from tests.conftest import Running
from tests.workflows.nodes.speech_server import Speaking, speaking


@pytest.fixture
def voices(bare_studio: Running) -> Iterator[Speaking]:
    with speaking() as told, httpx.Client(base_url=bare_studio.url, timeout=240) as client:
        names = {"reader": "little-tts", "silent": "blind"}
        for name, model in names.items():
            added = {"name": name, "url": told.url, "key": "sk-voice", "model": model}
            assert client.post("/api/v1/models", json=added).status_code == 201
        yield told
        for name in names:
            client.delete(f"/api/v1/models/{name}")


@pytest.fixture
def client(bare_studio: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=bare_studio.url + "/v1", api_key="none", max_retries=0, timeout=240) as made:
        yield made


def test_a_recording_comes_as_the_server_sends_it(client: openai.OpenAI, voices: Speaking) -> None:
    said = {"model": "reader", "input": "a" * 40, "voice": "nova", "response_format": "wav", "speed": 0.5}
    answer = client.audio.speech.create(**said)  # type: ignore[arg-type]
    with wave.open(io.BytesIO(answer.content)) as heard:
        assert heard.getnframes() / heard.getframerate() == pytest.approx(4, abs=0.01)
    assert answer.response.headers["content-type"] == "audio/wav"
    with client.audio.speech.with_streaming_response.create(**{**said, "response_format": "pcm"}) as stream:  # type: ignore[arg-type]
        assert sum(len(piece) for piece in stream.iter_bytes()) == 4 * 8_000 * 2
    assert [one["model"] for one in voices.asked] == ["little-tts"] * 2 and set(voices.keys) == {"Bearer sk-voice"}
    assert (
        next(model for model in client.models.list() if model.to_dict()["name"] == "reader").to_dict()["kind"]
        == "speech"
    )


def test_what_cannot_be_spoken_is_said_with_the_way_out(client: openai.OpenAI, voices: Speaking) -> None:
    with pytest.raises(openai.BadRequestError, match="voice 'deep' not found"):
        client.audio.speech.create(model="reader", input="Hello", voice="deep", response_format="wav")
    for model in ("silent", "usem3"):
        with pytest.raises(openai.APIStatusError, match="does not speak") as raised:
            client.audio.speech.create(model=model, input="Hello", voice="alloy", response_format="wav")
        assert "add a server" in str(raised.value.body)
    with pytest.raises(openai.BadRequestError):
        client.audio.speech.create(model="reader", input="", voice="alloy")
