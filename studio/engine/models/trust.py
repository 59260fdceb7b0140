"""Model folders that could run code: refused until a person trusts this very content, and again when it changes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from pathlib import Path
from typing import Any

from studio.engine.errors import BadParameter, Forbidden
from studio.engine.files import write_json
from studio.engine.models import digest
from studio.engine.text import Text

PICKLED = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".dill", ".model_state"}
LARGEST_CONFIG = 50_000_000
SHOWN = 3


class Untrusted(Forbidden):
    """A folder that could run code. `digest` stands for its content: trusting it is trusting that."""

    def __init__(self, folder: Path, dangers: list[str], digest: str) -> None:
        listed = ", ".join(dangers[:SHOWN]) + (" …" if len(dangers) > SHOWN else "")
        super().__init__(
            Text(
                f"{folder.name} could run code on this computer: {listed}.",
                f"{folder.name} 可能在本机运行代码：{listed}。",
            ),
            Text(
                f"Use a version with safetensors only, or trust this content if you know its author: studio models trust {folder}",
                f"请改用只含 safetensors 的版本；若了解其作者，也可信任该内容：studio models trust {folder}",
            ),
            details=f"{listed}\nsha256 {digest}",
        )
        self.digest = digest
        self.dangers = dangers


class Trust:
    """What a person trusts, by digest, in a file of the data folder."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._hashed: dict[tuple[Any, ...], str] = {}

    async def check(self, folder: Path) -> None:
        """Raise `Untrusted` when the folder could run code and its content was not trusted. A file is never refused."""
        dangers = await asyncio.to_thread(dangers_of, folder)
        if not dangers:
            return
        found = await asyncio.to_thread(self._digest, folder)
        if found not in self._read():
            raise Untrusted(folder, dangers, found)

    async def allow(self, folder: Path, expected: str = "") -> str:
        """A person trusts the folder's content as it is now; with `expected`, only if it is still what they saw."""
        found = await asyncio.to_thread(self._digest, folder)
        if expected and found != expected:
            raise BadParameter(
                Text(f"{folder.name} has changed meanwhile.", f"{folder.name} 的内容已改变。"),
                Text("Look at it again before trusting it.", "请重新查看后再决定是否信任。"),
            )
        await asyncio.to_thread(self._write, {**self._read(), found: {"folder": str(folder), "at": time.time()}})
        return found

    async def forget(self, found: str) -> None:
        await asyncio.to_thread(self._write, {key: value for key, value in self._read().items() if key != found})

    def _digest(self, folder: Path) -> str:
        """Over the content of everything that is run or read as code: scripts, pickles and configurations."""
        whole = hashlib.sha256()
        for file in sorted(_files(folder)):
            if _is_code(file) or file.suffix == ".json":
                whole.update(f"{file.relative_to(folder)}\0{self._file_digest(file)}\n".encode())
        return whole.hexdigest()

    def _file_digest(self, file: Path) -> str:
        """Read once for as long as nothing touches the file; its time of change cannot be set back by writing to it."""
        status = file.stat()
        key = (str(file), status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if key not in self._hashed:
            self._hashed[key] = digest.sha256(file)
        return self._hashed[key]

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, content: dict[str, Any]) -> None:
        write_json(self._file, content)


def dangers_of(folder: Path) -> list[str]:
    """What in a model folder could run code: custom code named by a configuration, Python files, pickled weights."""
    if not folder.is_dir():
        return []
    files = sorted(_files(folder))
    named = [f"{file.name}: auto_map" for file in files if file.suffix == ".json" and _names_code(file)]
    return named + [str(file.relative_to(folder)) for file in files if _is_code(file)]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.relative_to(folder).parts]


def _is_code(file: Path) -> bool:
    return file.suffix.lower() in PICKLED or file.suffix.lower() in (".py", ".pyc", ".so")


def _names_code(file: Path) -> bool:
    """Whether a configuration sends the reader to code of its own, at whatever depth."""
    try:
        if file.stat().st_size > LARGEST_CONFIG:
            return True
        return _has_auto_map(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return False


def _has_auto_map(content: Any) -> bool:
    if isinstance(content, dict):
        return bool(content.get("auto_map")) or any(_has_auto_map(value) for value in content.values())
    return isinstance(content, list) and any(_has_auto_map(value) for value in content)
