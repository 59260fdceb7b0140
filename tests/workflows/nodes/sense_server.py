"""A server that speaks the OpenAI protocol and looks at what it is sent: it says the size and colour of a picture, the length of
a recording. A model named “blind” takes neither, in the words of llama.cpp."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any

from PIL import Image

from tests.workflows.kill_graphs import Server


def told(part: dict[str, Any]) -> str:
    if part["type"] == "text":
        return f"“{part['text'].splitlines()[0]}”"
    if part["type"] == "image_url":
        head, _, data = part["image_url"]["url"].partition(",")
        seen = Image.open(io.BytesIO(base64.b64decode(data)))
        red, green, _ = seen.convert("RGB").getpixel((0, 0))  # type: ignore[misc]
        colour = "red" if red > 200 > green else "white"
        return f"{head.removeprefix('data:image/').removesuffix(';base64')} {seen.width}x{seen.height} {colour} exif={len(seen.getexif())}"
    with wave.open(io.BytesIO(base64.b64decode(part["input_audio"]["data"]))) as heard:
        return f"{part['input_audio']['format']} {heard.getnframes() / heard.getframerate():g} s"


class Senses(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._say(200, {"data": [{"id": "seeing"}, {"id": "blind"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        content = asked["messages"][-1]["content"]
        if asked["model"] == "blind" and not isinstance(content, str):
            kind = "image" if any(part["type"] == "image_url" for part in content) else "audio"
            why = f"{kind} input is not supported - hint: if this is unexpected, you may need to provide the mmproj"
            return self._say(500, {"error": {"message": why, "type": "server_error", "code": 500}})
        words = "; ".join(map(told, content))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for piece in (words[:9], words[9:]):
            said = {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
            self.wfile.write(f"data: {json.dumps(said)}\n\n".encode())
        end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        self.wfile.write(f"data: {json.dumps(end)}\n\ndata: [DONE]\n\n".encode())
        return None

    def _say(self, status: int, content: Any) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def senses() -> Iterator[str]:
    server = Server(("127.0.0.1", 0), Senses)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
