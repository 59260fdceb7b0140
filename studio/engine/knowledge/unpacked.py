"""Documents that are packed folders: opened with a bound on what comes out of them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from studio.engine.knowledge.reader import Unreadable
from studio.engine.text import Text

MOST = 1 << 30  # bytes that all parts together may unpack to
RATIO, FREE = 200, 64 << 20  # times that a file may grow by unpacking, once it is longer than that
PARTS = 100_000


def refuse_bomb(path: Path) -> None:
    """Raise `Unreadable` for a packed file that grows beyond all measure; anything that is not packed passes."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as packed:
        parts = packed.infolist()
    size = sum(part.file_size for part in parts)
    if size > MOST or len(parts) > PARTS or (size > FREE and size > RATIO * path.stat().st_size):
        raise Unreadable(
            Text(f"{path.name} unpacks to {size >> 20:,} MB.", f"{path.name} 解压后达 {size >> 20:,} MB。"),
            Text("No honest document does; it was not opened.", "正常文档不会如此，因此未打开。"),
        )
