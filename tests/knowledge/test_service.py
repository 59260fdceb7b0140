import asyncio
from types import SimpleNamespace

import numpy
import pytest

from studio.engine.errors import BadParameter, BadState, Conflict, NotFound, Unavailable
from studio.engine.knowledge.document import CollectionsChanged, DocumentChanged
from studio.engine.text import Text
from tests.knowledge import papers
from tests.knowledge.conftest import HANDBOOK, Usem3, opened, until

WARRANTY = "The warranty on the K7 pump is 24 months from the date of purchase."
WARRANTY_ZH = "K7 水泵的保修期为自购买之日起 24 个月。"


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes.md"
    path.write_text(
        f"# Pumps\n\nPumps move water. {WARRANTY}\n\n# 备用机\n\n备用机限 K7，共 180 台，其中佛山 46 台。\n"
    )
    return path


async def test_the_handbook_answers_in_both_languages_with_page_and_sentence(room, kb):
    await room.add(kb, HANDBOOK)
    english = (await room.knowledge.search("How long is the warranty on the K7 pump", [kb]))[0]
    chinese = (await room.knowledge.search("K7 水泵保修多久？", [kb]))[0]
    for found, sentence in ((english, WARRANTY), (chinese, WARRANTY_ZH)):
        assert found.chunk.heading.endswith("4.2 Pump and pressure faults 水泵与压力故障")
        assert found.matched == sentence
        page = await room.knowledge.page_text(found.document.id, found.chunk.page)
        assert page[found.matched_start : found.matched_end] == sentence
        assert page[found.chunk.start : found.chunk.end] == found.chunk.text


async def test_the_page_shows_where_the_sentence_stands(room, kb, tmp_path):
    path = papers.pdf(tmp_path / "two.pdf", [[("text", "Cover.")], [("text", "Before it. " * 20), ("text", WARRANTY)]])
    document = (await room.add(kb, path))["two.pdf"]
    found = (await room.knowledge.search("warranty of the pump", [kb], 1))[0]
    span = (found.matched_start, found.matched_end)
    image = await room.knowledge.page_image(document.id, 2, [span], width=600)
    assert image.png.startswith(b"\x89PNG") and image.width == 600
    assert 1 <= len(image.rectangles) <= 2
    for x, y, width, height in image.rectangles:
        assert x >= 0 and x + width <= image.width and y >= 0 and y + height <= image.height
        assert width > 40 and 4 < height < 30
    assert await room.knowledge.page_image(document.id, 2, [span], width=600) is image
    with pytest.raises(NotFound):
        await room.knowledge.page_image(document.id, 9)


async def test_a_poisoned_file_is_quarantined_with_its_reason_and_the_rest_is_indexed(room, kb, tmp_path, notes):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\n" + b"\xff" * 500)
    locked = papers.pdf(tmp_path / "locked.pdf", [[("text", WARRANTY)]], password="secret")
    fake = tmp_path / "fake.docx"
    fake.write_bytes(b"PK\x03\x04 no")
    there = await room.add(kb, broken, locked, fake, notes, tmp_path / "gone.pdf", tmp_path / "film.mp4")
    assert {name: one.status for name, one in there.items()} == {
        "broken.pdf": "quarantined",
        "locked.pdf": "quarantined",
        "fake.docx": "quarantined",
        "notes.md": "indexed",
        "gone.pdf": "failed",
        "film.mp4": "failed",
    }
    assert "broken.pdf" in there["broken.pdf"].reason.en and "密码" in there["locked.pdf"].reason.zh
    assert "gone.pdf" in there["gone.pdf"].reason.en and ".pdf" in there["film.mp4"].reason.zh
    await room.add(kb, tmp_path / "gone.pdf", tmp_path / "film.mp4", broken)
    assert len(await room.knowledge.documents(kb)) == 6, "what is added again and cannot be read is told of once"


async def test_a_reader_that_takes_too_much_is_stopped(room, kb, tmp_path, monkeypatch):
    await room.settings.set("knowledge.parse_memory_mb", 128)
    big = tmp_path / "big.txt"
    big.write_bytes("水泵 ".encode() * 12_000_000)
    document = (await room.add(kb, big))["big.txt"]
    assert document.status == "quarantined"
    assert "128" in document.reason.zh


async def test_every_document_tells_how_far_it_is(room, kb, notes):
    seen = []
    room.events.subscribe(DocumentChanged, lambda event: seen.append((event.document.status, event.document.progress)))
    await room.add(kb, notes)
    assert seen[0] == ("queued", None) and seen[-1] == ("indexed", None)
    shares = [share for status, share in seen if status == "reading" and share is not None]
    assert shares == sorted(shares) and shares[-1] == 1.0


async def test_a_document_that_is_indexed_stays_so_however_many_jobs_have_it_on_their_list(room, kb, tmp_path):
    files = [tmp_path / f"lamp {number}.txt" for number in range(12)]
    for number, file in enumerate(files):
        file.write_text(f"Lamp {number} hangs in room {number * 7}.")
    told: dict[str, list[str]] = {}
    room.events.subscribe(DocumentChanged, lambda e: told.setdefault(e.document.id, []).append(e.document.status))
    first = await room.knowledge.add_files(kb, files)
    ids = [document.id for document in await room.knowledge.documents(kb)]
    others = [await room.knowledge._indexing.queue(ids) for _ in range(3)]
    for job in (first, *others):
        await room.done(job)
    for statuses in told.values():
        assert set(statuses[statuses.index("indexed") :]) == {"indexed"}


async def test_what_was_deleted_can_never_be_found_again(room, kb, notes):
    document = (await room.add(kb, notes))["notes.md"]
    before = await room.knowledge._vectors.count(kb)
    assert before > 0
    await room.knowledge.delete_document(document.id)
    assert await room.knowledge._vectors.count(kb) == 0
    for mode in ("hybrid", "dense", "keyword"):
        assert await room.knowledge.search("warranty on the K7 pump", [kb], 5, mode) == []
    with pytest.raises(NotFound):
        await room.knowledge.chunks(document.id)
    assert list((room.catalog.file.parent / "knowledge" / "files").iterdir()) == []


async def test_a_document_that_is_deleted_while_it_is_indexed_leaves_nothing(room, kb, notes):
    room.embeds.hold = asyncio.Event()
    job = await room.knowledge.add_files(kb, [notes])
    await room.embeds.reached.wait()
    await room.knowledge.delete_document((await room.knowledge.documents(kb))[0].id)
    room.embeds.hold.set()
    await room.done(job)
    room.embeds.hold = None
    assert await room.knowledge.search("warranty", [kb]) == []
    assert await room.knowledge._vectors.count(kb) == 0


async def test_a_document_that_is_deleted_while_it_is_indexed_stays_so_when_that_fails(room, kb, notes, monkeypatch):
    held = asyncio.Event()

    async def fail(model, texts, *, purpose="passage"):
        room.embeds.reached.set()
        await held.wait()
        raise Unavailable(Text("No model.", "没有模型。"))

    monkeypatch.setattr(room.embeds, "embed", fail)
    job = await room.knowledge.add_files(kb, [notes])
    await room.embeds.reached.wait()
    await room.knowledge.delete_document((await room.knowledge.documents(kb))[0].id)
    held.set()
    await room.done(job)
    assert await room.knowledge.documents(kb) == []


async def test_a_collection_that_is_deleted_while_it_is_indexed_leaves_nothing(room, kb, notes):
    room.embeds.hold = asyncio.Event()
    job = await room.knowledge.add_files(kb, [notes])
    await room.embeds.reached.wait()
    deleting = asyncio.create_task(room.knowledge.delete(kb))
    while await room.knowledge._records.all_of([kb]):
        await asyncio.sleep(0)
    room.embeds.hold.set()
    await deleting
    await room.done(job)
    assert await room.knowledge.collections() == []
    assert list((room.catalog.file.parent / "knowledge" / "files").iterdir()) == []
    assert await room.knowledge._chunks.documents() == {}


async def test_the_same_file_is_not_added_twice_and_a_changed_one_replaces_the_old(room, kb, notes):
    first = (await room.add(kb, notes))["notes.md"]
    assert (await room.add(kb, notes))["notes.md"].id == first.id
    notes.write_text("# Pumps\n\nThe warranty is now 36 months long.\n")
    assert (await room.knowledge.document(first.id)).stale
    await room.add(kb, notes)
    documents = await room.knowledge.documents(kb)
    assert len(documents) == 1 and not documents[0].stale
    found = await room.knowledge.search("how long is the warranty", [kb])
    assert "36 months" in found[0].matched and all("24 months" not in one.chunk.text for one in found)


async def test_a_stale_document_is_read_again_from_its_source(room, kb, notes):
    document = (await room.add(kb, notes))["notes.md"]
    notes.write_text("# Pumps\n\nThe warranty is now 36 months long.\n")
    await room.done(await room.knowledge.retry(document.id))
    assert "36 months" in (await room.knowledge.search("warranty", [kb]))[0].matched
    assert not (await room.knowledge.document(document.id)).stale


async def test_a_person_who_stops_the_job_can_go_on_later(room, kb, notes):
    room.embeds.hold = asyncio.Event()
    job = await room.knowledge.add_files(kb, [notes])
    await room.embeds.reached.wait()
    await room.jobs.cancel(job.id)

    async def stopped():
        return (await room.knowledge.documents(kb))[0].status == "failed"

    await until(stopped)
    document = (await room.knowledge.documents(kb))[0]
    assert "stopped" in document.reason.en
    assert await room.knowledge.search("warranty", [kb], mode="keyword") == []
    room.embeds.hold = None
    await room.done(await room.knowledge.retry(document.id))
    assert (await room.knowledge.document(document.id)).status == "indexed"


async def test_stopping_a_collection_ends_what_is_paused_too_and_nothing_else(room, kb, notes, tmp_path):
    other = (await room.knowledge.create("other")).id
    (later := tmp_path / "later.md").write_text("# Valves\n\nThe valve is green.\n")
    room.embeds.hold = asyncio.Event()
    await room.knowledge.add_files(kb, [notes])
    await room.knowledge.add_files(other, [later])
    await room.embeds.reached.wait()
    await room.knowledge.pause(kb)
    await room.knowledge.stop(kb)
    document = (await room.knowledge.documents(kb))[0]
    assert document.status == "failed" and "stopped" in document.reason.en
    room.embeds.hold.set()

    async def indexed():
        return (await room.knowledge.documents(other))[0].status == "indexed"

    await until(indexed)
    assert (await room.knowledge.document(document.id)).status == "failed"
    room.embeds.hold = None
    await room.done(await room.knowledge.retry(document.id))
    assert (await room.knowledge.document(document.id)).status == "indexed"


async def test_stopping_one_collection_of_a_job_leaves_the_others_to_it(paths, notes, tmp_path):
    (later := tmp_path / "later.md").write_text("# Valves\n\nThe valve is green.\n")
    async with opened(paths) as first:
        first.embeds.hold = asyncio.Event()
        one, other = [(await first.knowledge.create(name)).id for name in ("one", "other")]
        await first.knowledge.add_files(one, [notes])
        await first.knowledge.add_files(other, [later])
        documents = [(await first.knowledge.documents(kb))[0] for kb in (one, other)]
        await first.knowledge._indexing.pause([document.id for document in documents])
        for document in documents:
            await first.knowledge._indexing.change(document.id, status="queued")
        await first.knowledge._indexing.queue([document.id for document in documents])
        await first.knowledge.stop(one)
        first.embeds.hold.set()

        async def indexed():
            return (await first.knowledge.documents(other))[0].status == "indexed"

        await until(indexed)
        assert (await first.knowledge.documents(one))[0].status == "failed"


async def test_an_orderly_end_in_the_middle_goes_on_at_the_next_start(paths, notes):
    async with opened(paths) as first:
        first.embeds.hold = asyncio.Event()
        kb = (await first.knowledge.create("kb")).id
        await first.knowledge.add_files(kb, [notes])
        await first.embeds.reached.wait()
    async with opened(paths, resume=True) as second:

        async def indexed():
            return (await second.knowledge.documents(kb))[0].status == "indexed"

        await until(indexed)
        assert (await second.knowledge.search("warranty on the pump", [kb]))[0].matched == WARRANTY


async def test_text_can_be_found_when_add_text_returns(room, kb):
    document = await room.knowledge.add_text(kb, f"Pumps. {WARRANTY}", "note.txt", "A note")
    assert (document.status, document.title) == ("indexed", "A note")
    found = await room.knowledge.search("pump warranty", ["Handbook 手册"])
    assert found[0].document.id == document.id and found[0].chunk.page is None
    assert (await room.knowledge.add_text(kb, f"Pumps. {WARRANTY}", "note.txt")).id == document.id


async def test_a_folder_gives_all_that_can_be_read(room, kb, tmp_path, notes):
    folder = tmp_path / "folder"
    (folder / "deep" / ".git").mkdir(parents=True)
    (folder / "empty").mkdir()
    for name in ("a.md", "deep/b.txt", "deep/c.mp4", "deep/.git/d.md"):
        (folder / name).write_text(f"Words of {name}.")
    assert set(await room.add(kb, folder)) == {"a.md", "b.txt"}
    with pytest.raises(BadParameter, match="nothing"):
        await room.knowledge.add_files(kb, [folder / "empty"])


async def test_collections_count_what_they_hold_and_names_are_taken_once(room, notes):
    events = []
    room.events.subscribe(CollectionsChanged, events.append)
    made = await room.knowledge.create("售后", "After sales")
    await room.add(made.id, notes)
    again = await room.knowledge.collection("售后")
    assert (again.document_count, again.embedder, again.dimensions) == (1, "usem3", 512)
    assert again.chunk_count == len(await room.knowledge.chunks((await room.knowledge.documents("售后"))[0].id)) == 2
    with pytest.raises(Conflict):
        await room.knowledge.create("售后")
    await room.knowledge.delete("售后")
    assert await room.knowledge.collections() == []
    with pytest.raises(NotFound):
        await room.knowledge.collection("售后")
    assert events


async def test_another_embedding_model_is_refused_with_the_way_out_and_reindexing_is_it(room, kb, notes):
    await room.add(kb, notes)
    room.embeds.id = "usem4"
    with pytest.raises(BadState) as failure:
        await room.knowledge.search("warranty", [kb])
    assert "usem3" in failure.value.message.zh and "usem4" in failure.value.message.en and failure.value.repair
    assert await room.knowledge.search("warranty", [kb], mode="keyword")
    await room.done(await room.knowledge.reindex(kb))
    assert (await room.knowledge.search("warranty", [kb]))[0].matched == WARRANTY


async def test_each_mode_says_what_it_knows(room, kb, notes):
    await room.add(kb, notes)
    hybrid = (await room.knowledge.search("warranty pump", [kb], mode="hybrid"))[0]
    dense = (await room.knowledge.search("warranty pump", [kb], mode="dense"))[0]
    keyword = (await room.knowledge.search("warranty pump", [kb], mode="keyword"))[0]
    assert hybrid.dense and hybrid.keyword and hybrid.dense_rank == hybrid.keyword_rank == 1
    assert dense.keyword is None and keyword.dense is None
    assert await room.knowledge.search("  ", [kb]) == []
    assert await room.knowledge.search("warranty", []) == []


class Leaning(Usem3):
    """Two embedding models: the bundled one, and "leaning", whose vectors all lean one way, so that all its cosines are high."""

    async def embedder(self, name=""):
        return SimpleNamespace(id=name or "usem3", dimensions=512)

    async def embed(self, model, texts, *, purpose="passage"):
        vectors = await super().embed(model, texts, purpose=purpose)
        if model == "usem3":
            return vectors
        leaning = vectors + 2 / 512**0.5
        return leaning / numpy.linalg.norm(leaning, axis=1, keepdims=True)


async def test_collections_of_two_embedding_models_are_ranked_on_one_scale(paths):
    async with opened(paths, embeds=Leaning()) as room:
        right = (await room.knowledge.create("Manuals")).id
        beside = (await room.knowledge.create("Tales", embedder="leaning")).id
        await room.knowledge.add_text(right, "The guarantee of the pump runs for two years.", "pump.txt")
        for n, text in enumerate(
            ("A fox crossed the frozen lake.", "The lighthouse keeper slept.", "Rain fell on the harbour.")
        ):
            await room.knowledge.add_text(beside, text, f"{n}.txt")
        for mode in ("dense", "hybrid"):
            found = await room.knowledge.search("How long is the warranty?", [beside, right], 4, mode)
            assert found[0].document.file_name == "pump.txt"
            assert found[1].dense > found[0].dense  # as each model tells it, the tales would be nearer
