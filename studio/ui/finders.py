"""The objects that the palette finds by name."""

from __future__ import annotations

import logging
from operator import attrgetter
from typing import Any

from studio.engine.text import Text
from studio.ui.actions import Finder, Found
from studio.ui.search import NameIndex
from studio.ui.studio import Studio

log = logging.getLogger(__name__)
BEST = 12


def add_finders(studio: Studio) -> None:
    """Datasets, collections, documents, models, workflows, threads and runs. A room that fails finds nothing."""
    sources = [
        ("@", "dataset", "table-2", Text("Dataset", "数据集"), "datasets.list"),
        ("@", "collection", "library", Text("Collection", "文档集"), "knowledge.collections"),
        ("@", "document", "file-text", Text("Document", "文档"), "knowledge.documents"),
        ("", "model", "box", Text("Model", "模型"), "models.list"),
        ("", "workflow", "workflow", Text("Workflow", "工作流"), "workflows.list"),
        ("", "thread", "messages-square", Text("Thread", "对话"), "chat.threads"),
        ("#", "run", "history", Text("Run", "运行"), "workflows.executions"),
    ]
    for prefix, kind, icon, words, load in sources:
        studio.actions.add_finder(prefix, _finder(studio, kind, icon, words, load))


def _finder(studio: Studio, kind: str, icon: str, words: Text, load: str) -> Finder:
    index = NameIndex()

    async def find(query: str) -> list[Found]:
        try:
            objects = await attrgetter(load)(studio.engine)()
        except Exception:
            log.warning("%ss cannot be listed", kind, exc_info=True)
            return []
        texts = [Text.same(name_of(one)) for one in objects]
        index.prepare(texts)
        scored = [(index.score(query, text), one) for text, one in zip(texts, objects, strict=True)]
        best = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])[:BEST]
        return [_found(studio, kind, icon, words, one) for _, one in best]

    return find


def _found(studio: Studio, kind: str, icon: str, words: Text, one: Any) -> Found:
    return Found(name_of(one), words, icon, lambda: studio.open(kind, one.id))


def name_of(one: Any) -> str:
    """What people call an object."""
    for name in ("title", "name", "file_name"):
        value = getattr(one, name, "")
        if value:
            return value if isinstance(value, str) else value.en
    return str(one.id)
