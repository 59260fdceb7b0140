"""Which studio this user means."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cube_sdk.local import Local, running
from cube_sdk.remote import Remote
from cube_sdk.source import Source


def find() -> Source:
    """The studio that `ONE_DATA_URL` names, else this user's running one, else the catalog on disk."""
    url = os.environ.get("ONE_DATA_URL", "")
    token = os.environ.get("ONE_DATA_TOKEN", "")
    if url:
        return Remote(url, token)
    here = running(data_folder())
    return Remote(here[0], token or here[1]) if here else Local(data_folder(), cache_folder())


def data_folder() -> Path:
    """This user's data folder, as the studio chooses it."""
    home = os.environ.get("ONE_DATA_HOME")
    if home:
        return Path(home) / "data"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local"))
        return base / "one-data-studio" / "one-data-studio"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/one-data-studio"
    base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return base / "one-data-studio"


def cache_folder() -> Path:
    """This user's cache folder, as the studio chooses it; readable copies of data lie there."""
    home = os.environ.get("ONE_DATA_HOME")
    if home:
        return Path(home) / "cache"
    if sys.platform == "win32":
        return data_folder() / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/one-data-studio"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "one-data-studio"
