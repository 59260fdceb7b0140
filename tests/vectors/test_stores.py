import asyncio
import sqlite3

import numpy
import pytest

from studio.engine.errors import Unavailable
from studio.engine.vectors.parts import Parts
from studio.engine.vectors.stores import chroma
from studio.engine.vectors.stores.chroma import Chroma, safe_name
from studio.engine.vectors.stores.memory import Memory
from tests.contracts.vector_store_contract import VectorStoreContract

FIFTY = numpy.random.default_rng(1).normal(size=(50, 64)).astype(numpy.float32)


class TestChroma(VectorStoreContract):
    kind = Chroma


class TestChromaInParts:
    """A space of several collections, each with an index of a bounded size."""

    @pytest.fixture(autouse=True)
    def small_parts(self, monkeypatch):
        monkeypatch.setattr(chroma, "PART", 20)

    @pytest.fixture
    async def store(self, tmp_path):
        store = Chroma.at(tmp_path / "vectors")
        for start in range(0, 50, 10):
            await store.upsert("kb", [f"v{n}" for n in range(start, start + 10)], FIFTY[start : start + 10])
        yield store
        await store.close()

    async def test_the_nearest_are_found_whatever_part_they_lie_in(self, store):
        assert await store.count("kb") == 50 and len(await held(store)) == 3
        for n in (3, 27, 49):
            assert (await store.search("kb", FIFTY[n], 2))[0].id == f"v{n}"
        every = await store.search("kb", FIFTY[7], 60)
        assert len(every) == 50 and every[0].id == "v7"
        assert [hit.id for hit in await store.search("kb", FIFTY[30], 1, ids=["v2", "v30"])] == ["v30"]
        assert set(await store.vectors("kb", ["v1", "v48", "no"])) == {"v1", "v48"}

    async def test_an_id_keeps_its_part_when_its_vector_changes(self, store):
        await store.upsert("kb", ["v3", "new"], numpy.stack([-FIFTY[3], FIFTY[3]]))
        assert await store.count("kb") == 51
        assert (await store.search("kb", FIFTY[3], 1))[0].id == "new"
        await store.delete("kb", ["v3", "new"])
        assert await store.count("kb") == 49

    async def test_a_part_that_holds_nothing_any_more_is_gone(self, store):
        await store.delete("kb", [f"v{n}" for n in range(20)])
        assert len(await held(store)) == 2
        assert (await store.search("kb", FIFTY[30], 1))[0].id == "v30"
        await store.drop("kb")
        assert await held(store) == [] and await store.search("kb", FIFTY[30], 1) == []

    async def test_a_full_part_and_rest_leave_nothing_in_memory(self, store, monkeypatch):
        await store.upsert("kb", [f"w{n}" for n in range(10)], -FIFTY[:10])
        assert store._client is None  # the third part is full
        assert (await store.search("kb", FIFTY[27], 1))[0].id == "v27" and store._client is not None
        monkeypatch.setattr(chroma, "IDLE", 0.0)
        assert await store.count("kb") == 60
        while store._client is not None:
            await asyncio.sleep(0.01)
        assert (await store.search("kb", FIFTY[49], 1))[0].id == "v49"

    async def test_what_was_kept_before_there_were_parts_is_known(self, store, tmp_path):
        await store.close()
        (tmp_path / "vectors" / "parts.db").unlink()
        again = Chroma.at(tmp_path / "vectors")
        await again.upsert("kb", ["v3"], -FIFTY[3:4])
        assert await again.count("kb") == 50
        await again.delete("kb", ["v3", "v49"])
        assert await again.count("kb") == 48
        await again.close()

    async def test_a_refused_change_of_a_known_one_forgets_no_new_one_that_was_written(self, store, monkeypatch):
        made = store._made

        class Refuses:
            def upsert(self, **given):
                raise OSError("disk full")

        monkeypatch.setattr(store, "_made", lambda *given: made(*given) if given[-1] > 1 else Refuses())
        with pytest.raises(OSError, match="disk full"):
            await store.upsert("kb", ["v45", "v5", "new"], FIFTY[:3])
        assert set(await store.vectors("kb", ["v45", "v5", "new"])) == {"v45", "v5", "new"}

    async def test_a_part_that_is_deleted_while_it_is_read_holds_nothing(self, store, monkeypatch):
        found = chroma._found

        def gone(client, space, part):
            collection = found(client, space, part)
            if part == 2 and collection is not None:
                client.delete_collection(collection.name)
            return collection

        monkeypatch.setattr(chroma, "_found", gone)
        assert set(await store.vectors("kb", ["v1", "v21"])) == {"v1"}
        monkeypatch.setattr(chroma, "_found", found)
        await store.upsert("kb", ["v21"], FIFTY[21:22])
        monkeypatch.setattr(chroma, "_found", gone)
        assert await store.count("kb") == 30

    async def test_a_broken_file_of_parts_is_named_and_the_store_opens_once_it_is_gone(self, store, tmp_path):
        await store.close()
        for rest in (tmp_path / "vectors").glob("parts.db-*"):
            rest.unlink()
        file = tmp_path / "vectors" / "parts.db"
        file.write_bytes(b"no database " * 500)
        for _ in range(2):
            with pytest.raises(Unavailable, match=r"parts\.db of the vector store cannot be used"):
                await store.count("kb")
        file.unlink()
        assert await store.count("kb") == 50

    async def test_parts_that_can_no_longer_be_read_say_so(self, tmp_path):
        parts = Parts(tmp_path / "parts.db", 20)
        parts.open([("kb", 1, ["a"])])
        with sqlite3.connect(tmp_path / "parts.db") as other:
            other.execute("drop table ids")
        for asked in (lambda: parts.of("kb", ["a"]), lambda: parts.all("kb")):
            with pytest.raises(Unavailable, match="no such table"):
                asked()
        parts.close()


async def held(store):
    """Chroma's own collections."""

    def names():
        with store._using() as client:
            return sorted(one.name for one in client.list_collections())

    return await asyncio.to_thread(names)


class TestMemory(VectorStoreContract):
    kind = Memory
    outlives_the_program = False


def test_two_spaces_never_share_a_name_in_chroma():
    assert safe_name("kb-1a2b3c4d") == "kb-1a2b3c4d"
    assert safe_name("售后") != safe_name("售前")
    assert safe_name("a") != safe_name("b")
