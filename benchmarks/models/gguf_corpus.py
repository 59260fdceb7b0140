"""How long the reader takes to refuse each file of the malformed corpus: `python benchmarks/models/gguf_corpus.py`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from studio.engine.models import gguf
from tests.models.test_gguf import POISONED

BOUND = 1.0  # seconds, with starting the child


async def main() -> int:
    took: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (content, kind) in POISONED.items():
            path = Path(folder) / "poison.gguf"
            path.write_bytes(content)
            started = time.perf_counter()
            try:
                await gguf.read(path)
            except gguf.BrokenModelFile as error:
                assert error.kind == kind, (name, error.kind)
            took[name] = time.perf_counter() - started
    ranked = sorted(took.items(), key=lambda pair: -pair[1])
    print(f"{len(took)} files, median {ranked[len(ranked) // 2][1] * 1000:.0f} ms, slowest:")
    for name, seconds in ranked[:5]:
        print(f"  {seconds * 1000:6.0f} ms  {name}")
    return int(ranked[0][1] > BOUND)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
