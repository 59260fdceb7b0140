"""kill -9 again and again while documents are indexed: nothing that was said to be indexed is lost, nothing is there twice.

`python benchmarks/knowledge/killing.py [--kills 50] [--seed 1]`. A studio of its own process opens the same home each time, adds the
same files, goes on with what was cut off, and is killed after a random time. In the end it is let finish, and all is compared with a
home where nothing was killed. Readers, SQLite and Chroma are the real ones; vectors are made of the texts' own bytes, 400 texts
a second, so that the kills fall into the work and not into the loading of a model.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy

from studio.engine.knowledge.chunks import words_table
from studio.engine.knowledge.document import DocumentChanged
from studio.engine.paths import Paths, resource
from tests.knowledge.conftest import Room, opened


class Bytes:
    """Vectors from the bytes of a text: the same for the same, and quick."""

    def __init__(self, texts: float) -> None:
        self._texts = texts

    async def embedder(self, name: str = "") -> SimpleNamespace:
        return SimpleNamespace(id="bytes", dimensions=64)

    async def embed(self, model: str, texts: list[str], *, purpose: str = "passage") -> numpy.ndarray:
        await asyncio.sleep(len(texts) / self._texts)
        made = [numpy.random.default_rng(zlib.crc32(text.encode())).normal(size=64) for text in texts]
        return numpy.array(made, numpy.float32)


async def victim(home: Path, files: list[Path]) -> None:
    """Index; say each document that is indexed, at the moment it is told."""
    async with opened(Paths.under(home).make(), resume=True, embeds=Bytes(400)) as room:

        def tell(event: DocumentChanged) -> None:
            if event.document.status == "indexed":
                print("indexed", event.document.file_name, flush=True)

        room.events.subscribe(DocumentChanged, tell)
        there = [one.id for one in await room.knowledge.collections()]
        kb = there[0] if there else (await room.knowledge.create("kb")).id
        print("begun", flush=True)
        await room.done(await room.knowledge.add_files(kb, files))
        while any(one.status in ("queued", "reading") for one in await room.knowledge.documents(kb)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        print("finished", flush=True)


async def killed_once(home: Path, folder: Path, seconds: float) -> tuple[set[str], bool]:
    """What was told before the kill, and whether the work was finished first."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--victim", str(home), "--files", str(folder), stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.stdout is not None
    told: set[str] = set()
    finished = begun = False

    async def listen() -> None:
        nonlocal finished, begun
        async for line in child.stdout:  # type: ignore[union-attr]
            word, _, name = line.decode().strip().partition(" ")
            begun = begun or word == "begun"
            finished = finished or word == "finished"
            told.update({name} if word == "indexed" else set())

    listening = asyncio.create_task(listen())
    while not begun and child.returncode is None:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(listening), seconds)
    with suppress(ProcessLookupError):  # it ended by itself just now
        child.kill()
    await child.wait()
    await listening
    return told, finished


async def state(room: Room) -> dict[str, object]:
    """What a home holds: documents with their chunks, keyword entries and vectors."""
    collection = (await room.knowledge.collections())[0]
    documents = {one.file_name: one for one in await room.knowledge.documents(collection.id)}
    chunks = {
        name: sorted((one.position, one.text) for one in await room.knowledge.chunks(document.id))
        for name, document in documents.items()
    }
    table = words_table(collection.id)
    words, rows, pending = await room.knowledge._chunks.database.read(
        lambda connection: [
            connection.execute(f"select count(*) from {name}").fetchone()[0] for name in (table, "chunks", "pending")
        ]
    )
    vectors = await room.knowledge._vectors.count(collection.id)
    return {"chunks": chunks, "words": words, "rows": rows, "pending": pending, "vectors": vectors}


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=8.0, help="seconds of work before a kill, at most")
    parser.add_argument("--victim", type=Path)
    parser.add_argument("--files", type=Path)
    options = parser.parse_args()
    if options.victim:
        await victim(options.victim, sorted(options.files.iterdir()))
        return 0
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        files, home = Path(folder) / "files", Path(folder) / "home"
        make_files(files)
        acknowledged: set[str] = set()
        kills = lost = turn = 0
        while kills < options.kills:
            told, finished = await killed_once(home, files, chance.uniform(0.0, options.longest))
            kills += not finished
            acknowledged |= told
            async with opened(Paths.under(home), resume=False, embeds=Bytes(400)) as room:
                status = {one.file_name: one.status for one in await room.knowledge.documents()}
            lost += sum(status.get(name) != "indexed" for name in acknowledged)
            if finished:  # all is done: the same again with other words
                print(f"{kills} kills, finished; other words", flush=True)
                turn += 1
                make_files(files, turn)
                acknowledged = set()
        await killed_once(home, files, 600)
        async with opened(Paths.under(home), resume=True, embeds=Bytes(400)) as room:
            await asyncio.sleep(1)
            after = await state(room)
        async with opened(Paths.under(Path(folder) / "fresh").make(), embeds=Bytes(4000)) as room:
            kb = await room.knowledge.create("kb")
            await room.done(await room.knowledge.add_files(kb.id, sorted(files.iterdir())))
            fresh = await state(room)
    count = sum(len(many) for many in fresh["chunks"].values())  # type: ignore[attr-defined]
    print(f"{kills} kills: {lost} acknowledged documents lost; {count} chunks; same as never killed: {after == fresh}")
    for name in fresh:
        if after[name] != fresh[name] and name != "chunks":
            print(f"  {name}: {after[name]} instead of {fresh[name]}")
    return int(lost > 0 or after != fresh)


def make_files(folder: Path, turn: int = 0) -> None:
    """A PDF, tables and texts; with another turn a third of the words is other."""
    folder.mkdir(exist_ok=True)
    (folder / "handbook.pdf").write_bytes(resource("sample/handbook.pdf").read_bytes())
    for name in range(3):
        rows = [
            f"{n},Row {n} of table {name}: part {n * 7} lies in shelf {n % 13 + turn * (n % 3 == 0)}."
            for n in range(150)
        ]
        (folder / f"table{name}.csv").write_text("id,text\n" + "\n".join(rows))
    for name in range(6):
        parts = [
            f"## Part {n}\n\nText {name} says {n * name + turn * (n % 3 == 0)}. It goes on a little." for n in range(20)
        ]
        (folder / f"text{name}.md").write_text("\n\n".join(parts))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
