"""A file that comes in a form."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from starlette.datastructures import UploadFile

from studio.api.envelope import engine_of
from studio.engine.errors import BadParameter
from studio.engine.files import temporary_folder
from studio.engine.text import Text


@asynccontextmanager
async def uploaded(request: Request) -> AsyncIterator[Path]:
    """The multipart `file` of a request under its own name, as long as the block lasts; `BadParameter` where there is none."""
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise BadParameter(Text("“file” is missing from the form.", "表单中缺少“file”。"))
    with temporary_folder(engine_of(request).paths.temporary, "studio-upload-") as folder:
        path = Path(folder) / _name(file.filename or "")
        await asyncio.to_thread(_write, file.file, path)
        yield path


def _name(said: str) -> str:
    """The last part of what a program called it; no separators of any system, nothing that leads elsewhere."""
    name = said.replace("\\", "/").rpartition("/")[2].strip()
    sound = name.strip(".") and name.isprintable() and ":" not in name and len(name.encode()) < 256
    return name if sound else "upload.txt"


def _write(content: BinaryIO, path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
