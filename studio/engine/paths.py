"""Where things are kept, and who owns the data folder."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from studio.engine.errors import DataFolderInUse, Unavailable
from studio.engine.files import reason, write_json
from studio.engine.text import Text

APPLICATION = "one-data-studio"


@cache
def resource(name: str = "") -> Path:
    """A file that ships with the studio: `resources/` beside the code in a checkout, inside the package when installed."""
    here = Path(__file__).resolve().parents[1]
    for root in (here.parent / "resources", here / "resources", Path(getattr(sys, "_MEIPASS", here)) / "resources"):
        if root.is_dir():
            return root / name
    raise Unavailable(
        Text("The studio's resources folder is missing.", "缺少程序的 resources 文件夹。"),
        Text("Install the studio again.", "请重新安装。"),
    )


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one studio. Everything a person would miss is under `data`; `cache` can be deleted at any time."""

    data: Path
    config: Path
    cache: Path

    @classmethod
    def standard(cls) -> Paths:
        """This user's folders; `ONE_DATA_HOME` puts all three under one folder instead."""
        home = os.environ.get("ONE_DATA_HOME")
        if home:
            return cls.under(Path(home))
        return cls(
            Path(platformdirs.user_data_dir(APPLICATION)),
            Path(platformdirs.user_config_dir(APPLICATION)),
            Path(platformdirs.user_cache_dir(APPLICATION)),
        )

    @classmethod
    def under(cls, folder: Path) -> Paths:
        return cls(folder / "data", folder / "config", folder / "cache")

    def make(self) -> Paths:
        """Create the folders, readable by their owner only."""
        try:
            for folder in (self.data, self.config, self.cache):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                folder.chmod(0o700)
        except OSError as error:
            why = reason(error)
            raise Unavailable(
                Text(f"Cannot write to {error.filename}: {why.en}.", f"无法写入 {error.filename}：{why.zh}。"),
                Text(
                    "Make room or give access, or set ONE_DATA_HOME to another folder.",
                    "请腾出空间或授予权限，或用 ONE_DATA_HOME 指定其他文件夹。",
                ),
            ) from error
        return self

    @property
    def catalog(self) -> Path:
        return self.data / "catalog.db"

    @property
    def objects(self) -> Path:
        """The local object store: one folder per bucket."""
        return self.data / "objects"

    @property
    def results(self) -> Path:
        """Results of queries that were saved as datasets."""
        return self.data / "results"

    @property
    def spill(self) -> Path:
        """What running queries put aside; emptied at the start."""
        return self.cache / "spill"

    @property
    def spools(self) -> Path:
        """All rows of results that are looked at; emptied at the start."""
        return self.cache / "results"

    @property
    def temporary(self) -> Path:
        """Files that work makes for as long as it lasts, with what is in documents; emptied at the start."""
        return self.cache / "temporary"

    @property
    def knowledge(self) -> Path:
        return self.data / "knowledge"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def runs(self) -> Path:
        return self.data / "runs"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def token(self) -> Path:
        """The API token of this user's studio, 0600."""
        return self.data / "token"

    @property
    def owner(self) -> Path:
        """Who owns the data folder: pid, port and address of its server, for clients that look for it."""
        return self.data / "owner.json"


class Ownership:
    """A claim on a data folder. The operating system ends it with the process, however that ends."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._lock = FileLock(paths.data / "owner.lock")
        self.port: int | None = None

    def claim(self) -> None:
        """Become the owner, or raise `DataFolderInUse` that names the other process."""
        self._acquire()
        try:
            self.announce(None)
        except BaseException:
            self.release()
            raise

    def check(self) -> None:
        """Raise `DataFolderInUse` where there is another owner, and stay none: for who would rather be its client."""
        self._acquire()
        self._lock.release()

    def announce(self, port: int | None, host: str = "127.0.0.1") -> None:
        """Say on which port the API answers, or that it does not."""
        self.port = port
        write_json(self._paths.owner, {"pid": os.getpid(), "port": port, "host": host})

    def _acquire(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            owner = read_owner(self._paths)
            raise _in_use(self._paths, owner) from None

    @property
    def held(self) -> bool:
        return bool(self._lock.is_locked)

    def release(self) -> None:
        if self._lock.is_locked:
            self._paths.owner.unlink(missing_ok=True)
            self._lock.release()


def read_owner(paths: Paths) -> dict[str, int | str | None]:
    """What the owner of a data folder said of itself; empty when nobody did."""
    try:
        found = json.loads(paths.owner.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _in_use(paths: Paths, owner: dict[str, int | str | None]) -> DataFolderInUse:
    pid = int(owner.get("pid") or 0)
    port = owner.get("port")
    address = f"http://{owner.get('host')}:{port}" if port else ""
    where = Text(f" Its address is {address}.", f"它的地址是 {address}。") if port else Text.same("")
    return DataFolderInUse(
        Text(
            f"The data folder {paths.data} is in use by another studio (process {pid or 'unknown'}).",
            f"数据文件夹 {paths.data} 正被另一个程序使用（进程 {pid or '未知'}）。",
        ),
        Text(
            f"Switch to its window, close it, or set ONE_DATA_HOME to use another folder.{where.en}",
            f"请切换到那个窗口或将其关闭，也可用 ONE_DATA_HOME 指定其他文件夹。{where.zh}",
        ),
        pid,
        int(port) if port else None,
    )
