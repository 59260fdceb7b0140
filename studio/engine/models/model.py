"""What a model is to the rest of the studio, and what it answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.events import Event
from studio.engine.params import Params, param
from studio.engine.text import Text

Kind = Literal["chat", "embedding", "rerank"]
State = Literal["available", "loading", "loaded", "failed", "missing"]


class LoadSettings(Params):
    """How a model is loaded. What is not said here follows Settings › Models."""

    context_length: int = param(
        4096,
        Text("Context length", "上下文长度"),
        ge=256,
        le=1_048_576,
        unit="tokens",
        help=Text(
            "For each slot; never more than the model was trained for.",
            "每个并行槽位的长度，不会超过模型训练时的上限。",
        ),
    )
    slots: int = param(
        2,
        Text("Parallel slots", "并行槽位"),
        ge=1,
        le=64,
        help=Text("Requests that are answered at the same time.", "同时处理的请求数。"),
    )
    threads: int = param(
        0, Text("CPU threads", "CPU 线程数"), ge=0, le=256, help=Text("0 chooses by itself.", "0 表示自动选择。")
    )
    cache_precision: Literal["f16", "q8_0"] = param(
        "f16",
        Text("Context cache precision", "上下文缓存精度"),
        choices={"f16": Text.same("F16"), "q8_0": Text.same("Q8")},
        help=Text("Q8 halves the memory of the context.", "Q8 可将上下文占用的内存减半。"),
    )
    gpu_layers: int = param(
        -1,
        Text("Layers on the GPU", "GPU 层数"),
        ge=-1,
        le=1000,
        advanced=True,
        help=Text(
            "-1 puts as many there as fit; without a GPU it changes nothing.", "-1 表示尽量多放；没有 GPU 时不起作用。"
        ),
    )
    unload_after_minutes: int = param(
        30,
        Text("Unload when idle", "空闲后卸载"),
        ge=0,
        le=1440,
        unit="min",
        help=Text("0 keeps it loaded.", "0 表示一直保持加载。"),
    )


class Model(BaseModel):
    """One model of the library. Sizes in bytes, `parameters` a count, `tokens_per_second` as last measured here.

    `location` is a file or folder, or the URL of a remote server, where `remote_name` is its name there. `label` says
    what a reader must know before trusting it; `error` why it is failed or missing, with the way out. `location` of a
    split file is its first part and `parts` how many there are; `projector` the file with a vision model's eyes. `key` is
    the quick key of its content, `digest` the SHA-256 once it was worked out, "" before; `hub` the repository that
    it was downloaded from.
    """

    id: str
    name: str
    kind: Kind
    backend: str
    location: str
    size_bytes: int | None = None
    quantization: str = ""
    architecture: str = ""
    context_length: int | None = None
    parameters: int | None = None
    dimensions: int | None = None
    licence: str = ""
    chat_template: str = ""
    publisher: str = ""
    label: Text | None = None
    demo: bool = False
    included: bool = False
    remote_name: str = ""
    shape: dict[str, int] = {}
    parts: int = 1
    projector: str = ""
    key: str = ""
    digest: str = ""
    hub: str = ""
    state: State = "available"
    error: Text | None = None
    tokens_per_second: float | None = None
    measured_at: float | None = None
    load_settings: LoadSettings = LoadSettings()

    @property
    def remote(self) -> bool:
        return self.location.startswith(("http://", "https://"))


class EmbedderInfo(BaseModel):
    """An embedding model as a collection records it."""

    id: str
    name: str
    dimensions: int
    query_prefix: str = ""
    passage_prefix: str = ""


class Usage(BaseModel):
    """Tokens of one answer; `tokens_per_second` is the decoding speed that was measured, `seconds` to the first token."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    tokens_per_second: float | None = None
    first_token_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ChatPiece:
    """A piece of an answer as it comes. The last pieces carry `finish_reason` and `usage`; tool calls come as OpenAI deltas."""

    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    tool_calls: tuple[dict[str, Any], ...] = ()


class ModelStatistics(BaseModel):
    """Since the program started; `tokens_per_second` of all answers that are being written now, None when there is none.

    `active` answers are under way, `waiting` of them for one of the `slots` that the loaded models have together.
    `throughput` is how many tokens were written in each of the last 300 seconds, the oldest first.
    """

    loaded: int
    tokens_per_second: float | None
    requests: int
    tokens: int
    by_model: dict[str, dict[str, float]] = {}
    active: int = 0
    waiting: int = 0
    slots: int = 0
    requests_per_minute: int = 0
    throughput: list[int] = []


@dataclass(frozen=True, slots=True)
class ThroughputChanged(Event):
    """Told once a second while answers are being written, and once after the last."""

    statistics: ModelStatistics


@dataclass(frozen=True, slots=True)
class ModelChanged(Event):
    """A model was added, changed its state or its facts, or was removed (state "removed")."""

    model_id: str
    state: str
