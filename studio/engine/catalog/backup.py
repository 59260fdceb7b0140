"""Copies of the catalog: made at every sound start, now and then, and at the end; the last five kept, restored when the file is damaged."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from studio.engine.errors import NotFound, Unavailable
from studio.engine.paths import Ownership, Paths
from studio.engine.text import Text

KEPT = 5


class CatalogDamaged(Unavailable):
    """The catalog file is not sound. `backup` is the last good copy, if there is one."""

    def __init__(self, message: Text, repair: Text, details: str, backup: Path | None) -> None:
        super().__init__(message, repair, details)
        self.backup = backup

    @property
    def offer(self) -> Text:
        """What the button that restores says."""
        when = _when(self.backup) if self.backup else ""
        return Text(f"Restore the backup of {when}", f"恢复 {when} 的备份")


def check(file: Path) -> None:
    """Raise `CatalogDamaged` unless the file is absent or sound."""
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise damaged(file, str(error)) from error
    if found is None or found[0] != "ok":
        raise damaged(file, str(found and found[0]))


def save(file: Path) -> Path:
    """Copy the open catalog; the five newest copies stay. Raises `CatalogDamaged` when the copy is not sound."""
    folder = file.parent / "backups"
    folder.mkdir(exist_ok=True, mode=0o700)
    copy = folder / f"catalog-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.db"
    aside = copy.with_suffix(".part")
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(aside)) as target:
            source.backup(target)
        check(aside)  # a copy of a damaged file must not push out a good one
        aside.replace(copy)
    finally:
        aside.unlink(missing_ok=True)
    for old in copies(file)[KEPT:]:
        old.unlink(missing_ok=True)
    return copy


def copies(file: Path) -> list[Path]:
    """The copies that exist, newest first."""
    return sorted((file.parent / "backups").glob("catalog-*.db"), reverse=True)


def restore(file: Path) -> Path:
    """Put the last sound copy in the place of a damaged catalog, which is kept as catalog.damaged-….db."""
    copy = _last_sound(file)
    if copy is None:
        raise NotFound(
            Text(f"There is no good backup of {file}.", f"{file} 没有可用的备份。"),
            Text(
                "Move the file away to start with an empty catalog; your files and objects stay.",
                "移走该文件即可从空目录库开始，你的文件和对象都会保留。",
            ),
        )
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    for suffix in ("", "-wal", "-shm"):
        part = file.with_name(file.name + suffix)
        if part.exists():
            part.replace(file.with_name(f"catalog.damaged-{stamp}.db{suffix}"))
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(file.with_suffix(".part"))) as target:
        source.backup(target)
    file.with_suffix(".part").replace(file)
    return copy


def restore_owned(paths: Paths) -> Path:
    """`restore` for a data folder that nobody uses meanwhile; raises `DataFolderInUse`."""
    owner = Ownership(paths)
    owner.claim()
    try:
        return restore(paths.catalog)
    finally:
        owner.release()


def damaged(file: Path, reason: str, running: bool = False) -> CatalogDamaged:
    """The error for a file that is not sound, offering the last good copy; `running` while the studio has it open."""
    copy = _last_sound(file)
    if copy is None:
        repair = Text(
            f"No good backup was found. Move {file.name} away to start with an empty one; your files and objects stay.",
            f"没有找到可用的备份。移走 {file.name} 即可从空目录库开始，你的文件和对象都会保留。",
        )
    elif running:
        when = _when(copy)
        repair = Text(
            f"Close the studio and open it again; it offers the backup of {when}.",
            f"请关闭程序后重新打开，届时可恢复 {when} 的备份。",
        )
    else:
        when = _when(copy)
        repair = Text(
            f"Restore the backup of {when} (“studio doctor --restore-catalog”); the damaged file is kept.",
            f"可恢复 {when} 的备份（“studio doctor --restore-catalog”），损坏的文件会保留。",
        )
    return CatalogDamaged(Text(f"The catalog {file} is damaged.", f"目录库 {file} 已损坏。"), repair, reason, copy)


def _when(copy: Path) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(copy.stat().st_mtime))


def _last_sound(file: Path) -> Path | None:
    for copy in copies(file):
        try:
            with closing(sqlite3.connect(f"file:{os.fspath(copy)}?mode=ro", uri=True)) as connection:
                if connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                    return copy
        except sqlite3.DatabaseError:
            continue
    return None
