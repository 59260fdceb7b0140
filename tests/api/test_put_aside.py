"""What is sent and fetched is put aside in the studio's home, which empties it, and nowhere else."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.api.application import make_application
from studio.api.security import Access
from studio.engine.engine import Engine
from studio.engine.paths import Paths


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every temporary folder that is made."""
    made: list[Path] = []
    make = tempfile.mkdtemp

    def noted(*given: Any, **named: Any) -> str:
        made.append(Path(make(*given, **named)))
        return str(made[-1])

    monkeypatch.setattr(tempfile, "mkdtemp", noted)
    return made


async def test_an_upload_and_an_export_lie_in_the_home_as_long_as_they_last(
    copy_of_sample: Path, folders: list[Path]
) -> None:
    engine = await Engine.open(Paths.under(copy_of_sample))
    transport = httpx.ASGITransport(make_application(engine, Access(engine.tokens)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080/api/v1") as http:
        sent = await http.post("/attachments", files={"file": ("tide.txt", b"The tide is 7 metres high.")})
        assert sent.status_code == 201, sent.text
        collection = (await engine.knowledge.collections())[0]
        fetched = await http.get(f"/collections/{collection.id}/export")
        assert fetched.content.startswith(b"PK"), fetched.text
    await engine.close()
    kinds = {folder.name.rpartition("-")[0] for folder in folders}
    assert kinds >= {"studio-upload", "studio-read", "studio-reader", "studio-export"}
    assert {folder.parent for folder in folders} == {engine.paths.temporary}
    assert not list(engine.paths.temporary.iterdir())
