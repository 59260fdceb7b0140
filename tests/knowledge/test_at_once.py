"""What several do to one collection in the same moment: nothing is doubled, nothing that somebody said is lost."""

import asyncio

import pytest

from studio.engine.errors import Conflict, NotFound
from studio.engine.text import Text
from tests.knowledge.conftest import opened, until

WARRANTY = "The warranty on the K7 pump is 24 months from the date of purchase."
OTHER = "The lamp in the hall is changed every second year."


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text(WARRANTY)
    return path


async def held(room, kb, path):
    """A job that has begun to embed a file and waits."""
    room.embeds.hold = asyncio.Event()
    room.embeds.reached.clear()
    job = await room.knowledge.add_files(kb, [path])
    await room.embeds.reached.wait()
    return job


async def test_a_file_that_five_add_at_once_is_there_once(room, kb, note):
    for job in await asyncio.gather(*(room.knowledge.add_files(kb, [note]) for _ in range(5))):
        await room.done(job)
    [document] = await room.knowledge.documents(kb)
    assert document.status == "indexed"
    assert len(await room.knowledge.search("warranty of the pump", [kb])) == 1


async def test_a_text_that_is_added_twice_at_once_is_one_document_and_found_for_both(room, kb):
    first, second = await asyncio.gather(*(room.knowledge.add_text(kb, WARRANTY, "note.txt") for _ in range(2)))
    assert first.id == second.id
    assert (first.status, second.status) == ("indexed", "indexed")


async def test_what_a_file_says_by_now_is_found_though_it_changed_while_it_was_indexed(room, kb, note):
    first = await held(room, kb, note)
    note.write_text(OTHER)
    second = await room.knowledge.add_files(kb, [note])
    room.embeds.hold.set()
    for job in (first, second):
        await room.done(job)
    [document] = await room.knowledge.documents(kb)
    assert document.status == "indexed" and not document.stale
    [found] = await room.knowledge.search("lamp in the hall", [kb])
    assert found.chunk.text == OTHER


async def test_a_tag_that_is_given_while_a_document_is_indexed_is_kept(room, kb, note):
    job = await held(room, kb, note)
    [document] = await room.knowledge.documents(kb)
    await room.knowledge.tag(document.id, ["pumps"])
    room.embeds.hold.set()
    await room.done(job)
    assert (await room.knowledge.document(document.id)).tags == ["pumps"]


async def test_settings_and_folders_that_are_given_at_once_are_all_kept(room, kb, note, tmp_path):
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        (folder / f"{folder.name}.txt").write_text(f"In folder {folder.name}.")
    knowledge = room.knowledge
    jobs = await asyncio.gather(
        knowledge.add_files(kb, [note]),
        *(knowledge.add_files(kb, [folder], watch=True) for folder in folders),
        knowledge.update(kb, chunk_characters=500),
        knowledge.update(kb, chunk_overlap=50),
    )
    for job in jobs[:3]:
        await room.done(job)
    settings = (await knowledge.collection(kb)).settings
    assert (settings["chunk_characters"], settings["chunk_overlap"]) == (500, 50)
    assert sorted(settings["folders"]) == [str(folder) for folder in folders]
    assert settings["probe"], "the mark of the model that indexed it"


async def test_of_two_collections_that_are_given_one_name_at_once_one_gets_it(room, kb):
    other = (await room.knowledge.create("Other")).id
    said = await asyncio.gather(
        *(room.knowledge.update(one, name="Manual") for one in (kb, other)), return_exceptions=True
    )
    assert [type(one) for one in said if isinstance(one, Exception)] == [Conflict]
    assert sorted(one.name for one in await room.knowledge.collections()) in (
        ["Handbook 手册", "Manual"],
        ["Manual", "Other"],
    )


async def test_nothing_is_left_of_a_collection_that_is_deleted_while_files_are_added(room, kb, tmp_path):
    files = [tmp_path / f"note {number}.txt" for number in range(12)]
    for number, file in enumerate(files):
        file.write_text(f"Lamp {number} hangs in room {number * 7}.")

    async def add(file):
        try:
            await room.done(await room.knowledge.add_files(kb, [file]))
        except NotFound:
            pass

    async def delete():
        await until(lambda: room.knowledge.documents(kb))
        return await asyncio.gather(*(room.knowledge.delete(kb) for _ in range(3)), return_exceptions=True)

    deleted, *_ = await asyncio.gather(delete(), *(add(file) for file in files))
    assert sorted(type(one).__name__ for one in deleted) == ["NoneType", "NotFound", "NotFound"]
    assert await room.knowledge.documents() == [] and await room.knowledge.collections() == []
    assert await room.knowledge._chunks.count() == 0
    assert (await room.knowledge.create("Handbook 手册")).document_count == 0


async def test_a_collection_whose_deletion_a_kill_cut_off_is_gone_after_the_next_start(paths, note, monkeypatch):
    async with opened(paths) as room:
        kb = (await room.knowledge.create("Handbook")).id
        await room.add(kb, note)

        async def killed(_):
            raise asyncio.CancelledError

        monkeypatch.setattr(room.knowledge._vectors, "drop", killed)
        with pytest.raises(asyncio.CancelledError):
            await room.knowledge.delete(kb)
    async with opened(paths) as room:
        assert await room.knowledge.collections() == [] and await room.knowledge.documents() == []

        async def nothing_left():
            return not await room.knowledge._records.hidden()

        await until(nothing_left)
        assert await room.knowledge._vectors.count(kb) == 0


async def test_a_job_that_ends_while_its_collection_is_paused_is_no_error(room, kb, note, monkeypatch):
    ended = await room.knowledge.add_files(kb, [note])
    await room.done(ended)
    monkeypatch.setattr(room.jobs, "running", lambda: [ended])
    await room.knowledge._indexing.pause([document.id for document in await room.knowledge.documents(kb)])
    assert [document.status for document in await room.knowledge.documents(kb)] == ["indexed"]


async def test_a_file_of_a_watched_folder_that_cannot_be_opened_keeps_no_other_from_being_followed(
    room, kb, tmp_path, monkeypatch
):
    folder = tmp_path / "folder"
    folder.mkdir()
    locked, other = folder / "locked.txt", folder / "other.txt"
    locked.write_text("Locked away.")
    other.write_text(WARRANTY)
    await room.done(await room.knowledge.add_files(kb, [folder]))
    target = await room.knowledge.collection(kb)
    for document in await room.knowledge.documents(kb):
        await room.knowledge._records.update_document(document.id, details={"folder": str(folder)})
    locked.write_text("Locked away now.")
    other.write_text(OTHER)
    (folder / "new.txt").write_text("A new one.")
    keep = room.knowledge._originals.keep

    async def refusing(source):
        if source == locked:
            raise NotFound(Text("locked.txt cannot be opened: Permission denied.", "无法打开 locked.txt：权限不足。"))
        return await keep(source)

    monkeypatch.setattr(room.knowledge._originals, "keep", refusing)
    waiting = await room.knowledge._sources.follow(target, str(folder))
    there = {document.file_name: document for document in await room.knowledge.documents(kb)}
    assert sorted(waiting) == sorted([there["other.txt"].id, there["new.txt"].id])
    assert there["locked.txt"].status == "failed" and "locked.txt" in there["locked.txt"].reason.en
