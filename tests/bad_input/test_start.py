"""A start that cannot be: the whole window says why, and its buttons are the way out."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from studio.cli.desktop import serve_beside
from studio.engine.catalog import backup
from studio.engine.engine import Engine
from studio.engine.errors import DataFolderInUse, Unavailable
from studio.engine.paths import Paths
from tests.bad_input.conftest import Person
from tests.conftest import serve, stop


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:40960] = os.urandom(36864)
    file.write_bytes(content)


def test_a_damaged_catalog_is_restored_from_the_page_that_says_so(person: Person) -> None:
    catalog = person.home / "data/catalog.db"
    good = backup.copies(catalog)[0]
    damage(catalog)
    person.start()
    page = person.page_fails()
    assert "catalog.db is damaged" in person.reads(page)
    person.look("damaged-catalog")
    person.press("Try again", page)
    page = person.page_fails()
    person.press("Restore the backup of", page)
    person.until_open()
    assert "orders" in [dataset.name for dataset in person.wait(person.engine.datasets.list())]
    assert any("restored" in words and good.name in words for words in person.notices())
    assert list(catalog.parent.glob("catalog.damaged-*.db")), "the damaged file is kept"
    assert person.alive()


def test_a_damaged_catalog_without_a_backup_names_the_way_out(person: Person) -> None:
    catalog = person.home / "data/catalog.db"
    for copy in backup.copies(catalog):
        copy.unlink()
    damage(catalog)
    person.start()
    page = person.page_fails()
    assert "Move catalog.db away" in person.reads(page)
    catalog.rename(catalog.with_suffix(".old"))
    person.press("Try again", page)
    person.until_open()


def test_a_second_start_names_the_first_and_goes_on_when_that_has_ended(person: Person) -> None:
    first = serve(person.home)
    try:
        person.start()
        page = person.page_fails()
        words = person.reads(page)
        assert f"process {first.process.pid}" in words and str(person.home) in words and first.url in words
        person.look("second-start")
    finally:
        stop(first)
    person.press("Try again", page)
    person.until_open()
    assert person.alive()


def test_a_taken_port_is_a_notice_with_the_way_out_and_the_window_goes_on(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("ONE_DATA_SERVER__ENABLED", "true")
        monkeypatch.setenv("ONE_DATA_SERVER__PORT", str(port))
        person.start(serve_beside)
        person.until_open()
        person.until(
            lambda: any(f"Port {port}" in words and "Settings › Server" in words for words in person.notices())
        )
        person.look("taken-port")
        assert person.alive()


def test_a_server_that_fails_in_an_unforeseen_way_is_a_notice_too(person: Person) -> None:
    async def broken(engine: Engine) -> object:
        raise RuntimeError("no")

    person.start(broken)
    person.until_open()
    person.until(lambda: any("RuntimeError" in words for words in person.notices()))
    assert person.alive()


async def test_a_damaged_history_of_runs_is_named_with_the_way_out(copy_of_sample: Path) -> None:
    journal = copy_of_sample / "data/runs/journal.db"
    journal.write_bytes(os.urandom(65536))
    for beside in ("-wal", "-shm"):
        journal.with_name(journal.name + beside).unlink(missing_ok=True)
    with pytest.raises(Unavailable) as caught:
        await Engine.open(Paths.under(copy_of_sample))
    assert "journal.db is damaged" in caught.value.message.en and "Move that file away" in str(caught.value.repair)
    journal.unlink()
    await (await Engine.open(Paths.under(copy_of_sample))).close()


async def test_a_catalog_that_breaks_while_it_is_open_says_how_to_get_the_backup_and_the_engine_lives(
    copy_of_sample: Path,
) -> None:
    engine = await Engine.open(Paths.under(copy_of_sample))
    try:
        catalog = engine.paths.catalog
        for part in (catalog, catalog.with_name("catalog.db-wal")):
            part.write_bytes(os.urandom(max(65536, part.stat().st_size)))
        engine.catalog.engine.dispose()  # type: ignore[union-attr]
        with pytest.raises(backup.CatalogDamaged) as caught:
            await engine.chat.threads()  # the list of datasets is kept in memory
        assert "open it again; it offers the backup of" in str(caught.value.repair)
        assert (await engine.status()).ram_total > 0
    finally:
        await engine.close()
    with pytest.raises(backup.CatalogDamaged):
        await Engine.open(Paths.under(copy_of_sample))
    backup.restore_owned(Paths.under(copy_of_sample))
    restored = await Engine.open(Paths.under(copy_of_sample))
    assert [dataset.name for dataset in await restored.datasets.list() if dataset.id == "ds-001"] == ["orders"]
    await restored.close()


async def test_a_catalog_in_use_is_not_restored_under_its_owner(copy_of_sample: Path) -> None:
    engine = await Engine.open(Paths.under(copy_of_sample))
    command = [sys.executable, "-m", "studio", "--home", str(copy_of_sample), "doctor", "--restore-catalog"]
    try:
        environment = {**os.environ, "LANG": "C.UTF-8"}
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=600, env=environment
        )
        assert done.returncode == 1 and f"process {os.getpid()}" in done.stderr and "Traceback" not in done.stderr
        assert not list(engine.paths.data.glob("catalog.damaged-*"))
    finally:
        await engine.close()


async def test_a_folder_that_is_taken_is_free_again_after_a_failed_claim(copy_of_sample: Path) -> None:
    engine = await Engine.open(Paths.under(copy_of_sample))
    with pytest.raises(DataFolderInUse):
        await Engine.open(Paths.under(copy_of_sample))
    assert json.loads(engine.paths.owner.read_text())["pid"] == os.getpid(), "the owner's word stays"
    await engine.close()
    await (await Engine.open(Paths.under(copy_of_sample))).close()
