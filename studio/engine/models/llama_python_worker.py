"""llama-cpp-python behind the same routes: one `Llama` and one lock, because two threads on it abort the process.

Runs inside `llama_worker`'s child process, only where llama-cpp-python is installed.
"""

import hmac
import json
import socket
import sys
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

KINDS = {"f16": 1, "q8_0": 8, "q4_0": 2}  # ggml types of the context cache
RANK = 4


def serve(order: dict[str, Any], answer: Any) -> None:
    """Load the model, listen on a free port, say so, and serve until stdin ends."""
    import uvicorn

    application = make_application(load(order), order)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a piece is sent at once, not with the next
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", access_log=False))

    def stop_with_the_studio() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=stop_with_the_studio, daemon=True).start()
    answer({"port": listener.getsockname()[1]})
    server.run(sockets=[listener])


def load(order: dict[str, Any]) -> Any:
    from llama_cpp import Llama

    return Llama(
        model_path=order["path"],
        n_ctx=order["context_length"],
        n_threads=order["threads"],
        n_threads_batch=order["batch_threads"],
        n_gpu_layers=order["gpu_layers"],
        type_k=KINDS[order["cache_precision"]],
        type_v=KINDS[order["cache_precision"]],
        flash_attn=order["flash_attention"] == "on" or order["cache_precision"] != "f16",
        n_batch=order["prompt_batch"],
        lora_path=order["lora"] or None,
        lora_scale=order["lora_scale"],
        embedding=order["kind"] != "chat",
        verbose=False,
    )


def make_application(llama: Any, order: dict[str, Any]) -> Any:
    """The routes of llama.cpp's server that the studio uses, with its error shapes."""
    from fastapi import Depends, FastAPI, Request
    from fastapi.responses import JSONResponse, StreamingResponse

    def check(request: Request) -> None:
        given = request.headers.get("Authorization", "")
        wanted = f"Bearer {order['token']}"
        if request.url.path != "/health" and not hmac.compare_digest(given.encode(), wanted.encode()):
            raise BadToken

    application = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(check)])
    lock = threading.Lock()

    @application.exception_handler(BadToken)
    async def turn_away(_: Request, __: Exception) -> Any:
        return JSONResponse(_error(401, "Invalid API Key"), 401)

    @application.exception_handler(ValueError)
    async def refuse(_: Request, error: Exception) -> Any:
        return JSONResponse(_error(400, str(error), **getattr(error, "numbers", {})), 400)

    @application.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @application.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": order["name"], "object": "model"}]}

    @application.post("/tokenize")
    def tokenize(body: dict[str, Any]) -> dict[str, Any]:
        with lock:
            return {"tokens": llama.tokenize(str(body["content"]).encode(), add_bos=False)}

    @application.post("/v1/chat/completions")
    def chat(body: dict[str, Any]) -> Any:
        return respond(lambda: llama.create_chat_completion(**_chat_arguments(body)), body)

    @application.post("/v1/completions")
    def complete(body: dict[str, Any]) -> Any:
        return respond(lambda: llama.create_completion(**_arguments(body), prompt=body["prompt"]), body)

    @application.post("/v1/embeddings")
    def embed(body: dict[str, Any]) -> Any:
        if order["kind"] == "chat":
            return JSONResponse(_error(501, "This model was loaded for chat and gives no embeddings"), 501)
        with lock:
            return llama.create_embedding(body["input"], model=order["name"])

    def respond(ask: Any, body: dict[str, Any]) -> Any:
        if body.get("stream"):
            chunks = _stream(ask, lock, llama, order["name"], body)
            first = next(chunks)
            return StreamingResponse(_flow(first, chunks), media_type="text/event-stream")
        with lock:
            return {**_explained(ask), "model": order["name"]}

    return application


async def _flow(first: str, rest: Generator[str, None, None]) -> AsyncIterator[str]:
    """The events as they come; whoever leaves early gives the model free at once."""
    from starlette.concurrency import iterate_in_threadpool

    try:
        yield first
        async for event in iterate_in_threadpool(rest):
            yield event
    finally:
        rest.close()


def _stream(ask: Any, lock: threading.Lock, llama: Any, name: str, body: dict[str, Any]) -> Generator[str, None, None]:
    """Server-sent events with the usage at the end. The first comes only when the prompt was accepted."""
    tokens, prompt = 0, 0
    with lock:
        for chunk in _explained(ask):
            tokens += bool(_content(chunk))
            prompt = prompt or llama.n_tokens - tokens
            yield _event({**chunk, "model": name})
    if (body.get("stream_options") or {}).get("include_usage"):
        usage = {"prompt_tokens": prompt, "completion_tokens": tokens, "total_tokens": prompt + tokens}
        yield _event({"object": "chat.completion.chunk", "model": name, "choices": [], "usage": usage})
    yield "data: [DONE]\n\n"


class BadToken(Exception):  # a middleware would keep streams alive after their reader left
    """The request carries no token, or a wrong one."""


class TooLong(ValueError):
    """The prompt does not fit the context."""

    def __init__(self, tokens: int, context: int) -> None:
        super().__init__(f"request ({tokens} tokens) exceeds the available context size ({context} tokens)")
        self.numbers = {"n_prompt_tokens": tokens, "n_ctx": context}


def _explained(ask: Any) -> Any:
    """The answer; llama-cpp-python's words for a prompt that is too long become numbers."""
    try:
        answer = ask()
        return answer if isinstance(answer, dict) else _explained_stream(answer)
    except ValueError as error:
        raise _too_long(error) from error


def _explained_stream(chunks: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    try:
        yield from chunks
    except ValueError as error:
        raise _too_long(error) from error


def _too_long(error: ValueError) -> ValueError:
    """“Requested tokens (3010) exceed context window of 2048”"""
    numbers = [int(word.strip("()")) for word in str(error).split() if word.strip("()").isdigit()]
    if "exceed context window" in str(error) and len(numbers) == 2:
        return TooLong(*numbers)
    return error


def _content(chunk: dict[str, Any]) -> str:
    choice = (chunk.get("choices") or [{}])[0]
    return str((choice.get("delta") or {}).get("content") or choice.get("text") or "")


def _chat_arguments(body: dict[str, Any]) -> dict[str, Any]:
    """`json_schema` is ignored by this runtime without a word; `json_object` with the schema works."""
    arguments = _arguments(body)
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema = (wanted.get("json_schema") or {}).get("schema")
        arguments["response_format"] = {"type": "json_object", "schema": schema}
    elif wanted:
        arguments["response_format"] = wanted
    for name in ("tools", "tool_choice"):
        if body.get(name) is not None:
            arguments[name] = body[name]
    return {**arguments, "messages": body["messages"]}


def _arguments(body: dict[str, Any]) -> dict[str, Any]:
    names = (
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "stop",
        "seed",
        "stream",
        "presence_penalty",
        "frequency_penalty",
    )
    return {name: body[name] for name in names if body.get(name) is not None}


def _event(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


def _error(code: int, message: str, **numbers: int) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **numbers}}
