"""OpenAI's routes over the local models: the official client works unchanged."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from studio.api.envelope import body, described, engine_of, to_json
from studio.api.relay import Relay, SpeechRelay
from studio.api.request_log import LoggedRoute, entry_of
from studio.engine.errors import NotFound, StudioError
from studio.engine.models.speaking import SPEECH_ROUTE
from studio.engine.params import param
from studio.engine.text import Text

router = APIRouter(prefix="/v1", tags=["serving"], route_class=LoggedRoute)


class OpenAiRequest(BaseModel):
    """What every route needs; all else goes to the model as it is."""

    model_config = ConfigDict(extra="allow")

    model: str = param("default", Text("Model", "模型"))


class ChatRequest(OpenAiRequest):
    messages: list[dict[str, Any]] = param(..., Text("Messages", "消息"), min_length=1)
    stream: bool = param(False, Text("Stream", "流式"))


class CompletionRequest(OpenAiRequest):
    prompt: str | list[Any] = param(..., Text("Prompt", "提示词"))
    stream: bool = param(False, Text("Stream", "流式"))


class EmbeddingsRequest(OpenAiRequest):
    model: str = param("text-embedding-ada-002", Text("Model", "模型"))
    input: str | list[Any] = param(..., Text("Texts", "文本"))


class RerankRequest(OpenAiRequest):
    query: str = param(..., Text("Query", "查询"))
    documents: list[str] = param(..., Text("Texts", "文本"))


class SpeechRequest(OpenAiRequest):
    input: str = param(..., Text("Text", "文本"), min_length=1)
    voice: str | dict[str, Any] = param("alloy", Text("Voice", "音色"))
    response_format: str = param("mp3", Text("Format", "格式"))
    speed: float = param(1.0, Text("Speed", "语速"), ge=0.25, le=4)


@router.get("/models")
async def models(request: Request) -> Response:
    """The models, and the aliases that lead to one."""
    engine = engine_of(request)
    found = [_card(model.id, model) | {"name": model.name} for model in await engine.models.list()]
    for alias in await engine.models.aliases():
        try:
            found.append(_card(alias, await engine.models.get(alias)))
        except StudioError:
            continue
    return Response(to_json({"object": "list", "data": found}), media_type="application/json")


@router.get("/models/{name:path}")
async def model(request: Request, name: str) -> Response:
    """One model by id, name or alias."""
    return Response(to_json(_card(name, await engine_of(request).models.get(name))), media_type="application/json")


@router.post("/chat/completions", openapi_extra=described(ChatRequest))
async def chat_completions(request: Request, given: ChatRequest = body(ChatRequest)) -> Response:
    """A chat completion, streamed or whole."""
    return Relay(request, "/v1/chat/completions", given.model_dump(), given.model, given.stream)


@router.post("/completions", openapi_extra=described(CompletionRequest))
async def completions(request: Request, given: CompletionRequest = body(CompletionRequest)) -> Response:
    """A plain completion, streamed or whole."""
    return Relay(request, "/v1/completions", given.model_dump(), given.model, given.stream)


@router.post("/embeddings", openapi_extra=described(EmbeddingsRequest))
async def embeddings(request: Request, given: EmbeddingsRequest = body(EmbeddingsRequest)) -> Response:
    """Texts as vectors."""
    entry_of(request).inputs = 1 if isinstance(given.input, str) else len(given.input)
    return Relay(request, "/v1/embeddings", given.model_dump(), given.model, False)


@router.post("/rerank", openapi_extra=described(RerankRequest))
async def rerank(request: Request, given: RerankRequest = body(RerankRequest)) -> Response:
    """Texts in the order in which they answer a query; needs a reranking model."""
    entry_of(request).inputs = len(given.documents)
    return Relay(request, "/v1/rerank", given.model_dump(), given.model, False)


@router.post("/audio/speech", openapi_extra=described(SpeechRequest))
async def speech(request: Request, given: SpeechRequest = body(SpeechRequest)) -> Response:
    """A text as speech, by a model of a connected server that speaks; the recording comes as the server sends it."""
    return SpeechRelay(request, SPEECH_ROUTE, given.model_dump(), given.model, False)


def _card(name: str, model: Any) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "local", "kind": model.kind, "state": model.state}


@router.api_route("/{rest:path}", methods=["GET", "POST"], include_in_schema=False)
async def unknown(request: Request, rest: str) -> Response:
    """Any other route of OpenAI's: not here, in OpenAI's shape."""
    raise NotFound(Text(f"/v1/{rest} is not served here; see /docs.", f"这里不提供 /v1/{rest}，请见 /docs。"))
