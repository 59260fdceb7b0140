"""Reading and writing the catalog. Every change is one transaction that is on disk when `write` returns."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from studio.engine.catalog import backup
from studio.engine.errors import BadParameter, DiskFull, StudioError, Unavailable, from_unexpected
from studio.engine.text import Text

log = logging.getLogger(__name__)
T = TypeVar("T")
COPY_EVERY = 1800.0  # seconds between two copies while something changes


class Catalog:
    """One SQLite file. Writes go through one thread, in order; reads go through others and never wait for a write."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.engine: Engine | None = None
        self.not_backed_up: StudioError | None = None
        self._changed = False  # since the last copy
        self._copying: asyncio.Task[None] | None = None
        self._writer = ThreadPoolExecutor(1, "catalog-write")
        self._readers = ThreadPoolExecutor(3, "catalog-read")

    async def start(self) -> None:
        """Check the file, migrate it to this version and back it up.

        Raises `CatalogDamaged` when the file is not sound; `backup.restore` brings the last good copy back.
        """
        await asyncio.get_running_loop().run_in_executor(self._writer, self._open)
        self._copying = asyncio.create_task(self._copy_now_and_then(), name="copy the catalog")

    async def close(self) -> None:
        """Ends with a copy of what changed, so that a file that is damaged later costs nothing of this session."""
        if self._copying is not None:
            self._copying.cancel()
            await asyncio.to_thread(self._back_up)
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        if self.engine is not None:
            self.engine.dispose()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` with a connection on a reader thread. Rows that leave must be plain: call `.all()` inside."""
        return await self._run(self._readers, lambda: self._read(work))

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction on the writer thread. It is durable when this returns, or did not happen."""
        return await asyncio.shield(self._run(self._writer, lambda: self._write(work)))

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._opened().connect() as connection:
            return work(connection)

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self._opened().begin() as connection:
            self._changed = True
            return work(connection)

    def _opened(self) -> Engine:
        if self.engine is None:
            raise Unavailable(Text("The catalog is not open.", "目录库尚未打开。"))
        return self.engine

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except DBAPIError as error:
            raise _explain(self.file, error) from error
        except UnicodeEncodeError as error:
            raise from_unexpected(error) from error
        except OverflowError as error:
            raise BadParameter(
                Text("A number is larger than the catalog keeps.", "数字超出目录库可保存的范围。"),
                Text("Give one below 9,223,372,036,854,775,808.", "请填写小于 9,223,372,036,854,775,808 的数。"),
            ) from error

    def _open(self) -> None:
        backup.check(self.file)
        self.engine = connect(self.file)
        try:
            _migrate(self.engine)
        except DBAPIError as error:
            raise _explain(self.file, error) from error
        self._changed = True
        self._back_up()

    async def _copy_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(COPY_EVERY)
            await asyncio.to_thread(self._back_up)

    def _back_up(self) -> None:
        """A copy, if there is anything new; where none can be made, that is no reason to keep anybody from working."""
        if not self._changed or self.engine is None:
            return
        try:
            backup.save(self.file)
        except (OSError, sqlite3.Error, StudioError) as error:
            log.warning("the catalog was not backed up: %s", error)
            self.not_backed_up = from_unexpected(error)
        else:
            self._changed, self.not_backed_up = False, None


def connect(file: Path) -> Engine:
    """A SQLAlchemy engine on a SQLite file in WAL mode with foreign keys on and every commit synced."""
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


MIGRATIONS = Path(__file__).parent / "migrations"


def _migrate(engine: Engine) -> None:
    if _revision(engine) == max(file.stem for file in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]:
        return  # up to date: Alembic's import would take a tenth of a second of every start
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(engine: Engine) -> str | None:
    """The migration that the file is at; None for a new one."""
    with engine.connect() as connection:
        if not connection.dialect.has_table(connection, "alembic_version"):
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _explain(file: Path, error: DBAPIError) -> StudioError:
    reason = str(error.orig)
    if "malformed" in reason or "not a database" in reason:
        return backup.damaged(file, reason, running=True)
    if "full" in reason:
        return DiskFull(str(file), reason)
    if "disk I/O" in reason or "readonly" in reason:
        return Unavailable(
            Text(f"The catalog {file} cannot be written: {reason}.", f"无法写入目录库 {file}：{reason}。"),
            Text("Free some disk space; nothing that was saved is lost.", "请腾出磁盘空间，已保存的内容不会丢失。"),
        )
    return Unavailable(
        Text(f"The catalog refused the change: {reason}.", f"目录库拒绝了更改：{reason}。"), details=str(error)
    )
