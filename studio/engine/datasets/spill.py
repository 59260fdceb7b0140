"""Room on the disk for what a query cannot hold in memory.

DuckDB puts its temporary folder on the list of folders that SQL may reach, even with external access off. So each
connection gets a folder of its own, with a name that nobody can guess, readable by its owner only, with nothing in it but
what that very query put aside, and removed with the connection. A statement that named it is refused before it is run
(see locked.py); one that got past that would reach an empty folder of its own, and no file of the person.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from studio.engine.errors import Unavailable
from studio.engine.files import reason
from studio.engine.text import Text

MEGABYTE = 1024 * 1024
LEFT_FREE = 0.1  # of the disk's free space, which no query takes


@dataclass(frozen=True)
class Spill:
    """Where queries may put things aside, and how much each; 0 MB means that none may."""

    root: Path
    most_mb: int

    def make(self) -> Path | None:
        """A new folder, or None when nothing may be put aside."""
        if not self.most_mb:
            return None
        folder = self.root / secrets.token_hex(16)
        try:
            folder.mkdir(parents=True, mode=0o700)
        except OSError as error:
            why = reason(error)
            raise Unavailable(
                Text(
                    f"A query has no room to put rows aside in {self.root}: {why.en}.",
                    f"查询无法在 {self.root} 中暂存数据：{why.zh}。",
                )
            ) from error
        return folder

    def room_mb(self) -> int:
        """What a query may take now: the limit, or less where the disk is fuller than that."""
        return max(1, min(self.most_mb, int(shutil.disk_usage(self.root).free * (1 - LEFT_FREE) / MEGABYTE)))

    def clean(self) -> None:
        """Remove what a kill left behind. Only the owner of the data folder may do this, before it runs a query."""
        shutil.rmtree(self.root, ignore_errors=True)
