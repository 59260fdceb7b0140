"""What a model is to the rest of the studio, and what it answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.events import Event
from studio.engine.models.load_settings import LoadSettings as LoadSettings
from studio.engine.models.prices import Prices
from studio.engine.text import Text

Kind = Literal["chat", "embedding", "rerank", "speech"]
State = Literal["available", "loading", "loaded", "failed", "missing"]


class Figures(BaseModel):
    """What was measured here last: seconds, tokens a second (`parallel` over so many answers at once), bytes."""

    first_token_seconds: float
    prompt_tokens_per_second: float
    parallel: dict[int, float]
    peak_memory: int | None = None


class Model(BaseModel):
    """One model of the library. Sizes in bytes, `parameters` a count, `tokens_per_second` as last measured here.

    `location` is a file or folder, or the URL of a remote server, where `remote_name` is its name there. `label` says
    what a reader must know before trusting it; `error` why it is failed or missing, with the way out. `location` of a
    split file is its first part and `parts` how many there are; `projector` the file with a vision model's eyes. `key` is
    the quick key of its content, `digest` the SHA-256 once it was worked out, "" before; `hub` the repository that
    it was downloaded from; `starred` that a person wants it first, `prices` what they say that its tokens cost. `engine` is what runs it while it is loaded, and `why`, where another might have.
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
    starred: bool = False
    prices: Prices | None = None
    state: State = "available"
    error: Text | None = None
    engine: str = ""
    why: Text | None = None
    tokens_per_second: float | None = None
    measured_at: float | None = None
    figures: Figures | None = None
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
