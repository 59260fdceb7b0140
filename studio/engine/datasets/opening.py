"""From an address to an open table: which files, in which format, and whether they are still the same."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from studio.engine.datasets.dataset import Column
from studio.engine.datasets.format import Choice, Format, format_of, formats
from studio.engine.errors import NotFound, Unavailable
from studio.engine.text import Text

COPIES = 3  # raised when the way of making cached copies changes


def local_files(path: Path) -> list[Path]:
    """The file, or all files below a folder, by name. Raises `Unavailable` when nothing is there or may be read."""
    try:
        if path.is_dir():
            return sorted(_below(path))
        path.stat()
        with path.open("rb"):
            return [path]
    except FileNotFoundError as error:
        raise Unavailable(
            Text(f"“{path}” is not there any more.", f"“{path}”已不在原处。"),
            Text("Put it back, or show its new place with “Locate…”.", "请放回原处，或用“重新定位…”指定新位置。"),
        ) from error
    except OSError as error:
        raise Unavailable(
            Text(
                f"“{error.filename or path}” cannot be read: {error.strerror}.",
                f"无法读取“{error.filename or path}”：{error.strerror}。",
            ),
            Text("Give access to it, then refresh.", "请授予访问权限，然后刷新。"),
        ) from error


def usable(files: Sequence[Path], address: str, format_name: str) -> tuple[list[Path], Format]:
    """The files that belong together and their format: the named one, else what most files of a folder are."""
    if not files:
        raise Unavailable(
            Text(f"There are no files at {address}.", f"{address} 中没有文件。"),
            Text("Put some there, then refresh.", "请放入文件，然后刷新。"),
        )
    if format_name:
        chosen = formats.get(format_name)
        return [file for file in files if chosen.matches(file)] or list(files), chosen
    if len(files) == 1:
        return list(files), format_of(files[0])
    found = Counter(each.name for file in files for each in formats if each.matches(file))
    if not found:
        raise NotFound(
            Text(
                f"None of the files at {address} has a format that is known here.",
                f"{address} 中没有可识别格式的文件。",
            ),
            Text(f"These can be opened: {_kinds('en')}.", f"可打开：{_kinds('zh')}。"),
        )
    chosen = formats.get(found.most_common(1)[0][0])
    return [file for file in files if chosen.matches(file)], chosen


def fingerprint(files: Sequence[Path], chosen: Format, choice: Choice = Choice()) -> str:
    """Changes whenever a file's place, size or time does, or what is read of it."""
    options = f" {sorted(choice.options.items())}" if choice.options else ""
    digest = hashlib.sha256(f"{COPIES} {chosen.name} {choice.table}{options}".encode())
    for file in (each for path in files for each in (path, *chosen.beside(path))):
        state = file.stat()
        digest.update(f"\0{file}\0{state.st_size}\0{state.st_mtime_ns}".encode(errors="surrogateescape"))
    return digest.hexdigest()[:32]


def size(files: Sequence[Path]) -> int:
    return sum(file.stat().st_size for file in files)


def differences(before: Sequence[Column], source_columns: Sequence[Column]) -> Text | None:
    """What is different about the columns, in words; None when nothing is."""
    old = {column.name: column.type for column in before}
    new = {column.name: column.type for column in source_columns}
    added, gone = [name for name in new if name not in old], [name for name in old if name not in new]
    other = [f"{name} ({old[name]} → {new[name]})" for name in new if name in old and old[name] != new[name]]
    if not before or not (added or gone or other):
        return None
    english = [
        f"{word}: {', '.join(names)}"
        for word, names in (("new", added), ("gone", gone), ("other type", other))
        if names
    ]
    chinese = [
        f"{word}：{'、'.join(names)}" for word, names in (("新增", added), ("缺失", gone), ("类型变化", other)) if names
    ]
    return Text(
        f"Its columns have changed ({'; '.join(english)}). Refresh to accept them.",
        f"列已变化（{'；'.join(chinese)}）。刷新即可接受。",
    )


def described(before: Sequence[Column], columns: Sequence[Column]) -> list[Column]:
    """The columns of a source with the descriptions that were written for them."""
    words = {column.name: column.description for column in before}
    return [column.model_copy(update={"description": words.get(column.name, "")}) for column in columns]


def common_folder(files: Sequence[Path]) -> Path | None:
    """The folder that all files are below."""
    return Path(os.path.commonpath([file.parent for file in files])) if files else None


def _below(folder: Path) -> Iterator[Path]:
    """All files below a folder but hidden ones. A folder that may not be read raises: nothing is left out in silence."""

    def refuse(error: OSError) -> None:
        raise error

    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        for name in files:
            if not name.startswith((".", "_")):
                yield Path(place, name)


def _kinds(language: str) -> str:
    comma = ", " if language == "en" else "、"
    return comma.join(getattr(each.title, language) for each in formats)
