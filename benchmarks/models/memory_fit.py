"""Estimated and measured memory of models: `python benchmarks/models/memory_fit.py [FILE.gguf …]`.

Each model is loaded by the studio's own engine with several settings, asked a few questions that fill a prompt of some
hundred tokens, and unloaded. Measured is the peak resident set of its worker (VmHWM), which counts the mapped file.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("ONE_DATA_KEYRING", "file")
sys.path.insert(0, str(Path(__file__).parents[2]))

from studio.engine.engine import Engine
from studio.engine.models.model import LoadSettings, Model
from studio.engine.paths import Paths
from tests.models.tiny_gguf import make_tiny_gguf

SETTINGS = (
    LoadSettings(context_length=2048, slots=1),
    LoadSettings(context_length=2048, slots=4),
    LoadSettings(context_length=8192, slots=2),
    LoadSettings(context_length=8192, slots=2, cache_precision="q8_0"),
)
QUESTIONS = 6
BOUND = 0.15


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="more models to measure")
    files = [*parser.parse_args().files]
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        engine = await Engine.open(Paths.under(Path(folder)))
        try:
            models = [await engine.models.get("demo-smollm2")]
            models += [
                await engine.models.add(file) for file in [make_tiny_gguf(Path(folder) / "Tiny-F32.gguf"), *files]
            ]
            print("model                     context slots cache   weights context other   estimate measured  off")
            for model in models:
                for settings in SETTINGS:
                    if settings.cache_precision == "q8_0" and _head(model) % 32:
                        continue  # llama.cpp packs 32 values into a block
                    worst = max(worst, abs(await measure(engine, model, settings)))
        finally:
            await engine.close()
    print(f"furthest off: {worst:.1%} (bound {BOUND:.0%})")
    return int(worst > BOUND)


async def measure(engine: Engine, model: Model, settings: LoadSettings) -> float:
    """Load, ask, read the peak; the answer is how far the estimate is off."""
    fit = engine.models.fit(model, await engine.models.hardware(), settings)
    await engine.models.load(model.id, settings)
    pid = engine.models.process_id(model.id)
    assert pid is not None
    for number in range(QUESTIONS):
        words = f"Question {number}. " + "The pump is old and green. " * 20
        async for _ in engine.models.chat(model.id, [{"role": "user", "content": words}], max_tokens=4):
            pass
    peak = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) * 1024  # type: ignore[index]
    await engine.models.unload(model.id)
    off = fit.needed / peak - 1
    cells = [f"{value / 2**20:8.0f}" for value in (fit.weights, fit.context, fit.overhead, fit.needed, peak)]
    named = f"{model.name[:24]:24} {settings.context_length:8} {settings.slots:5} {settings.cache_precision:6}"
    print(named, *cells, f"{off:+7.1%}", flush=True)
    return off


def _head(model: Model) -> int:
    return model.shape.get("key_length") or model.shape.get("width", 0) // (model.shape.get("heads") or 1)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
