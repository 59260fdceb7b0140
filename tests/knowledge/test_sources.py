"""Folders that are followed, web pages, datasets: what they bring, and what becomes of it when they change."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pyarrow
import pytest

from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, Forbidden, Unavailable
from studio.engine.knowledge.document import Filter
from tests.knowledge.conftest import opened, until

PUMPS = "The warranty on the K7 pump is 24 months from the date of purchase."


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "manuals"
    made.mkdir()
    (made / "pumps.md").write_text(f"# Pumps\n\n{PUMPS}\n")
    return made


async def names(room, kb):
    return {one.file_name for one in await room.knowledge.documents(kb) if one.status == "indexed"}


async def test_a_link_that_leads_out_of_a_folder_is_not_in_it(room, kb, folder, tmp_path):
    (tmp_path / "secret.txt").write_text("The key lies under the third stone.")
    (folder / "notes.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "again.md").symlink_to(folder / "pumps.md")
    (folder / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    await room.done(await room.knowledge.add_files(kb, [folder]))
    assert await names(room, kb) == {"pumps.md", "again.md"}
    await room.done(await room.knowledge.add_files(kb, [folder / "notes.txt"]))
    assert "notes.txt" in await names(room, kb), "who names it wants it"


async def test_a_watched_folder_is_followed_when_files_come_change_and_go(room, kb, folder):
    await room.done(await room.knowledge.add_files(kb, [folder], watch=True))
    assert await names(room, kb) == {"pumps.md"}
    (folder / "lamps.txt").write_text("Lamps glow for 9,000 hours.")

    async def came():
        return await names(room, kb) == {"pumps.md", "lamps.txt"}

    await until(came)
    before = (await room.knowledge.search("warranty pump", [kb]))[0].document.id
    (folder / "pumps.md").write_text("# Pumps\n\nThe warranty on the K7 pump is now 36 months.\n")

    async def changed():
        found = await room.knowledge.search("warranty pump", [kb])
        return bool(found) and "36 months" in found[0].chunk.text and found[0].document.id == before

    await until(changed)
    (folder / "lamps.txt").unlink()

    async def gone():
        return await names(room, kb) == {"pumps.md"} and not await room.knowledge.search(
            "lamps glow", [kb], mode="keyword"
        )

    await until(gone)


async def test_what_happened_while_the_studio_was_closed_is_made_good_at_the_next_start(paths, folder):
    async with opened(paths) as first:
        kb = (await first.knowledge.create("kb")).id
        await first.done(await first.knowledge.add_files(kb, [folder], watch=True))
    (folder / "new.md").write_text("Valves close in two seconds.")
    (folder / "pumps.md").unlink()
    async with opened(paths, resume=True) as second:

        async def followed():
            return await names(second, kb) == {"new.md"}

        await until(followed)
        assert await second.knowledge.search("warranty", [kb], mode="keyword") == []


async def test_a_folder_that_is_followed_no_longer_keeps_its_documents(room, kb, folder):
    await room.done(await room.knowledge.add_files(kb, [folder], watch=True))
    await room.knowledge.unwatch(kb, str(folder))
    assert (await room.knowledge.collection(kb)).settings["folders"] == []
    assert await names(room, kb) == {"pumps.md"}


class Site(BaseHTTPRequestHandler):
    page = f"<html><head><title>Pump care</title><body><nav>Home</nav><p>{PUMPS}</p>".encode()

    def do_GET(self):
        self.send_response(200 if self.path == "/care" else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


async def test_a_web_page_goes_through_the_guard_and_is_fetched_again_on_retry(paths, site, monkeypatch):
    egress = Egress()
    async with opened(paths, egress=egress) as room:
        kb = (await room.knowledge.create("kb")).id
        with pytest.raises(Forbidden):
            await room.knowledge.add_page(kb, f"{site}/care")
        egress.grant(site)
        await room.done(await room.knowledge.add_page(kb, f"{site}/care"))
        found = (await room.knowledge.search("warranty of the pump", [kb]))[0]
        assert (found.document.title, found.matched, found.document.source_path) == ("Pump care", PUMPS, f"{site}/care")
        assert [passage.allowed for passage in egress.ledger] == [False, True]
        with pytest.raises(Unavailable, match="404"):
            await room.knowledge.add_page(kb, f"{site}/nothing")
        monkeypatch.setattr(Site, "page", b"<p>The warranty is 36 months.</p>")
        await room.done(await room.knowledge.retry(found.document.id))
        assert "36 months" in (await room.knowledge.search("warranty", [kb]))[0].matched
        assert len(await room.knowledge.documents(kb)) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://[half",
        "http://shop.test:99999",
        "http://shop..test/care",
        f"http://{'a' * 64}.test",
        "https://a\tb",
        "shop",
    ],
)
async def test_what_is_no_address_is_a_wrong_value_and_a_server_that_is_not_there_is_out_of_reach(paths, url):
    egress = Egress()
    egress.grant("http://127.0.0.1:9")
    async with opened(paths, egress=egress) as room:
        kb = (await room.knowledge.create("kb")).id
        with pytest.raises(BadParameter, match="address") as refused:
            await room.knowledge.add_page(kb, url)
        assert "https://" in refused.value.repair.en and "https://" in refused.value.repair.zh
        with pytest.raises(Unavailable):
            await room.knowledge.add_page(kb, "http://127.0.0.1:9/care")


class Tickets:
    """A dataset of service tickets, whose content can change."""

    def __init__(self):
        self.version = 1
        self.rows = [
            {
                "id": n,
                "product": "K7" if n % 2 else "P4",
                "note": f"Ticket {n}: the seal leaks a little.",
                "cost": n * 10,
            }
            for n in range(1, 41)
        ]
        self.rows[29]["note"] = "The motor hums loudly at night. 电机夜间噪声很大。"

    async def get(self, name):
        columns = [SimpleNamespace(name=name) for name in self.rows[0]]
        return SimpleNamespace(id="ds-tickets", name="tickets", version=self.version, columns=columns)

    async def moved_on(self, name, version):
        return self.version > version

    async def batches(self, name, columns=None):
        for start in range(0, len(self.rows), 16):
            yield pyarrow.RecordBatch.from_pylist(
                [{name: row[name] for name in columns} for row in self.rows[start : start + 16]]
            )


async def test_a_datasets_rows_are_found_with_their_number_and_filtered_by_their_cells(paths):
    async with opened(paths, rows=Tickets()) as room:
        kb = (await room.knowledge.create("kb")).id
        await room.done(await room.knowledge.add_dataset(kb, "tickets", ["note"]))
        found = (await room.knowledge.search("Which motor is loud at night?", [kb]))[0]
        assert (found.chunk.row, found.chunk.fields["product"], found.document.unit) == (30, "P4", "rows")
        assert "电机" in found.chunk.text
        few = await room.knowledge.search(
            "seal leaks", [kb], 50, filter=Filter(columns={"product": "k7", "cost": {"from": 100, "to": 200}})
        )
        assert {one.chunk.row for one in few} == {11, 13, 15, 17, 19}
        with pytest.raises(BadParameter, match="no column"):
            await room.knowledge.add_dataset(kb, "tickets", ["words"])


async def test_a_new_version_of_a_dataset_only_embeds_the_rows_that_changed(paths):
    tickets = Tickets()
    async with opened(paths, rows=tickets) as room:
        kb = (await room.knowledge.create("kb")).id
        await room.done(await room.knowledge.add_dataset(kb, "tickets", ["note"]))
        document = (await room.knowledge.documents(kb))[0]
        before = {chunk.row: chunk.id for chunk in await room.knowledge.chunks(document.id)}
        tickets.rows[4]["note"], tickets.version = "The display stays dark.", 2
        del tickets.rows[0]
        assert (await room.knowledge.document(document.id)).stale
        room.embeds.texts = 0
        await room.done(await room.knowledge.retry(document.id))
        assert room.embeds.texts == 1
        after = {chunk.row: chunk.id for chunk in await room.knowledge.chunks(document.id)}
        assert after[2] == before[3] and after[4] != before[5] and len(after) == 39
        assert not (await room.knowledge.document(document.id)).stale
        assert await room.knowledge._vectors.count(kb) == 39
