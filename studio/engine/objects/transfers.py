"""Uploads and downloads as jobs: everybody sees how far they are, and may stop them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from studio.engine.jobs import Job, Jobs, JobState
from studio.engine.objects.service import Objects
from studio.engine.objects.store import Progress
from studio.engine.text import Text


async def upload(objects: Objects, jobs: Jobs, file: Path, url: str) -> JobState:
    """Keep a copy of a file as an object; one that was stopped goes on where it was when it is begun again."""
    words = Text(f"Uploading “{file.name}”", f"正在上传“{file.name}”")
    job = await jobs.start("upload_object", words, lambda job: objects.upload(file, url, _told(job)), {"url": url})
    return job.state


async def download(objects: Objects, jobs: Jobs, url: str, file: Path) -> JobState:
    """Write an object to a file, which appears whole."""
    words = Text(f"Downloading “{file.name}”", f"正在下载“{file.name}”")
    job = await jobs.start("download_object", words, lambda job: objects.download(url, file, _told(job)), {"url": url})
    return job.state


def _told(job: Job) -> Progress:
    loop = asyncio.get_running_loop()

    def tell(done: int, whole: int) -> Any:
        loop.call_soon_threadsafe(job.progress, done / whole if whole else None)

    return tell
