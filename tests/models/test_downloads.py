"""Downloading from a hub on loopback, with the real client: it goes on after anything, and nothing wrong gets in."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from studio.engine.catalog import Catalog
from studio.engine.egress import Egress
from studio.engine.errors import Conflict, DiskFull, Forbidden, NotFound, RateLimited, StudioError, Unavailable
from studio.engine.events import Events
from studio.engine.jobs import Jobs
from studio.engine.models.download import Download, DownloadChanged
from studio.engine.models.downloads import Downloads, WrongChecksum
from studio.engine.models.hub import Hub
from studio.engine.models.hub_client import Gated
from studio.engine.models.service import Models
from studio.engine.models.trust import Untrusted
from studio.engine.paths import Paths
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings
from tests.models.hub_server import HubServer, serving
from tests.models.tiny_gguf import make_split_gguf, make_tiny_gguf

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "tiny/Tiny-GGUF"
MB = 1_000_000


class Room:
    """Downloads with everything around them, as the engine builds it."""

    def __init__(self, paths: Paths, hub_url: str) -> None:
        self.events = Events()
        self.settings = Settings(paths.config / "settings.json", self.events)
        self.hub_url = hub_url
        self.catalog = Catalog(paths.catalog)
        self.egress = Egress()
        secrets = Secrets(paths.data)
        self.jobs = Jobs(self.catalog, self.events)
        self.models = Models(self.catalog, self.events, paths, self.settings, secrets, self.egress)
        self.hub = Hub(self.settings, self.egress, secrets)
        self.downloads = Downloads(self.catalog, self.events, self.jobs, self.egress, self.hub, self.models)
        self.told: list[Download] = []
        self.events.subscribe(DownloadChanged, lambda event: self.told.append(event.download))

    async def get(self, repository: str = REPOSITORY, wanted: str = "") -> Download:
        """Download to its end, whatever that is."""
        return await self.downloads.wait((await self.downloads.start(repository, wanted)).id)

    async def until(self, download_id: str, share: float) -> None:
        async with asyncio.timeout(120):
            while (found := await self.downloads.get(download_id)).done_bytes < share * found.size_bytes:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def opened(paths: Paths, hub_url: str, *, resume: bool = True) -> AsyncIterator[Room]:
    room = Room(paths, hub_url)
    await room.catalog.start()
    await room.settings.set("models.hub", hub_url)
    await room.models.start()
    await room.downloads.open()
    if resume:
        await room.jobs.start_interrupted()
    try:
        yield room
    finally:
        await room.jobs.close()
        await room.models.close()
        await room.catalog.close()


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with serving() as one:
        yield one


@pytest.fixture
async def room(paths: Paths, hub: HubServer) -> AsyncIterator[Room]:
    async with opened(paths, hub.url) as one:
        yield one


@pytest.fixture(scope="session")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A GGUF that loads, with eight million bytes behind its tensors that nobody reads."""
    path = make_tiny_gguf(tmp_path_factory.mktemp("large") / "Large-Q4_K_M.gguf")
    return path.read_bytes() + os.urandom(8 * MB)


def lying(paths: Paths) -> list[str]:
    """The files that are under the models folder."""
    return sorted(str(path.relative_to(paths.models)) for path in paths.models.rglob("*") if path.is_file())


def failure(download: Download) -> str:
    assert download.error is not None, download
    return str(download.error["message"]["en"])


async def test_a_model_is_found_chosen_by_its_quantization_fetched_checked_and_loads(room, hub, paths, tiny_file):
    content = tiny_file.read_bytes()
    hub.add(REPOSITORY, {"Tiny-Q4_K_M.gguf": content, "Tiny-Q8_0.gguf": content + bytes(MB), "README.md": b"hello"})
    hub.add("other/Pump", {"config.json": b"{}"})
    (found,) = await room.hub.search("tiny")
    assert (found.id, found.licence, found.gated, found.gguf) == (REPOSITORY, "apache-2.0", False, True)
    page = await room.hub.page(found.id)
    assert [(one.quantization, one.size_bytes) for one in page.choices] == [
        ("Q4_K_M", len(content)),
        ("Q8_0", len(content) + MB),
    ]
    done = await room.get(wanted="Q8_0")
    assert (done.status, done.done_bytes, done.error) == ("done", len(content) + MB, None)
    model = await room.models.get(done.model_id)
    assert Path(model.location) == paths.models / REPOSITORY / "Tiny-Q8_0.gguf"
    assert (model.hub, len(model.digest)) == (REPOSITORY, 64)
    assert (await room.models.load(model.id)).state == "loaded"
    assert lying(paths) == [f"{REPOSITORY}/Tiny-Q8_0.gguf"]
    assert {told.phase for told in room.told} >= {"waiting", "fetching", "checking", "adding", None}


async def test_parts_and_a_projector_come_together_as_one_model(room, hub, paths, tmp_path, tiny_file):
    files = {file.name: file.read_bytes() for file in make_split_gguf(tmp_path / "Wide-Q4_0", 3)}
    hub.add(REPOSITORY, {**files, "mmproj-F16.gguf": tiny_file.read_bytes()})
    (choice,) = (await room.hub.page(REPOSITORY)).choices
    assert (len(choice.files), choice.projector, choice.quantization) == (4, True, "Q4_0")
    model = await room.models.get((await room.get()).model_id)
    assert (model.parts, Path(model.projector).name) == (3, "mmproj-F16.gguf")


async def test_a_download_is_paused_and_goes_on_from_where_it_was(room, hub, paths, large_file):
    hub.add(REPOSITORY, {"Large-Q4_K_M.gguf": large_file})
    hub.hold_at = 5 * MB
    begun = await room.downloads.start(REPOSITORY)
    await room.until(begun.id, 0.25)
    paused = await room.downloads.pause(begun.id)
    assert paused.status == "paused" and 0 < paused.done_bytes < paused.size_bytes
    assert not room.jobs.running()
    hub.hold_at = None
    await room.downloads.resume(begun.id)
    done = await room.downloads.wait(begun.id)
    assert done.status == "done"
    assert hub.ranges()[0] == "" and hub.ranges()[1].startswith("bytes=") and hub.ranges()[1] != "bytes=0-"


async def test_a_paused_download_stays_paused_at_the_next_start(paths, hub, large_file):
    hub.add(REPOSITORY, {"Large-Q4_K_M.gguf": large_file})
    hub.hold_at = 5 * MB
    async with opened(paths, hub.url) as room:
        begun = await room.downloads.start(REPOSITORY)
        await room.until(begun.id, 0.1)
        await room.downloads.pause(begun.id)
    async with opened(paths, hub.url) as later:
        assert (await later.downloads.get(begun.id)).status == "paused"
        assert not later.jobs.running()
        hub.hold_at = None
        await later.downloads.resume(begun.id)
        assert (await later.downloads.wait(begun.id)).status == "done"


VICTIM = """
import asyncio, sys
from pathlib import Path
from studio.engine.paths import Paths
from tests.models.test_downloads import REPOSITORY, opened

async def main():
    async with opened(Paths.under(Path(sys.argv[1])), sys.argv[2]) as room:
        begun = await room.downloads.start(REPOSITORY)
        await room.until(begun.id, 0.3)
        print(begun.id, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_after_a_kill_the_download_goes_on_by_itself_and_asks_only_for_the_rest(paths, hub, large_file):
    hub.add(REPOSITORY, {"Large-Q4_K_M.gguf": large_file})
    hub.hold_at = 5 * MB
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, str(paths.data.parent), hub.url, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    async with asyncio.timeout(200):
        download_id = (await victim.stdout.readline()).decode().strip()
    os.kill(victim.pid, signal.SIGKILL)
    await victim.wait()
    (part,) = lying(paths)
    kept = (paths.models / part).stat().st_size
    assert ".downloads" in part and kept >= 0.3 * len(large_file)
    hub.hold_at = None
    async with opened(paths, hub.url) as room:
        done = await room.downloads.wait(download_id)
        assert (done.status, hub.ranges()[-1]) == ("done", f"bytes={kept}-")
        location = Path((await room.models.get(done.model_id)).location)
    assert location.read_bytes() == large_file
    assert lying(paths) == [f"{REPOSITORY}/Large-Q4_K_M.gguf"]


async def test_a_connection_that_breaks_is_taken_up_again(room, hub, large_file):
    hub.add(REPOSITORY, {"Large-Q4_K_M.gguf": large_file})
    hub.break_after = [2 * MB, 1 * MB]
    assert (await room.get()).status == "done"
    starts = [int(asked[6:-1] or 0) for asked in hub.ranges() if asked]
    assert len(starts) == 2 and 0 < starts[0] < starts[1]


async def test_a_hub_that_knows_no_ranges_is_read_from_the_start(room, hub, large_file):
    hub.add(REPOSITORY, {"Large-Q4_K_M.gguf": large_file})
    hub.break_after, hub.ignore_ranges = [2 * MB], True
    done = await room.get()
    assert done.status == "done"
    assert Path((await room.models.get(done.model_id)).location).read_bytes() == large_file


@pytest.mark.parametrize("size", [9_000, 600_000])
async def test_a_wrong_checksum_is_refused_and_nothing_is_left_behind(room, hub, paths, size):
    """A small file is known by its git id, a large one by its SHA-256."""
    files = {"Tiny-Q8_0.gguf": os.urandom(size)}
    hub.add(REPOSITORY, files, announced={"Tiny-Q8_0.gguf": "ab" * (20 if size < 10_000 else 32)})
    failed = await room.get()
    assert failed.status == "failed" and "arrived damaged" in failure(failed)
    assert failed.error["kind"] == WrongChecksum.__name__
    assert list(paths.models.iterdir()) == []
    assert {model.id for model in await room.models.list()} == {"demo-smollm2", "usem3"}


async def test_a_cancelled_download_leaves_nothing(room, hub, paths, large_file):
    hub.add(REPOSITORY, {"Large-Q4_K_M.gguf": large_file})
    hub.hold_at = 5 * MB
    begun = await room.downloads.start(REPOSITORY)
    await room.until(begun.id, 0.1)
    assert (await room.downloads.cancel(begun.id)).status == "cancelled"
    assert list(paths.models.iterdir()) == [] and not room.jobs.running()
    await room.downloads.forget(begun.id)
    assert await room.downloads.list() == []


async def test_a_model_that_the_disk_cannot_hold_is_refused_with_the_numbers(room, hub, paths, monkeypatch):
    hub.add(REPOSITORY, {"Huge-Q8_0.gguf": os.urandom(MB)})
    usage = shutil.disk_usage(paths.models)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=17_000_000))
    with pytest.raises(Unavailable, match=r"Huge-Q8_0\.gguf needs 0\.0 GB, and 0\.0 GB is free") as caught:
        await room.downloads.start(REPOSITORY)
    assert "models folder" in caught.value.repair.en
    assert await room.downloads.list() == []


async def test_a_disk_that_fills_up_meanwhile_ends_it_and_nothing_is_left_behind(
    hub, tmp_path, disk, large_file, monkeypatch
):
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    paths = Paths.under(tmp_path / "studio").make()
    hub.add(REPOSITORY, {"Large-Q4_K_M.gguf": large_file})
    hub.hold_at = 5 * MB
    async with opened(paths, hub.url) as room:
        await room.settings.set("models.folder", str(disk.folder / "models"))
        begun = await room.downloads.start(REPOSITORY)
        await room.until(begun.id, 0.2)
        disk.fill()
        hub.hold_at = None
        failed = await room.downloads.wait(begun.id)
        assert (failed.status, failed.error["kind"]) == ("failed", DiskFull.__name__)
        assert not list((disk.folder / "models").rglob("*"))
        disk.free()
        await room.downloads.resume(begun.id)
        assert (await room.downloads.wait(begun.id)).status == "done"


async def test_a_file_of_somebody_in_its_place_is_not_touched(room, hub, paths, tiny_file):
    mine = paths.models / REPOSITORY / "Tiny-Q8_0.gguf"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": tiny_file.read_bytes()})
    with pytest.raises(Conflict, match=r"Tiny-Q8_0\.gguf is another file"):
        await room.downloads.start(REPOSITORY)
    assert mine.read_bytes() == b"mine"


async def test_what_is_there_already_is_not_fetched_again(room, hub, tiny_file):
    hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": tiny_file.read_bytes()})
    first, second = await room.get(), await room.get()
    assert first.model_id == second.model_id
    assert len(hub.ranges()) == 1


async def test_the_same_download_is_started_once(room, hub, large_file):
    hub.add(REPOSITORY, {"Large-Q4_K_M.gguf": large_file})
    hub.hold_at = 5 * MB
    one, two = await room.downloads.start(REPOSITORY), await room.downloads.start(REPOSITORY)
    assert one.id == two.id and len(room.jobs.running()) == 1
    await room.downloads.cancel(one.id)


async def test_a_gated_model_says_what_to_do_and_comes_with_the_token(room, hub, tiny_file):
    hub.token = "hf_secret"
    hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": tiny_file.read_bytes()}, gated=True)
    assert (await room.hub.page(REPOSITORY)).gated
    failed = await room.get()
    assert failed.status == "failed" and failed.error["kind"] == Gated.__name__
    assert "Accept the terms" in failed.error["repair"]["en"]
    await room.hub.set_token("hf_secret")
    await room.downloads.resume(failed.id)
    assert (await room.downloads.wait(failed.id)).status == "done"


async def test_the_token_is_not_sent_to_where_a_hub_redirects(room, hub, tiny_file):
    with serving() as cdn:
        hub.token, hub.redirect_to = "hf_secret", cdn.url
        hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": tiny_file.read_bytes()}, gated=True)
        cdn.repositories = hub.repositories
        await room.hub.set_token("hf_secret")
        room.egress.grant(cdn.url)
        assert (await room.get()).status == "done"
        assert [headers.get("authorization") for _, path, headers in cdn.asked if path.startswith("/cdn/")] == [None]


async def test_a_hub_cannot_redirect_into_this_network(room, hub, tiny_file):
    with serving() as inside:
        hub.redirect_to = inside.url
        hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": tiny_file.read_bytes()})
        failed = await room.get()
        assert failed.error["kind"] == Forbidden.__name__ and inside.asked == []


@pytest.mark.parametrize(
    ("refusal", "kind", "words"),
    [
        ((401, {}), NotFound, "or it is private"),
        ((401, {"X-Error-Message": "Invalid credentials in Authorization header"}), Gated, "access token"),
        ((403, {}), Gated, "gated"),
        ((404, {"X-Error-Code": "RepoNotFound"}), NotFound, "tiny/Tiny-GGUF"),
        ((429, {"Retry-After": "7"}), RateLimited, "slow down"),
        ((500, {}), Unavailable, "answered 500"),
    ],
)
async def test_what_a_hub_refuses_is_said_with_the_way_out(room, hub, refusal, kind: type[StudioError], words: str):
    hub.refuse = [refusal] * 10
    with pytest.raises(kind, match=words) as caught:
        await room.hub.page(REPOSITORY)
    assert caught.value.repair is not None and caught.value.repair.zh


async def test_a_busy_hub_is_asked_again_as_it_wishes(room, hub, tiny_file):
    hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": tiny_file.read_bytes()})
    page = await room.hub.page(REPOSITORY)
    begun = await room.downloads.start(page.id)
    hub.refuse = [(429, {"Retry-After": "0.05"}), (503, {})]
    assert (await room.downloads.wait(begun.id)).status == "done"


async def test_a_hub_that_is_not_there_is_named(room):
    await room.settings.set("models.hub", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached"):
        await room.hub.search("qwen")


async def test_every_request_is_in_the_ledger_and_staying_offline_refuses_them(paths, hub, tiny_file, room):
    hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": tiny_file.read_bytes()})
    await room.get()
    port = int(hub.url.rpartition(":")[2])
    purposes = [passage.purpose for passage in room.egress.ledger if passage.port == port]
    assert purposes == ["model hub", "model download"]
    room.egress._offline = lambda: True
    await room.settings.set("models.hub", "http://192.0.2.1")
    with pytest.raises(Forbidden, match="stays offline"):
        await room.hub.page(REPOSITORY)


async def test_safetensors_come_without_code_and_a_model_that_names_code_waits_for_trust(room, hub, paths):
    plain = {
        "config.json": b'{"model_type": "llama"}',
        "model.safetensors": os.urandom(20_000),
        "tokenizer.json": b"{}",
    }
    stray = {"modeling_x.py": b"import os", "pytorch_model.bin": b"pickle"}
    hub.add("tiny/Plain", {**plain, **stray})
    hub.add("tiny/Odd", {**plain, "config.json": b'{"auto_map": {"AutoModel": "modeling_x.X"}}', **stray})
    done = await room.get("tiny/Plain", "safetensors")
    assert done.status == "done"
    assert lying(paths) == ["tiny/Plain/config.json", "tiny/Plain/model.safetensors", "tiny/Plain/tokenizer.json"]
    odd = await room.get("tiny/Odd", "safetensors")
    assert odd.error["kind"] == Untrusted.__name__ and "auto_map" in failure(odd)
    await room.models.trust(paths.models / "tiny/Odd")
    await room.downloads.resume(odd.id)
    assert (await room.downloads.wait(odd.id)).status == "done"


async def test_names_that_lead_elsewhere_are_no_choice(room, hub, tiny_file):
    hub.add(REPOSITORY, {"../../evil-Q8_0.gguf": tiny_file.read_bytes(), "a/../b.gguf": b"x"})
    assert (await room.hub.page(REPOSITORY)).choices == []
    with pytest.raises(NotFound, match="holds no model that runs here"):
        await room.downloads.start(REPOSITORY)


async def test_an_unknown_quantization_says_which_there_are(room: Any, hub: HubServer):
    hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": b"x" * 100, "Tiny-Q4_K_M.gguf": b"x" * 50})
    with pytest.raises(NotFound, match=r"It has: Q4_K_M, Q8_0"):
        await room.downloads.start(REPOSITORY, "Q5_K_M")
