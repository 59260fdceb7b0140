"""What a drop or a clipboard holds: files, paths and addresses as text, or something else."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData

MOST = 200  # lines of text that are taken for paths


def addresses_in(given: QMimeData) -> list[str]:
    """Paths and addresses; none where it is something else, such as a table."""
    if given.hasUrls():
        return [url.toLocalFile() if url.isLocalFile() else url.toString() for url in given.urls()]
    lines = [line.strip() for line in given.text().strip().splitlines() if line.strip()]
    return lines if lines and len(lines) <= MOST and all(map(_is_address, lines)) else []


def _is_address(line: str) -> bool:
    """An address with a scheme, or a path that begins at the root, at home, or with a drive."""
    if "\t" in line:
        return False
    bare = line.strip("\"'")
    scheme = bare.partition("://")[0]
    return (
        (bool(scheme) and "://" in bare and scheme.isalnum()) or bare.startswith(("/", "~/")) or bool(Path(bare).drive)
    )
