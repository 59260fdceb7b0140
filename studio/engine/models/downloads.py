"""Downloading models: paused, resumed, gone on with after a kill, checked, and then in the library."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.egress import Egress
from studio.engine.errors import BadState, Conflict, DiskFull, Invalid, NotFound, StudioError, Unavailable
from studio.engine.events import Events
from studio.engine.files import cannot_write, inside
from studio.engine.jobs import Job, Jobs
from studio.engine.models import digest
from studio.engine.models.choices import Choice, HubFile, choose
from studio.engine.models.download import Download, DownloadChanged, DownloadStore, Phase, Status
from studio.engine.models.hub import Hub
from studio.engine.models.hub_source import HubPage
from studio.engine.models.shelf import Shelf
from studio.engine.models.transfer import Speed, fetch
from studio.engine.text import Text

JOB = "download"
AT_ONCE = 2
MARGIN = 16 * 1024 * 1024  # bytes of the disk that are left for everything else
ASIDE = ".downloads"
TELL_EVERY = 0.25  # seconds between two events of a download


class WrongChecksum(Invalid):
    """What came is not what the hub announced. It was deleted."""

    def __init__(self, name: str, expected: str, found: str) -> None:
        super().__init__(
            Text(
                f"{name} arrived damaged: its checksum is not the one that the hub gives. It was deleted.",
                f"{name} 已损坏：校验和与模型库给出的不一致，已将其删除。",
            ),
            Text("Download it again, from another hub if this repeats.", "请重新下载；若再次出现，请更换模型库。"),
            details=f"expected {expected}\nfound    {found}",
        )


class Running:
    """What is known of a download while it runs."""

    def __init__(self, download: Download, job: Job) -> None:
        self.download = download
        self.job = job
        self.speed = Speed()
        self.before = 0  # bytes of the files that are complete
        self.told = 0.0
        self.ending: Status = "paused"  # what a cancelled job leaves behind


class Downloads:
    """At most two at once, the others wait. Unfinished files lie aside, in `.downloads` of the models folder."""

    def __init__(self, catalog: Catalog, events: Events, jobs: Jobs, egress: Egress, hub: Hub, models: Shelf) -> None:
        self._store = DownloadStore(catalog)
        self._events = events
        self._jobs = jobs
        self._egress = egress
        self._hub = hub
        self._models = models
        self._running: dict[str, Running] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._starting = asyncio.Lock()

    async def open(self) -> None:
        """Jobs that a kill cut off go on from here."""
        self._jobs.on_resume(JOB, self._go_on)

    async def list(self) -> Sequence[Download]:
        """The newest first; running ones as they are now."""
        return [self._as_it_is(download) for download in await self._store.all()]

    async def get(self, download_id: str) -> Download:
        found = await self._store.get(download_id)
        if found is None:
            raise NotFound(Text(f"There is no download {download_id}.", f"没有下载任务 {download_id}。"))
        return self._as_it_is(found)

    async def start(self, repository: str, wanted: str = "", revision: str | None = None) -> Download:
        """Begin to download a model, by quantization or by the name of a file; returns at once. The disk is looked at
        first. Raises what `Hub.page` raises, `NotFound` for a quantization that is not there, `DiskFull` with the numbers,
        `Conflict` when another file has its place."""
        page = await self._hub.page(repository, revision)
        choice = choose(page.choices, wanted)
        if choice is None:
            raise _no_such(page, wanted)
        async with self._starting:
            known = await self._same(page, choice)
            if known is not None:
                return await self.resume(known.id) if known.status in ("paused", "failed") else known
            download = _new(page, choice, self._models.folder)
            await asyncio.to_thread(_check_places, download)
            await self._check_room(download)
            await self._store.add(download)
            return await self._launch(download)

    async def pause(self, download_id: str) -> Download:
        """Stop for now; what came is kept."""
        return await self._stop(download_id, "paused")

    async def resume(self, download_id: str) -> Download:
        """Go on where it stopped, or try again after a failure."""
        download = await self.get(download_id)
        if download_id in self._running:
            return download
        if download.status not in ("paused", "failed"):
            raise BadState(Text(f"{download.name} is {download.status}.", f"{download.name} 已结束。"))
        await self._check_room(download)
        return await self._launch(download)

    async def cancel(self, download_id: str) -> Download:
        """End it; nothing of it is left on the disk."""
        download = await self.get(download_id)
        if download.status in ("done", "cancelled"):
            return download
        if download_id in self._running:
            await self._stop(download_id, "cancelled")
        await asyncio.to_thread(_clear, Path(download.folder), download.id)
        return await self._keep(download, status="cancelled", done_bytes=0, finished_at=time.time())

    async def forget(self, download_id: str) -> None:
        """Take an ended one off the list; one that has not ended is cancelled."""
        await self.cancel(download_id)
        await self._store.forget(download_id)

    async def wait(self, download_id: str) -> Download:
        """Until it does not run any more."""
        for job in self._jobs.running():
            if job.payload == _payload(download_id):
                await self._jobs.ended(job.id)
        return await self.get(download_id)

    # inside

    async def _launch(self, download: Download) -> Download:
        download = await self._keep(download, status="running", error=None, finished_at=None)
        title = Text(f"Downloading {download.name}", f"正在下载 {download.name}")
        await self._jobs.start(JOB, title, lambda job: self._run(download, job), _payload(download.id))
        await asyncio.sleep(0)  # it has begun when this returns
        return self._as_it_is(download)

    async def _go_on(self, payload: dict[str, object], job: Job) -> None:
        download = await self._store.get(str(payload.get("download", "")))
        if download is not None and download.status == "running":
            await self._run(download, job)

    async def _run(self, download: Download, job: Job) -> None:
        running = self._running[download.id] = Running(download, job)
        try:
            self._tell(running, "waiting", now=True)
            async with self._turn:
                await self._fetch_all(running)
            model_id = await self._add(running)
            await self._keep(running.download, status="done", model_id=model_id, finished_at=time.time())
        except asyncio.CancelledError:
            if not self._jobs.closing:  # at the end of the program it stays as it is, and goes on at the next start
                await self._keep(running.download, status=running.ending)
            raise
        except Exception as error:
            shown = error if isinstance(error, StudioError) else None
            if isinstance(error, WrongChecksum | DiskFull):
                await asyncio.to_thread(_clear, Path(download.folder), download.id)
                running.download.done_bytes = 0
            words = shown.as_dict() if shown else {"message": Text.same(str(error)).as_dict()}
            await self._keep(running.download, status="failed", error=words, finished_at=time.time())
            raise
        finally:
            self._running.pop(download.id, None)  # last: what runs no more and has no end would seem paused

    async def _fetch_all(self, running: Running) -> None:
        download = running.download
        folder = Path(download.folder)
        aside = await asyncio.to_thread(_aside, folder, download.id)
        source = await self._hub.source(download.hub, download.dialect)
        async with self._egress.client(purpose="model download", timeout=30) as client:
            for file in download.files:
                part = aside / (file.name.replace("/", "__") + ".part")
                if not await asyncio.to_thread(_is_there, folder, file):
                    url = source.address(download.repository, download.revision, file.name)
                    hears = lambda done: self._progress(running, done)  # noqa: E731
                    await fetch(client, url, source.headers(), part, file.size, download.repository, hears)
                    await self._check(running, file, part)
                running.before += file.size
        await asyncio.to_thread(_put_in_place, folder, aside, download.files)

    async def _check(self, running: Running, file: HubFile, part: Path) -> None:
        """The checksum that the hub announced, over what is on the disk."""
        expected = file.sha256 or file.blob
        if not expected:
            return
        self._tell(running, "checking", now=True)
        work = digest.sha256 if file.sha256 else digest.git_blob
        found = await asyncio.to_thread(work, part)
        if found != expected:
            raise WrongChecksum(file.name, expected, found)

    async def _add(self, running: Running) -> str:
        download = running.download
        self._tell(running, "adding", now=True)
        first = download.files[0]
        path = Path(download.folder) if download.format != "gguf" else inside(Path(download.folder), first.name)
        sha256 = first.sha256 if download.format == "gguf" and len(download.files) == 1 else ""
        model = await self._models.add_downloaded(
            path, digest=sha256, licence=download.licence, hub=download.repository
        )
        return model.id

    async def _stop(self, download_id: str, ending: Status) -> Download:
        running = self._running.get(download_id)
        if running is None:
            return await self.get(download_id)
        running.ending = ending
        await self._jobs.cancel(running.job.id)
        return await self.get(download_id)

    def _progress(self, running: Running, done: int) -> None:
        whole = running.before + done
        running.download.done_bytes = whole
        running.speed.note(whole)
        self._tell(running, "fetching")

    def _tell(self, running: Running, phase: Phase, *, now: bool = False) -> None:
        download = running.download
        changed, download.phase = download.phase != phase, phase
        download.speed = running.speed.read() if phase == "fetching" else None
        size = download.size_bytes
        running.job.progress(download.done_bytes / size if size else None)
        if now or changed or time.monotonic() - running.told >= TELL_EVERY:
            running.told = time.monotonic()
            self._events.publish(DownloadChanged(download.model_copy()))

    async def _keep(self, download: Download, **fields: object) -> Download:
        kept = download.model_copy(update={"phase": None, "speed": None, **fields})
        await self._store.keep(kept)
        self._events.publish(DownloadChanged(kept))
        return kept

    def _as_it_is(self, download: Download) -> Download:
        running = self._running.get(download.id)
        if running is not None:
            return running.download.model_copy()
        stranded = download.status == "running"  # a kill came between its line and its job
        return download.model_copy(update={"status": "paused"}) if stranded else download

    async def _same(self, page: HubPage, choice: Choice) -> Download | None:
        """One that fetches the very same and has not ended."""
        for download in await self.list():
            if download.active and (download.hub, download.repository, download.revision, download.files) == (
                page.hub, page.id, page.revision, choice.files
            ):  # fmt: skip
                return download
        return None

    async def _check_room(self, download: Download) -> None:
        """Raise `DiskFull` with the numbers when it would not fit beside what is being downloaded already."""
        others = [item.download for item in self._running.values() if item.download.id != download.id]
        taken = sum(other.size_bytes - other.done_bytes for other in others)
        needed = download.size_bytes - await asyncio.to_thread(_kept_bytes, download)
        free = max(0, await asyncio.to_thread(_free, Path(download.folder)) - taken - MARGIN)
        if needed > free:
            raise _no_room(download.name, needed, free, self._models.folder)


def _payload(download_id: str) -> dict[str, str]:
    return {"download": download_id}


def _new(page: HubPage, choice: Choice, models: Path) -> Download:
    return Download(
        id=ids.new("dl"),
        name=choice.name if choice.format == "gguf" else page.id.rpartition("/")[2],
        hub=page.hub,
        dialect=page.dialect,
        repository=page.id,
        revision=page.revision,
        quantization=choice.quantization,
        format=choice.format,
        licence=page.licence,
        folder=str(inside(models, page.id)),
        files=choice.files,
        created_at=time.time(),
    )


def _no_such(page: HubPage, wanted: str) -> StudioError:
    if not page.choices:
        return NotFound(
            Text(f"{page.id} holds no model that runs here.", f"{page.id} 中没有可在此运行的模型。"),
            Text("Choose one with GGUF or safetensors files.", "请选择含 GGUF 或 safetensors 文件的模型。"),
        )
    listed = ", ".join(dict.fromkeys(one.quantization or one.name for one in page.choices))
    return NotFound(
        Text(f"{page.id} has no “{wanted}”. It has: {listed}.", f"{page.id} 没有“{wanted}”，可选：{listed}。")
    )


def _no_room(name: str, needed: int, free: int, folder: Path) -> Unavailable:
    return Unavailable(
        Text(
            f"{name} needs {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB is free in {folder}.",
            f"{name} 需要 {needed / 1e9:.1f} GB，而 {folder} 只剩 {free / 1e9:.1f} GB。",
        ),
        Text(
            "Free some space, or choose another models folder under Settings › Models.",
            "请清理出空间，或在“设置 › 模型”中更换模型文件夹。",
        ),
    )


# the disk; blocking


def _aside(folder: Path, download_id: str) -> Path:
    path = folder / ASIDE / download_id
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def _check_places(download: Download) -> None:
    """A file of another content in its place is somebody's: it is never overwritten."""
    for file in download.files:
        place = inside(Path(download.folder), file.name)
        if place.exists() and not _is_there(Path(download.folder), file):
            raise Conflict(
                Text(f"{place} is another file.", f"{place} 是另一个文件。"),
                Text("Move it away, then download again.", "请将其移走后重新下载。"),
            )


def _is_there(folder: Path, file: HubFile) -> bool:
    """Whether this very file lies in its place already."""
    place = inside(folder, file.name)
    if not place.is_file() or place.stat().st_size != file.size:
        return False
    if file.sha256:
        return digest.sha256(place) == file.sha256
    return not file.blob or digest.git_blob(place) == file.blob


def _put_in_place(folder: Path, aside: Path, files: Sequence[HubFile]) -> None:
    """All of them, once all are there."""
    for file in files:
        part, place = aside / (file.name.replace("/", "__") + ".part"), inside(folder, file.name)
        if part.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            part.replace(place)
    _clear(folder, aside.name)


def _clear(folder: Path, download_id: str) -> None:
    """Take away what lies aside, and the folders that were made for it."""
    shutil.rmtree(folder / ASIDE / download_id, ignore_errors=True)
    for empty in (folder / ASIDE, folder, folder.parent):
        try:
            empty.rmdir()
        except OSError:
            return


def _kept_bytes(download: Download) -> int:
    aside = Path(download.folder) / ASIDE / download.id
    return sum(part.stat().st_size for part in aside.glob("*.part")) if aside.is_dir() else 0


def _free(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
