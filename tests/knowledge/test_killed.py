"""kill -9 in the middle of indexing: nothing doubled, nothing missing."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from studio.engine.knowledge.chunks import words_table
from tests.conftest import serve, stop
from tests.knowledge.conftest import HANDBOOK, opened, until

ROOT = Path(__file__).resolve().parents[2]
WARRANTY = "The warranty on the K7 pump is 24 months from the date of purchase."
VICTIM = """
import asyncio, sys
from pathlib import Path
from studio.engine.paths import Paths
from tests.knowledge.conftest import HANDBOOK, opened

async def main():
    async with opened(Paths.under(Path(sys.argv[1]))) as room:
        kb = await room.knowledge.create("kb")
        await room.knowledge.add_files(kb.id, [HANDBOOK])
        while True:
            share = (await room.knowledge.documents(kb.id))[0].progress or 0
            if share > 0.4:
                room.embeds.most = 0  # it stands still there, however late the kill comes
                print("half", flush=True)
            await asyncio.sleep(0.01)

asyncio.run(main())
"""


async def killed(paths, **environment: str) -> None:
    """A studio that ended by a kill while it indexed."""
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, str(paths.data.parent), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip
    async with asyncio.timeout(200):
        assert (await victim.stdout.readline()).strip() == b"half"
    os.kill(victim.pid, signal.SIGKILL)
    await victim.wait()


async def test_what_was_read_when_it_was_killed_lies_in_its_home_and_is_gone_after_the_next_start(paths, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    await killed(paths, TMPDIR=str(elsewhere))
    left = list(paths.temporary.rglob("pages.jsonl"))
    assert "warranty on the K7 pump" in left[0].read_text()
    assert paths.temporary.stat().st_mode & 0o777 == 0o700
    assert not [one for one in elsewhere.iterdir() if one.name.startswith("studio-")]
    stop(await asyncio.to_thread(serve, paths.data.parent))
    assert not list(paths.temporary.rglob("*"))


async def test_a_kill_in_the_middle_of_indexing_is_made_good_at_the_next_start(paths):
    await killed(paths)
    async with opened(paths) as before:
        assert (await before.knowledge.documents("kb"))[0].status == "reading"
        assert await before.knowledge.search("warranty on the K7 pump", ["kb"]) == []
    async with opened(paths, resume=True) as after:

        async def indexed():
            return (await after.knowledge.documents("kb"))[0].status == "indexed"

        await until(indexed)
        found = await after.knowledge.search("How long is the warranty on the K7 pump", ["kb"])
        assert found[0].matched == "The warranty on the K7 pump is 24 months from the date of purchase."
        document = (await after.knowledge.documents("kb"))[0]
        counts = await figures(after, "kb")
        fresh = await after.knowledge.create("fresh")
        await after.add(fresh.id, HANDBOOK)
        assert counts == await figures(after, "fresh")
        assert document.chunk_count == counts[0]


async def figures(room, name: str) -> tuple[int, int, int]:
    """Chunks, keyword entries and vectors of a collection."""
    collection = await room.knowledge.collection(name)
    document = (await room.knowledge.documents(name))[0]
    chunks = await room.knowledge.chunks(document.id)
    table = words_table(collection.id)
    words = await room.knowledge._chunks.database.read(
        lambda connection: connection.execute(f"select rowid from {table}").fetchall()
    )
    assert len({chunk.id for chunk in chunks}) == len(chunks) == await room.knowledge._chunks.count([collection.id])
    return len(chunks), len(words), await room.knowledge._vectors.count(collection.id)


async def test_vectors_that_were_moved_away_are_made_anew_at_the_next_start_and_by_indexing_again(paths, tmp_path):
    async def found(room):
        return [one.chunk.text for one in await room.knowledge.search("guarantee of the device", [kb], 1, "dense")]

    async with opened(paths) as room:
        kb = (await room.knowledge.create("Handbook")).id
        note = await room.knowledge.add_text(kb, WARRANTY, "note.txt")
        lamp = await room.knowledge.add_text(kb, "Lamps hang in the hall.", "lamp.txt")
        [chunk] = await room.knowledge.chunks(lamp.id)
        await room.knowledge.editing.exclude(chunk.id)
        assert await found(room) == [WARRANTY]
    (paths.knowledge / "vectors").rename(tmp_path / "away")
    async with opened(paths) as room:

        async def indexed():
            return {one.status for one in await room.knowledge.documents(kb)} == {"indexed"}

        await until(indexed)
        assert await found(room) == [WARRANTY]
        [chunk] = await room.knowledge.chunks(lamp.id)
        assert chunk.excluded, "what a person decided stays"
        await room.knowledge._vectors.delete(kb, [one.id for one in await room.knowledge.chunks(note.id)])
        await room.done(await room.knowledge.reindex(kb))
        assert await found(room) == [WARRANTY]
