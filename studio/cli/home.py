"""Which folders a command works on."""

from __future__ import annotations

import os
from pathlib import Path

from studio.engine.paths import Paths


def paths_of(home: str | None) -> Paths:
    """The folders a command works on: `--home`, ONE_DATA_HOME or this user's own."""
    if home:
        os.environ["ONE_DATA_HOME"] = str(Path(home).resolve())
    return Paths.standard()
