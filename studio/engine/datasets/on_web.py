"""Files on the web: brought to the cache once, and asked about anew when a person refreshes."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from studio.engine.datasets.format import formats
from studio.engine.datasets.places import Place
from studio.engine.egress import Egress
from studio.engine.errors import DiskFull, StudioError, Unavailable
from studio.engine.files import write_json
from studio.engine.jobs import Job, Jobs
from studio.engine.text import Text

if TYPE_CHECKING:
    import httpx

KIND = "fetch_dataset"
LONGEST = 20 << 30  # bytes
SECONDS = 30  # of silence
ENDINGS = {
    "text/csv": ".csv", "text/tab-separated-values": ".tsv", "application/json": ".json", "application/x-ndjson": ".jsonl",
    "application/vnd.apache.parquet": ".parquet", "application/vnd.sqlite3": ".sqlite", "application/vnd.apache.arrow.file": ".arrow",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx", "application/vnd.ms-excel": ".xls",
}  # fmt: skip


class OnWeb:
    """One job for each address that is being fetched; it can be seen and stopped like any other."""

    def __init__(self, egress: Egress, jobs: Jobs, cache: Path) -> None:
        self._egress = egress
        self._jobs = jobs
        self._cache = cache
        self._alone: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def file(self, place: Place, *, anew: bool = False) -> Path:
        """The copy of what lies there. An address that cannot be reached keeps the copy there is; `Unavailable` without one."""
        async with self._alone[place.base]:
            known = await asyncio.to_thread(self._known, place)
            if known is not None and not anew:
                return known
            try:
                return await self._fetch(place, known)
            except Unavailable:
                if known is None:
                    raise
                return known

    def _known(self, place: Place) -> Path | None:
        note = self._folder(place) / "from.json"
        if not note.exists():
            return None
        file = self._folder(place) / json.loads(note.read_text())["file"]
        return file if file.exists() else None

    def _folder(self, place: Place) -> Path:
        return self._cache / hashlib.sha256(place.base.encode()).hexdigest()[:32]

    async def _fetch(self, place: Place, known: Path | None) -> Path:
        async def work(job: Job) -> Path:
            return await self._download(place, known, job)

        job = await self._jobs.start(KIND, Text(f"Fetching {place.base}", f"正在获取 {place.base}"), work)
        try:
            return Path(await job.wait())
        except asyncio.CancelledError:
            if job.task is not None and job.task.cancelled():
                raise Unavailable(
                    Text(f"Fetching {place.base} was stopped.", f"已停止获取 {place.base}。"),
                    Text("Refresh it to fetch it again.", "刷新即可重新获取。"),
                ) from None
            await self._jobs.cancel(job.id)
            raise

    async def _download(self, place: Place, known: Path | None, job: Job) -> Path:
        import httpx

        try:
            async with self._egress.client(purpose="datasets", timeout=SECONDS) as client:
                headers = await asyncio.to_thread(self._condition, place) if known is not None else {}
                async with client.stream("GET", place.base, headers=headers, follow_redirects=True) as answer:
                    if answer.status_code == httpx.codes.NOT_MODIFIED and known is not None:
                        return known
                    if not answer.is_success:
                        raise _refused(place, answer.status_code)
                    return await self._keep(place, answer, job)
        except httpx.HTTPError as error:
            raise _unreachable(place, str(error) or type(error).__name__) from error
        except OSError as error:
            raise DiskFull(str(self._cache)) from error

    def _condition(self, place: Place) -> dict[str, str]:
        """Ask only for what is newer than the copy."""
        note = json.loads((self._folder(place) / "from.json").read_text())
        told = {"If-None-Match": note.get("etag"), "If-Modified-Since": note.get("modified")}
        return {name: value for name, value in told.items() if value}

    async def _keep(self, place: Place, answer: httpx.Response, job: Job) -> Path:
        folder = self._folder(place)
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        part, done, whole = folder / "part", 0, int(answer.headers.get("content-length") or 0)
        try:
            with part.open("wb") as out:
                async for piece in answer.aiter_bytes(1 << 20):
                    await asyncio.to_thread(out.write, piece)
                    done += len(piece)
                    job.progress(min(done / whole, 1.0) if whole else None)
                    if done > LONGEST:
                        raise _unreachable(place, f"it is longer than {LONGEST >> 30} GB")
            return await asyncio.to_thread(self._note, place, answer.headers, part)
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)

    def _note(self, place: Place, headers: Mapping[str, str], part: Path) -> Path:
        file = self._folder(place) / _name(place, headers.get("content-type", ""))
        part.replace(file)
        noted: dict[str, Any] = {"file": file.name, "url": place.base}
        noted |= {"etag": headers.get("etag"), "modified": headers.get("last-modified")}
        write_json(self._folder(place) / "from.json", noted)
        return file


def _name(place: Place, kind: str) -> str:
    """The last part of the address, with an ending that its type says where it has none of its own."""
    name = Path(unquote(urlsplit(place.base).path)).name.replace("\\", "_")[-150:] or "data"
    if any(each.matches(Path(name)) for each in formats):
        return name
    return name + ENDINGS.get(kind.partition(";")[0].strip().lower(), "")


def _refused(place: Place, status: int) -> StudioError:
    return _unreachable(
        place,
        {404: "404, nothing is there", 401: "401, it wants a sign-in", 403: "403, access is denied"}.get(
            status, str(status)
        ),
    )


def _unreachable(place: Place, reason: str) -> Unavailable:
    return Unavailable(
        Text(f"{place.base} cannot be fetched: {reason}.", f"无法获取 {place.base}：{reason}。"),
        Text("Check the address and the connection, then refresh.", "请检查网址和网络连接，然后刷新。"),
    )
