"""Where files of removed models lie for 30 days: `.trash` in the models folder, on the same disk. Blocking functions."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from studio.engine.files import cannot_write
from studio.engine.models import parts
from studio.engine.models.model import Model

FOLDER = ".trash"
DAYS = 30


def put(models: Path, model: Model) -> Path:
    """Move a model's files away, all parts of them, and the folders that are empty then."""
    place = Path(model.location)
    files = (
        [place]
        if place.is_dir()
        else [*parts.whole(place).parts, *([Path(model.projector)] if model.projector else [])]
    )
    away = models / FOLDER / f"{model.id}-{int(time.time())}"
    try:
        away.mkdir(parents=True)
        for file in files:
            if file.exists() and file.is_relative_to(models):
                file.replace(away / file.name)
    except OSError as error:
        raise cannot_write(away, error) from error
    _prune(place.parent, models)
    return away


def empty(models: Path) -> None:
    """Delete what has lain here for longer."""
    for away in (models / FOLDER).glob("*"):
        began = away.name.rpartition("-")[2]
        if began.isdigit() and time.time() - int(began) > DAYS * 86_400:
            shutil.rmtree(away, ignore_errors=True)


def _prune(folder: Path, models: Path) -> None:
    while folder != models and folder.is_relative_to(models):
        with suppress(OSError):
            folder.rmdir()
        if folder.exists():
            return
        folder = folder.parent
