"""A server that speaks the OpenAI protocol and says texts aloud, as tones: a twentieth of a second for each letter. Of its two models
“blind” has no voice; there are the voices alloy and nova, as WAV or as raw samples. What it was asked is in `asked`."""

from __future__ import annotations

import io
import json
import math
import struct
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any

from tests.workflows.kill_graphs import Server

RATE = 8_000
PITCH = {"alloy": 220, "nova": 440}


@dataclass
class Speaking:
    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


def tone(letters: int, voice: str, speed: float) -> bytes:
    count = int(RATE * letters / 20 / speed)
    samples = (int(8_000 * math.sin(2 * math.pi * PITCH[voice] * place / RATE)) for place in range(count))
    return b"".join(struct.pack("<h", sample) for sample in samples)


def as_wav(samples: bytes) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples)
    return content.getvalue()


class Voices(BaseHTTPRequestHandler):
    told: Speaking

    def do_GET(self) -> None:
        self._say(200, {"data": [{"id": "little-tts"}, {"id": "blind"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.told.keys.append(self.headers.get("authorization", ""))
        if self.path != "/v1/audio/speech" or asked["model"] == "blind":
            return self._say(404, {"error": {"message": "Not Found", "type": "invalid_request_error"}})
        if asked["voice"] not in PITCH:
            return self._say(400, {"error": {"message": f"voice '{asked['voice']}' not found", "param": "voice"}})
        if not 0.25 <= asked.get("speed", 1) <= 4 or asked.get("response_format", "mp3") not in ("wav", "pcm"):
            return self._say(400, {"error": {"message": "response_format: wav or pcm", "param": "response_format"}})
        self.told.asked.append(asked)
        samples = tone(len(asked["input"]), asked["voice"], asked.get("speed", 1))
        content, kind = (samples, "audio/pcm") if asked["response_format"] == "pcm" else (as_wav(samples), "audio/wav")
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        for start in range(0, len(content), 4_096):
            self.wfile.write(content[start : start + 4_096])
        return None

    def _say(self, status: int, content: Any) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def speaking() -> Iterator[Speaking]:
    handler = type("Told", (Voices,), {})
    server = Server(("127.0.0.1", 0), handler)
    handler.told = told = Speaking(f"http://127.0.0.1:{server.server_port}/v1")  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
