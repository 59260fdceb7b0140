"""Things of the studio that are dragged from one view to another: datasets, documents, collections, workflows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from PySide6.QtCore import QMimeData

MIME = "application/x-one-data-thing"


@dataclass(frozen=True, slots=True)
class Thing:
    """`kind` is dataset, document, collection or workflow; `ref` its id."""

    kind: str
    ref: str
    title: str


def put(data: QMimeData, things: list[Thing]) -> QMimeData:
    """Add them to what is dragged."""
    data.setData(MIME, json.dumps([asdict(each) for each in things]).encode())
    return data


def files_in(data: QMimeData) -> list[str]:
    """The files and folders of this computer in what is dragged or was copied."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def things_in(data: QMimeData) -> list[Thing]:
    """What is dragged; nothing for anything else."""
    if not data.hasFormat(MIME):
        return []
    return [Thing(**each) for each in json.loads(bytes(data.data(MIME).data()))]
