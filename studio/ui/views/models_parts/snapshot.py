"""Everything that the Models view shows, read in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.engine import Engine
    from studio.engine.jobs import JobState
    from studio.engine.models.download import Download
    from studio.engine.models.fit import Fit, Resident
    from studio.engine.models.hardware import Hardware
    from studio.engine.models.model import Model
    from studio.engine.models.recommend import Recommendation


ORDER = ("chat", "embedding", "rerank", "speech")


@dataclass(slots=True)
class EngineState:
    """An engine as the side panel shows it; `reason` is why it cannot run here, `room` the bytes that installing it takes,
    0 when there is nothing to install, `job` the one that installs it now."""

    name: str
    title: Text
    version: str
    reason: Text | None
    room: int = 0
    job: JobState | None = None


@dataclass(slots=True)
class Snapshot:
    """Memory in bytes by model id."""

    models: list[Model] = field(default_factory=list)
    computer: Hardware | None = None
    fits: dict[str, Fit] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    gpu_memory: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    engines: list[EngineState] = field(default_factory=list)
    better: list[Recommendation] = field(default_factory=list)
    downloads: list[Download] = field(default_factory=list)
    residents: list[Resident] = field(default_factory=list)
    limit: int | None = None
    folder: str = ""

    def model(self, model_id: str) -> Model | None:
        return next((model for model in self.models if model.id == model_id), None)


async def read(engine: Engine) -> Snapshot:
    """About 10 ms."""
    listed = await engine.models.list()
    models = sorted(listed, key=lambda model: (not model.starred, ORDER.index(model.kind), model.demo))
    computer = await engine.models.hardware()
    offered, installing = engine.engines.offered(), engine.engines.installing()
    return Snapshot(
        models=models,
        computer=computer,
        fits={model.id: engine.models.fit(model, computer) for model in models},
        memory=await engine.models.memory(),
        gpu_memory=await engine.models.gpu_memory() if computer.gpus else {},
        aliases=await engine.models.aliases(),
        engines=[
            EngineState(
                one.name, one.title, one.version(), one.available(), offered.get(one.name, 0), installing.get(one.name)
            )
            for one in engine.models.engines()
        ],
        better=list(await engine.models.recommend()),
        downloads=list(await engine.downloads.list()),
        residents=engine.models.residents(),
        limit=engine.models.memory_limit(),
        folder=str(engine.models.folder),
    )
