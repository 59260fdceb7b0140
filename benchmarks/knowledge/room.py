"""A knowledge room of its own for the benchmarks, with the included embedding model in its worker process."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio.engine.engine import Engine
from studio.engine.paths import Paths


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Engine]:
    """An engine whose home is `folder`."""
    engine = await Engine.open(Paths.under(folder))
    try:
        yield engine
    finally:
        await engine.close()


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"
