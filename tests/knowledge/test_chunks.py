"""Chunks that are looked at before, left out, given other words; and what stays of them when their file changes."""

import asyncio

import pytest

from studio.engine.errors import BadParameter, NotFound
from studio.engine.knowledge.document import Filter
from tests.knowledge.conftest import opened, until

PARTS = [f"## Part {n}\n\nThe number of part {n} is {n * 111}. It is kept in room {n}.\n" for n in range(1, 9)]


@pytest.fixture
def parts(tmp_path):
    path = tmp_path / "parts.md"
    path.write_text("\n".join(PARTS))
    return path


async def chunks(room, kb):
    (document,) = await room.knowledge.documents(kb)
    return await room.knowledge.chunks(document.id)


async def test_a_changed_file_embeds_only_what_changed_and_the_rest_keeps_its_identity(room, kb, parts):
    await room.add(kb, parts)
    before = {chunk.heading: chunk for chunk in await chunks(room, kb)}
    parts.write_text("\n".join([PARTS[0], "## Part 1b\n\nThis one is new to the list.\n", *PARTS[1:4], *PARTS[5:]]))
    room.embeds.texts = 0
    await room.add(kb, parts)
    after = {chunk.heading: chunk for chunk in await chunks(room, kb)}
    assert room.embeds.texts == 3  # the heading, the new sentence, and both together
    assert after["Part 8"].id == before["Part 8"].id and after["Part 8"].start != before["Part 8"].start
    assert after["Part 8"].digest != before["Part 8"].digest
    text = await room.knowledge.page_text(after["Part 8"].document_id)
    assert text[after["Part 8"].start : after["Part 8"].end] == after["Part 8"].text
    found = await room.knowledge.search("number of part 5", [kb], 20)
    assert "Part 5" not in {one.chunk.heading for one in found}
    assert await room.knowledge._vectors.count(kb) == len(after) == 8


async def test_the_old_version_is_found_until_the_new_one_is_there(room, kb, parts):
    await room.add(kb, parts)
    parts.write_text("## Part 9\n\nNine is the only one left.\n")
    room.embeds.hold = asyncio.Event()
    room.embeds.reached.clear()
    job = await room.knowledge.add_files(kb, [parts])
    await room.embeds.reached.wait()
    assert await room.knowledge.search("number of part 5", [kb], mode="keyword")
    room.embeds.hold.set()
    await room.done(job)
    assert {chunk.heading for chunk in await chunks(room, kb)} == {"Part 9"}
    assert await room.knowledge.search("room", [kb], mode="keyword") == []


async def test_indexing_again_without_a_change_embeds_nothing(room, kb, parts):
    await room.add(kb, parts)
    room.embeds.texts = 0
    await room.done(await room.knowledge.reindex(kb))
    assert room.embeds.texts == 0 and len(await chunks(room, kb)) == 8
    await room.knowledge.update(kb, chunk_characters=100)
    await room.done(await room.knowledge.reindex(kb))
    assert await room.knowledge._vectors.count(kb) == len(await chunks(room, kb))


async def test_a_preview_shows_the_chunks_to_come_and_what_is_left_out_of_it_is_never_found(room, kb, parts):
    seen = await room.knowledge.editing.preview(kb, parts)
    assert [one.heading for one in seen] == [f"Part {n}" for n in range(1, 9)]
    assert await room.knowledge.documents(kb) == []
    assert len(await room.knowledge.editing.preview(kb, parts, characters=100, overlap=0)) >= 8
    texts = {seen[2].key: "Part 3 was sold to the museum in Wuhan."}
    job = await room.knowledge.add_files(kb, [parts], excluded=[seen[1].key], texts=texts)
    await room.done(job)
    found = await room.knowledge.search("number of the part", [kb], 20)
    assert "Part 2" not in {one.chunk.heading for one in found}
    best = (await room.knowledge.search("Which part went to a museum?", [kb]))[0]
    assert best.matched == "Part 3 was sold to the museum in Wuhan." and "333" in best.chunk.original
    assert (best.matched_start, best.matched_end) == (best.chunk.start, best.chunk.end)


async def test_a_chunk_that_is_left_out_comes_back_when_it_is_taken_in_and_decisions_outlive_a_new_version(
    room, kb, parts
):
    await room.add(kb, parts)
    second, third = (await chunks(room, kb))[1:3]
    assert (await room.knowledge.editing.exclude(second.id)).excluded
    await room.knowledge.editing.reword(third.id, "The third part is blue.")
    parts.write_text("\n".join(["# List\n\nA word before.\n", *PARTS]))
    await room.add(kb, parts)
    again = {chunk.heading: chunk for chunk in await chunks(room, kb)}
    assert again["List › Part 2"].excluded and again["List › Part 3"].text == "The third part is blue."
    for mode in ("hybrid", "dense", "keyword"):
        found = await room.knowledge.search("number of part 2 222", [kb], 20, mode)
        assert second.id not in {one.chunk.id for one in found}
    await room.knowledge.editing.exclude(second.id, False)
    assert (await room.knowledge.search("222", [kb], mode="keyword"))[0].chunk.id == second.id
    back = await room.knowledge.editing.reword(third.id, again["List › Part 3"].original)
    assert back.original is None and "333" in back.text
    with pytest.raises(BadParameter):
        await room.knowledge.editing.reword(third.id, "  ")
    with pytest.raises(NotFound):
        await room.knowledge.editing.exclude("doc-none-1")


async def test_a_paused_collection_stays_paused_over_a_restart_and_goes_on_where_it_was(paths, tmp_path):
    path = tmp_path / "long.md"
    path.write_text("\n\n".join(f"## {n}\n\nSentence {n} of many. It goes on a little." for n in range(120)))
    async with opened(paths) as room:
        room.embeds.most = 230  # of 480 texts: it stands still in the middle
        kb = (await room.knowledge.create("kb")).id
        await room.knowledge.add_files(kb, [path])

        async def half():
            return 0.3 < ((await room.knowledge.documents(kb))[0].progress or 0) < 0.9

        await until(half)
        await room.knowledge.pause(kb)
        assert (await room.knowledge.documents(kb))[0].status == "paused"
    async with opened(paths, resume=True) as later:
        assert (await later.knowledge.documents(kb))[0].status == "paused"
        await later.done(await later.knowledge.resume(kb))
        assert (await later.knowledge.documents(kb))[0].status == "indexed"
        assert 0 < later.embeds.texts < 400  # of 480
        assert await later.knowledge._vectors.count(kb) == len(await chunks(later, kb)) == 120


async def test_a_search_is_narrowed_by_file_tag_and_date(room, kb, parts, tmp_path):
    other = tmp_path / "rooms.md"
    other.write_text("The number of rooms is 12.")
    there = await room.add(kb, parts, other)
    await room.knowledge.tag(there["rooms.md"].id, ["house", " "])

    async def files(**filter):
        found = await room.knowledge.search("number", [kb], 20, filter=Filter(**filter))
        return {one.document.file_name for one in found}

    assert await files() == {"parts.md", "rooms.md"}
    assert await files(files=["parts.md"]) == {"parts.md"}
    assert await files(tags=["house"]) == {"rooms.md"}
    assert await files(tags=["house", "garden"]) == set()
    assert await files(until=1.0) == set() and await files(since=1.0) == {"parts.md", "rooms.md"}
    assert (await room.knowledge.document(there["rooms.md"].id)).tags == ["house"]


async def test_why_a_chunk_was_found_is_told(room, kb, parts):
    await room.add(kb, parts)
    best = (await room.knowledge.search("number of part 5", [kb]))[0]
    assert best.chunk.heading == "Part 5"
    assert set(best.words) >= {"number", "part", "5"}
    assert best.score == pytest.approx(best.dense_share + best.keyword_share, abs=1e-5)
    assert best.dense == pytest.approx((best.sentence + best.whole) / 2, abs=1e-4)


async def test_a_reranker_has_the_last_word(room, kb, parts, monkeypatch):
    await room.add(kb, parts)

    async def answer(model, route, body):
        assert (model, route) == ("judge", "/v1/rerank")
        scores = [float("room 7" in text) for text in body["documents"]]
        order = sorted(range(len(scores)), key=lambda place: -scores[place])
        return {"results": [{"index": place, "relevance_score": scores[place]} for place in order]}

    monkeypatch.setattr(room.embeds, "answer", answer, raising=False)
    found = await room.knowledge.search("number of part 5", [kb], 3, rerank="judge")
    assert found[0].chunk.heading == "Part 7" and found[0].rerank == 1.0
    await room.knowledge.update(kb, reranker="judge")
    assert (await room.knowledge.search("number of part 5", [kb], 3))[0].chunk.heading == "Part 7"
    assert (await room.knowledge.search("number of part 5", [kb], 3, rerank=""))[0].rerank is None
