"""kill -9 in the middle of indexing: nothing doubled, nothing missing."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from studio.engine.knowledge.chunks import words_table
from tests.knowledge.conftest import HANDBOOK, opened, until

ROOT = Path(__file__).resolve().parents[2]
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
                print("half", flush=True)
            await asyncio.sleep(0.01)

asyncio.run(main())
"""


async def test_a_kill_in_the_middle_of_indexing_is_made_good_at_the_next_start(paths, tmp_path):
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, str(paths.data.parent), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    async with asyncio.timeout(60):
        assert (await victim.stdout.readline()).strip() == b"half"
    os.kill(victim.pid, signal.SIGKILL)
    await victim.wait()
    async with opened(paths) as before:
        assert (await before.knowledge.documents("kb"))[0].status == "reading"
        assert await before.knowledge.search("warranty on the K7 pump", ["kb"]) == []
    async with opened(paths, resume=True) as after:

        async def indexed():
            return (await after.knowledge.documents("kb"))[0].status == "indexed"

        await until(indexed, 60)
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
