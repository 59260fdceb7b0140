"""How well search finds: nDCG@10, recall@10 and MRR on labelled questions, for both kinds of search together and each alone.

`python benchmarks/knowledge/retrieval.py --xquad FOLDER [--questions 600]` reads xquad.en.json and xquad.zh.json of the folder: each
paragraph is a document, each question's own paragraph is relevant. Without --xquad it asks the sample handbook.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from pathlib import Path

import room

from studio.engine.knowledge.evaluation import Judged, Target
from studio.engine.paths import resource


async def xquad(file: Path, count: int) -> None:
    paragraphs = [p for article in json.loads(file.read_text())["data"] for p in article["paragraphs"]]
    pairs = [(qa["question"], f"p{n}.txt") for n, p in enumerate(paragraphs) for qa in p["qas"]]
    pairs = random.Random(7).sample(pairs, min(count, len(pairs)))
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "paragraphs"
        files.mkdir()
        for number, paragraph in enumerate(paragraphs):
            (files / f"p{number}.txt").write_text(paragraph["context"])
        async with room.opened(Path(folder) / "home") as engine:
            began = time.monotonic()
            kb = await engine.knowledge.create("xquad", chunk_characters=4000)
            await engine.jobs.wait((await engine.knowledge.add_files(kb.id, [files])).id)
            print(
                f"{file.name}: {len(paragraphs)} paragraphs indexed in {time.monotonic() - began:.1f} s, {room.load()}"
            )
            judged = [Judged(query=question, relevant=[Target(document=name)]) for question, name in pairs]
            await report(engine, kb.id, judged)


async def handbook() -> None:
    questions = json.loads(resource("sample/questions.json").read_text())["questions"]
    with tempfile.TemporaryDirectory() as folder:
        async with room.opened(Path(folder)) as engine:
            kb = await engine.knowledge.create("handbook")
            await engine.jobs.wait((await engine.knowledge.add_files(kb.id, [resource("sample/handbook.pdf")])).id)
            judged = [Judged(query=one["question"], relevant=[Target(page=one["page"])]) for one in questions]
            await report(engine, kb.id, judged)


async def report(engine: room.Engine, collection: str, judged: list[Judged]) -> None:
    await engine.knowledge.evaluations.add(collection, judged)
    for one in await engine.knowledge.evaluations.run(collection, 10):
        print(
            f"  {one.mode:8} nDCG@10 {one.ndcg:.3f}  MRR {one.mrr:.3f}  recall@10 {one.recall:.3f}"
            f"  {one.seconds * 1000:.0f} ms a query, p95 {one.seconds_p95 * 1000:.0f}, {room.load()}",
            flush=True,
        )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--xquad", type=Path)
    parser.add_argument("--questions", type=int, default=600)
    options = parser.parse_args()
    if options.xquad is None:
        await handbook()
        return
    for language in ("en", "zh"):
        await xquad(options.xquad / f"xquad.{language}.json", options.questions)


if __name__ == "__main__":
    asyncio.run(main())
