from __future__ import annotations

import io
import wave
from typing import Any

import pytest

from studio.engine.errors import Invalid, Unavailable
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.listen import ListenParams, listen
from tests.contracts.node_contract import NodeContract
from tests.models.conftest import events, make_models, models, paths, settings
from tests.workflows.conftest import rooms
from tests.workflows.nodes.objects import bucket
from tests.workflows.nodes.test_vision import seeing

__all__ = ["bucket", "events", "make_models", "models", "paths", "rooms", "seeing", "settings"]


def recording(seconds: float) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(int(16_000 * seconds)))
    return content.getvalue()


class TestListen(NodeContract):
    name = "listen"

    async def test_a_model_that_hears_is_sent_the_recording(self, seeing: Any, bucket: Any) -> None:
        await bucket.put("s3://in/call.wav", recording(2.5))
        context = Context(services=Services(models=seeing, objects=bucket))
        params = ListenParams(model="seeing", instruction="Write it down.")
        pieces = [piece async for piece in listen("s3://in/call.wav", context, params)]
        assert pieces[-1].value.text == "“Write it down.”; wav 2.5 s"  # type: ignore[union-attr]
        with pytest.raises(Unavailable, match="takes no recordings") as raised:
            [piece async for piece in listen("s3://in/call.wav", context, ListenParams(model="blind"))]
        assert raised.value.fix is not None and raised.value.fix.kind == "model"

    async def test_what_is_no_recording_is_named(self, bucket: Any) -> None:
        await bucket.put("s3://in/a.wav", b"RIFFnothing")
        with pytest.raises(Invalid, match="no recording"):
            [
                piece
                async for piece in listen("s3://in/a.wav", Context(services=Services(objects=bucket)), ListenParams())
            ]
