"""Feather and Arrow IPC files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.engine.datasets.format import Copied, not_empty
from studio.engine.datasets.source import cannot_read
from studio.engine.text import Text


class Feather(Copied):
    """Arrow's own files, with every type kept."""

    name = "feather"
    title = Text.same("Feather")
    suffixes = (".feather", ".arrow", ".ipc")

    def convert(self, paths: Sequence[Path], target: Path) -> dict[str, Any]:
        import pyarrow
        import pyarrow.dataset
        import pyarrow.parquet

        not_empty(paths, "Feather")
        try:
            source = pyarrow.dataset.dataset([str(path) for path in paths], format="feather")
            with pyarrow.parquet.ParquetWriter(target, source.schema) as writer:
                for batch in source.to_batches():
                    writer.write_batch(batch)
        except (pyarrow.ArrowException, OSError) as error:
            raise cannot_read(paths[0], "Feather", str(error)) from error
        return {}


feather = Feather()
