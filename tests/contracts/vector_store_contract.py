"""What every vector store must do. A test of a store inherits this and says how to open it."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest

from studio.engine.errors import StudioError
from studio.engine.vectors.store import VectorStore, stores

EAST, NORTH, NORTHEAST = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.7, 0.7, 0.0]


def array(*vectors: list[float]) -> numpy.ndarray:
    return numpy.array(vectors, numpy.float32)


class VectorStoreContract:
    kind: type[VectorStore]
    outlives_the_program = True

    @pytest.fixture
    async def store(self, tmp_path: Path):
        store = self.kind.at(tmp_path / "vectors")
        yield store
        await store.close()

    def test_the_registry_finds_it_by_its_name(self):
        assert stores.get(self.kind.name) is self.kind

    async def test_the_nearest_comes_first_with_its_cosine(self, store):
        await store.upsert("kb", ["e", "n", "ne"], array(EAST, NORTH, NORTHEAST))
        hits = await store.search("kb", array([2.0, 0.2, 0.0])[0], 2)
        assert [hit.id for hit in hits] == ["e", "ne"]
        assert hits[0].score == pytest.approx(0.995, abs=0.001)

    async def test_only_the_given_ids_are_compared(self, store):
        await store.upsert("kb", ["e", "n", "ne"], array(EAST, NORTH, NORTHEAST))
        hits = await store.search("kb", array(EAST)[0], 5, ids=["n", "ne", "unknown"])
        assert [hit.id for hit in hits] == ["ne", "n"]
        assert await store.search("kb", array(EAST)[0], 5, ids=[]) == []

    async def test_the_same_id_is_kept_once_with_its_new_vector(self, store):
        await store.upsert("kb", ["a"], array(EAST))
        await store.upsert("kb", ["a"], array(NORTH))
        assert await store.count("kb") == 1
        assert (await store.search("kb", array(NORTH)[0], 1))[0].score == pytest.approx(1.0, abs=1e-4)

    async def test_what_was_deleted_is_never_found_again(self, store):
        await store.upsert("kb", ["a", "b"], array(EAST, NORTH))
        await store.delete("kb", ["a", "never there"])
        assert [hit.id for hit in await store.search("kb", array(EAST)[0], 5)] == ["b"]
        assert await store.search("kb", array(EAST)[0], 5, ids=["a"]) == []

    async def test_spaces_do_not_see_each_other_and_any_name_goes(self, store):
        await store.upsert("售后知识 / after sales", ["a"], array(EAST))
        await store.upsert("售后知识 / before sales", ["b"], array(EAST))
        assert [hit.id for hit in await store.search("售后知识 / after sales", array(EAST)[0], 5)] == ["a"]
        await store.drop("售后知识 / after sales")
        assert await store.count("售后知识 / after sales") == 0
        assert await store.count("售后知识 / before sales") == 1

    async def test_a_space_that_is_not_there_is_empty(self, store):
        assert await store.search("nothing", array(EAST)[0], 3) == []
        assert await store.count("nothing") == 0
        await store.delete("nothing", ["a"])
        await store.drop("nothing")

    async def test_a_vector_of_another_dimension_is_refused_with_the_reason(self, store):
        await store.upsert("kb", ["a"], array(EAST))
        with pytest.raises(StudioError) as failure:
            await store.upsert("kb", ["b"], numpy.ones((1, 5), numpy.float32))
        assert "5" in failure.value.message.zh
        assert await store.count("kb") == 1

    async def test_what_was_kept_is_there_in_the_next_program(self, store, tmp_path):
        if not self.outlives_the_program:
            pytest.skip("this store says that it forgets")
        await store.upsert("kb", [f"v{n}" for n in range(50)], numpy.eye(50, dtype=numpy.float32))
        await store.close()
        again = self.kind.at(tmp_path / "vectors")
        assert await again.count("kb") == 50
        assert (await again.search("kb", numpy.eye(50, dtype=numpy.float32)[7], 1))[0].id == "v7"
        await again.close()
