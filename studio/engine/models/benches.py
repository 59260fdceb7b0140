"""How fast a model is here: first token, prompt and decoding speed, several at once, peak memory; kept with its settings."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from pydantic import BaseModel
from sqlalchemy import delete, insert, select

from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import notes
from studio.engine.errors import BadParameter
from studio.engine.jobs import Job, Jobs, JobState
from studio.engine.models.memory_of import peak_memory
from studio.engine.models.model import Figures, LoadSettings, Model
from studio.engine.models.service import Models
from studio.engine.text import Text

JOB = "model-bench"
ROUTE = "/v1/chat/completions"
PARALLEL = (1, 2, 4, 8)
TOKENS = 48  # of each answer
ROUNDS = 3  # first tokens, of which the median counts
PROMPT = (
    "The pump stands in hall {number}; its valve was changed in spring, and since then it has run without a fault. "
)
SENTENCES = 16

Progress = Callable[[float | None, Text | None], None]


class Machine(BaseModel):
    """Where it was measured."""

    cpu: str
    cores: int
    gpus: list[str] = []


class Bench(BaseModel):
    """One measurement. Speeds in tokens a second: `tokens_per_second` of decoding alone, `parallel` over so many answers at
    once with their prompts. Memory in bytes; `load` is what the computer did beside, as the system's load average."""

    model_id: str
    settings: LoadSettings
    machine: Machine
    engine: str
    measured_at: float
    first_token_seconds: float
    prompt_tokens: int
    prompt_tokens_per_second: float
    tokens_per_second: float
    parallel: dict[int, float]
    peak_memory: int | None
    load: float

    @property
    def key(self) -> str:
        """The same for the same settings on the same computer: a new measurement takes the place of the old."""
        told = json.dumps([self.settings.model_dump(), self.machine.model_dump(), self.engine], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


class Benches:
    """Measures models, one at a time, and keeps what was measured."""

    def __init__(self, catalog: Catalog, jobs: Jobs, models: Models) -> None:
        self._catalog = catalog
        self._jobs = jobs
        self._models = models
        self._turn = asyncio.Lock()

    async def start(self, name: str, settings: LoadSettings | None = None) -> JobState:
        """Measure in the background; the job's result is kept when it is done."""
        model = await self._models.get(name)
        _must_chat(model)

        async def work(job: Job) -> Any:
            return (await self.run(model.id, settings, job.progress)).model_dump(mode="json")

        title = Text(f"Measure {model.name}", f"测速 {model.name}")
        return (await self._jobs.start(JOB, title, work, {"model_id": model.id})).state

    async def run(self, name: str, settings: LoadSettings | None = None, progress: Progress | None = None) -> Bench:
        """Load it (with these settings, if they are given) and measure: half a minute for a small model. Other questions to
        it meanwhile disturb the figures."""
        tell = progress or _silent
        async with self._turn:
            model = await self._models.load((await self._models.get(name)).id, settings)
            _must_chat(model)
            bench = await self._measure(model, tell)
        await self._keep(bench)
        await self._models.keep_figures(model.id, bench.tokens_per_second, Figures(**bench.model_dump()))
        return bench

    async def of(self, name: str) -> list[Bench]:
        """What was measured of a model, the newest first."""
        model = await self._models.get(name)
        return sorted((await self._kept(model.id)).values(), key=lambda bench: -bench.measured_at)

    async def _measure(self, model: Model, tell: Progress) -> Bench:
        await self._ask(model, "warm", tokens=4)
        tell(0.1, Text("First token", "首个词元"))
        firsts = sorted([await self._first_token(model, f"first {number}") for number in range(ROUNDS)])
        alone = (await self._ask(model, "alone"))["timings"]["predicted_per_second"] or 0.0
        tell(0.25, Text("Reading a prompt", "读取提示词"))
        prompt = (await self._ask(model, "long", tokens=1, sentences=SENTENCES))["timings"]
        speeds: dict[int, float] = {}
        for number, count in enumerate(PARALLEL):
            tell(0.35 + 0.15 * number, Text(f"{count} at once", f"{count} 路并发"))
            speeds[count] = await self._together(model, count)
        computer = await self._models.hardware()
        pid = self._models.process_id(model.id)
        return Bench(
            model_id=model.id,
            settings=self._models.settings_in_force(model.id) or model.load_settings,
            machine=Machine(cpu=computer.cpu, cores=computer.cores, gpus=[gpu.name for gpu in computer.gpus]),
            engine=self._models.backend(model.engine or model.backend).version(),
            measured_at=time.time(),
            first_token_seconds=firsts[ROUNDS // 2],
            prompt_tokens=prompt["prompt_n"],
            prompt_tokens_per_second=round(1000 * prompt["prompt_n"] / max(prompt["prompt_ms"], 0.001), 1),
            tokens_per_second=round(float(alone), 1),
            parallel=speeds,
            peak_memory=await asyncio.to_thread(peak_memory, pid) if pid else None,
            load=round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0,
        )

    async def _ask(self, model: Model, words: str, *, tokens: int = TOKENS, sentences: int = 1) -> dict[str, Any]:
        forwarded = await self._models.forward(model.id, ROUTE, _body(words, tokens, sentences))
        return await forwarded.whole()

    async def _first_token(self, model: Model, words: str) -> float:
        forwarded = await self._models.forward(model.id, ROUTE, _body(words, 2, 1))
        async with aclosing(_closable(forwarded.blocks())) as blocks:
            async for _ in blocks:
                break
        await forwarded.close()
        return forwarded.answering.first_token_seconds() or 0.0

    async def _together(self, model: Model, count: int) -> float:
        """Tokens a second of `count` answers at the same time, with reading their short prompts."""
        started = time.perf_counter()
        answers = await asyncio.gather(*(self._ask(model, f"{count} at once, {number}") for number in range(count)))
        written = sum(int(answer["timings"]["predicted_n"]) for answer in answers)
        return round(written / (time.perf_counter() - started), 1)

    async def _kept(self, model_id: str) -> dict[str, Bench]:
        query = select(notes.c.value).where(notes.c.name == _note(model_id))
        row = await self._catalog.read(lambda connection: connection.execute(query).one_or_none())
        return {key: Bench.model_validate(value) for key, value in row[0].items()} if row else {}

    async def _keep(self, bench: Bench) -> None:
        kept = {**await self._kept(bench.model_id), bench.key: bench}
        value = {key: one.model_dump(mode="json") for key, one in kept.items()}
        name = _note(bench.model_id)

        def write(connection: Any) -> None:
            connection.execute(delete(notes).where(notes.c.name == name))
            connection.execute(insert(notes).values(name=name, value=value))

        await self._catalog.write(write)


def _silent(fraction: float | None, words: Text | None) -> None:
    """For whoever wants no progress."""


def _note(model_id: str) -> str:
    return f"model-bench:{model_id}"


def _body(words: str, tokens: int, sentences: int) -> dict[str, Any]:
    text = words + ": " + "".join(PROMPT.format(number=number) for number in range(sentences))
    message = {"role": "user", "content": text}
    fixed = {"ignore_eos": True, "cache_prompt": False, "temperature": 0.8}
    return {"messages": [message], "max_tokens": tokens, "stream_options": {"include_usage": True}, **fixed}


def _must_chat(model: Model) -> None:
    if model.kind != "chat":
        raise BadParameter(
            Text(
                f"“{model.name}” is no chat model; only those are measured.", f"“{model.name}”不是对话模型，无法测速。"
            )
        )


def _closable(items: Any) -> Any:
    """An async generator, seen as something that can be closed."""
    return items
