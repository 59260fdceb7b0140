from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator
from typing import Any

import pytest

from studio.engine.errors import BadParameter, StudioError, Unavailable
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.speak import SpeakParams, speak
from tests.contracts.node_contract import NodeContract
from tests.models.conftest import events, make_models, models, paths, settings
from tests.workflows.conftest import rooms
from tests.workflows.nodes.objects import bucket
from tests.workflows.nodes.speech_server import Speaking, speaking

__all__ = ["bucket", "events", "make_models", "models", "paths", "rooms", "settings"]


@pytest.fixture
async def voices(models: Any) -> AsyncIterator[Speaking]:
    """The real models room with a server of somebody else's that has a model which speaks, and one that does not."""
    with speaking() as told:
        await models.add_remote("reader", told.url, key="sk-voice", model="little-tts")
        await models.add_remote("blind", told.url, model="blind")
        yield told


def seconds(content: bytes) -> float:
    with wave.open(io.BytesIO(content)) as heard:
        return heard.getnframes() / heard.getframerate()


class TestSpeak(NodeContract):
    name = "speak"

    async def test_a_text_becomes_a_recording_in_a_bucket(self, voices: Speaking, models: Any, bucket: Any) -> None:
        context = Context(services=Services(models=models, objects=bucket), run="run-1")
        params = SpeakParams(voice="nova", format="wav", speed=2, instructions="calm")
        place = await speak("a" * 80, context, params)
        assert place == "s3://results/run-1-speech.wav"
        assert seconds(await bucket.get(place)) == pytest.approx(2, abs=0.01), "80 letters, twice as fast"
        assert voices.asked == [
            {"model": "little-tts", "input": "a" * 80, "voice": "nova", "response_format": "wav", "speed": 2.0, "instructions": "calm"}
        ]  # fmt: skip
        assert voices.keys == ["Bearer sk-voice"]
        assert (await models.get("reader")).kind == "speech", "no chat is offered with it"

    async def test_what_a_server_does_not_know_is_said_in_its_words(
        self, voices: Speaking, models: Any, bucket: Any
    ) -> None:
        context = Context(services=Services(models=models, objects=bucket))
        with pytest.raises(StudioError, match="voice 'deep' not found"):
            await speak("Hello", context, SpeakParams(model="reader", voice="deep", format="wav"))
        with pytest.raises(BadParameter, match="no text to speak"):
            await speak(" \n", context, SpeakParams(model="reader"))

    async def test_where_no_model_speaks_it_says_how_to_get_one(
        self, voices: Speaking, models: Any, bucket: Any
    ) -> None:
        context = Context(services=Services(models=models, objects=bucket))
        await models.remove("reader")
        for model, why in (
            ("default", "no model that speaks yet"),
            ("blind", "does not speak"),
            ("usem3", "does not speak"),
        ):
            with pytest.raises(Unavailable, match=why) as raised:
                await speak("Hello", context, SpeakParams(model=model))
            assert "add a server" in raised.value.whole().en and "添加" in raised.value.whole().zh
            assert raised.value.fix is not None and raised.value.fix.kind == "model"
