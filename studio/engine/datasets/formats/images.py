"""Pictures in a folder as a table of files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from studio.engine.datasets.cells import batches, write_parquet
from studio.engine.datasets.format import FIRST_ROWS, Choice, Copied, bad_lines
from studio.engine.datasets.source import cannot_read
from studio.engine.datasets.watch import Watch
from studio.engine.text import Text

MANY = 500  # pictures that are looked at while one waits


class Images(Copied):
    """One row for each picture; only the beginnings of the files are read. One that is damaged is a row without a size."""

    name = "images"
    title = Text("Images", "图片")
    suffixes = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ico", ".avif")

    def convert(self, paths: Sequence[Path], target: Path, choice: Choice, watch: Watch) -> dict[str, Any]:
        bad: list[dict[str, Any]] = []
        write_parquet(_rows(paths, choice, bad, watch), _schema(), target, len(paths), watch)
        if len(bad) == len(paths):
            raise cannot_read(paths[0], "an image", bad[0]["reason"])
        return bad_lines(len(bad), bad, len(bad))

    def slow(self, paths: Sequence[Path], copy: Path) -> bool:
        return not (copy / "ready.json").exists() and len(paths) > MANY

    def first(self, paths: Sequence[Path], copy: Path, choice: Choice) -> tuple[Any, dict[str, Any]]:
        import pyarrow

        rows = islice(_rows(paths, choice, [], Watch()), min(FIRST_ROWS, MANY))
        return pyarrow.Table.from_batches(batches(rows, _schema()), _schema()), {}


def _rows(paths: Sequence[Path], choice: Choice, bad: list[dict[str, Any]], watch: Watch) -> Iterator[tuple[Any, ...]]:
    for number, path in enumerate(paths, 1):
        watch.step(number / len(paths))
        state = path.stat()
        kind, width, height, problem = _header(path)
        if problem:
            bad.append({"file": path.name, "line": number, "reason": problem, "text": str(path), "kept": True})
        below = path.relative_to(choice.root) if choice.root else Path(path.name)
        modified = datetime.fromtimestamp(state.st_mtime)
        yield str(path), str(below), path.name, state.st_size, modified, width, height, kind


def _header(path: Path) -> tuple[str | None, int | None, int | None, str]:
    """Format, width and height as the file's beginning says, and what is wrong with it."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            return str(picture.format).lower(), picture.width, picture.height, ""
    except UnidentifiedImageError:
        return None, None, None, "it is no image that can be read" if path.stat().st_size else "the file is empty"
    except Image.DecompressionBombError:
        return None, None, None, "it claims to be larger than any picture is"
    except (OSError, ValueError, SyntaxError) as error:
        return None, None, None, str(error) or type(error).__name__


def _schema() -> Any:
    import pyarrow

    whole, text = pyarrow.int64(), pyarrow.string()
    return pyarrow.schema(
        [
            ("path", text), ("folder_path", text), ("name", text), ("size", whole), ("modified", pyarrow.timestamp("us")),
            ("width", whole), ("height", whole), ("format", text),
        ]
    )  # fmt: skip


images = Images()
