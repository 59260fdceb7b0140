"""Collections and documents in the catalog."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import collections, documents
from studio.engine.catalog.tables import documents as table
from studio.engine.errors import Conflict, NotFound
from studio.engine.knowledge.document import Collection, Document
from studio.engine.text import Text

DELETING = "deleting"  # a document that is on its way out; nobody sees it any more
UNFINISHED = ("queued", "reading")
MODIFIED = "modified"  # key in `details`: the source file's time of change when it was added
TAGS, FOLDER, UNIT = "tags", "folder", "unit"  # keys in `details`
DATASET = "dataset"  # key in `details`: {"id", "version", "text", "fields"}
NOT_STORED = {
    "progress", "stale", "tags", "folder", "unit", "modified_at", "dataset_id", "dataset_version"
}  # of a document: they lie in `details`  # fmt: skip


class Records:
    """Reads and writes the two tables; every change is on disk when it returns."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def collections(self) -> list[Collection]:
        """By name, each with the number of its documents and chunks."""
        return await self._collections(select(collections).where(collections.c.deleted_at.is_(None)))

    async def collection(self, id_or_name: str) -> Collection:
        query = select(collections).where(
            (collections.c.id == id_or_name) | (collections.c.name == id_or_name), collections.c.deleted_at.is_(None)
        )
        found = await self._collections(query)
        if not found:
            raise _no_collection(id_or_name)
        return next((one for one in found if one.id == id_or_name), found[0])

    async def add_collection(
        self, name: str, description: str, embedder: str, dimensions: int, settings: dict[str, Any] | None = None
    ) -> Collection:
        """Raises `Conflict` when the name is taken."""
        now = time.time()
        made = Collection(
            id=ids.new("kb"), name=name, description=description, embedder=embedder, dimensions=dimensions,
            settings=settings or {}, created_at=now, updated_at=now,
        )  # fmt: skip
        values = made.model_dump(exclude={"document_count", "chunk_count"})

        def write(connection: Connection) -> None:
            _check_free(connection, name)
            connection.execute(insert(collections).values(**values))

        await self._catalog.write(write)
        return made

    async def add_whole(self, collection: Collection, documents: dict[str, Document]) -> None:
        """A collection that was made elsewhere with its documents, in one step."""
        values = collection.model_dump(exclude={"document_count", "chunk_count"})
        rows = [
            {
                **one.model_dump(mode="json", exclude=NOT_STORED),
                "details": {TAGS: one.tags, UNIT: one.unit, FOLDER: "", MODIFIED: one.modified_at},
            }
            for one in documents.values()
        ]

        def write(connection: Connection) -> None:
            _check_free(connection, collection.name)
            connection.execute(insert(collections).values(**values))
            if rows:
                connection.execute(insert(table), rows)

        await self._catalog.write(write)

    async def update_collection(
        self, collection_id: str, settings: dict[str, Any] | None = None, name: str | None = None, **values: Any
    ) -> None:
        """Change what is given; of the settings those that are named, and None takes one away. Raises `Conflict` when the name
        is taken."""
        mine = collections.c.id == collection_id

        def write(connection: Connection) -> None:
            changed = {**values, "updated_at": time.time()}
            if name is not None:
                _check_free(connection, name, collection_id)
                changed["name"] = name
            if settings:
                known = connection.execute(select(collections.c.settings).where(mine)).scalar() or {}
                kept = {**known, **settings}
                changed["settings"] = {key: value for key, value in kept.items() if value is not None}
            connection.execute(update(collections).where(mine).values(**changed))

        await self._catalog.write(write)

    async def watch(self, collection_id: str, key: str, folders: Sequence[str], gone: str = "") -> None:
        """Add folders to those that a collection follows, which its settings have under `key`, and take one away."""
        mine = collections.c.id == collection_id

        def write(connection: Connection) -> None:
            known = connection.execute(select(collections.c.settings).where(mine)).scalar() or {}
            kept = [one for one in dict.fromkeys([*known.get(key, []), *folders]) if one != gone]
            connection.execute(update(collections).where(mine).values(settings={**known, key: kept}))

        await self._catalog.write(write)

    async def hide_collection(self, collection_id: str) -> None:
        """Nobody sees it from now on and nothing can be added; `delete_collection` forgets it. Raises `NotFound` where it is so
        already."""
        shown = update(collections).where(collections.c.id == collection_id, collections.c.deleted_at.is_(None))
        hide = shown.values(deleted_at=time.time())
        if not await self._catalog.write(lambda connection: connection.execute(hide).rowcount):
            raise _no_collection(collection_id)

    async def hidden(self) -> list[str]:
        """The collections that were being deleted when the studio ended."""
        query = select(collections.c.id).where(collections.c.deleted_at.is_not(None))
        return [row["id"] for row in await self._rows(query)]

    async def delete_collection(self, collection_id: str) -> None:
        """Forget a collection whose documents are gone."""
        await self._catalog.write(
            lambda connection: connection.execute(delete(collections).where(collections.c.id == collection_id))
        )

    async def documents(self, collection_id: str | None = None) -> list[Document]:
        """Newest first; looks whether each source file has changed since."""
        query = (
            select(documents)
            .where(documents.c.status != DELETING)
            .order_by(documents.c.added_at.desc(), documents.c.id)
        )
        if collection_id is not None:
            query = query.where(documents.c.collection_id == collection_id)
        rows = await self._rows(query)
        return await asyncio.to_thread(lambda: [_document(row) for row in rows])

    async def by_id(self, document_ids: list[str]) -> dict[str, Document]:
        found: dict[str, Document] = {}
        for start in range(0, len(document_ids), 500):
            part = document_ids[start : start + 500]
            rows = await self._rows(select(documents).where(documents.c.id.in_(part), documents.c.status != DELETING))
            found |= {row["id"]: _document(row, look=False) for row in rows}
        return found

    async def all_of(self, collection_ids: list[str]) -> list[Document]:
        """The documents of collections, without a look at their files."""
        query = select(documents).where(documents.c.collection_id.in_(collection_ids), documents.c.status != DELETING)
        return [_document(row, look=False) for row in await self._rows(query)]

    async def document(self, document_id: str) -> Document:
        rows = await self._rows(select(documents).where(documents.c.id == document_id, documents.c.status != DELETING))
        if not rows:
            raise NotFound(Text(f"There is no document {document_id}.", f"没有文档 {document_id}。"))
        return await asyncio.to_thread(_document, rows[0])

    async def details(self, document_id: str) -> dict[str, Any]:
        rows = await self._rows(select(documents.c.details).where(documents.c.id == document_id))
        return dict(rows[0]["details"] or {}) if rows else {}

    async def add_document(self, document: Document, details: dict[str, Any]) -> None:
        values = document.model_dump(mode="json", exclude=NOT_STORED)
        there = select(collections.c.id).where(
            collections.c.id == document.collection_id, collections.c.deleted_at.is_(None)
        )

        def write(connection: Connection) -> None:
            if connection.execute(there).first() is None:
                raise _no_collection(document.collection_id)
            connection.execute(insert(documents).values(**values, details=details))

        await self._catalog.write(write)

    async def update_document(
        self, document_id: str, details: dict[str, Any] | None = None, of: str | None = None, **values: Any
    ) -> bool:
        """Change what is given, of its details those that are named (None takes one away); False where there is no such document
        any more, or where `of` is no longer the digest of its content."""
        if isinstance(values.get("reason"), Text):
            values["reason"] = values["reason"].as_dict()
        mine = [documents.c.id == document_id, documents.c.status != DELETING]
        mine += [documents.c.digest == of] if of is not None else []

        def write(connection: Connection) -> bool:
            row = connection.execute(select(documents.c.details).where(*mine)).first()
            if row is None:
                return False
            if details:
                kept = {**(row[0] or {}), **details}
                values["details"] = {key: value for key, value in kept.items() if value is not None}
            connection.execute(update(documents).where(*mine).values(**values))
            return True

        return await self._catalog.write(write)

    async def delete_document(self, document_id: str) -> None:
        await self._catalog.write(
            lambda connection: connection.execute(delete(documents).where(documents.c.id == document_id))
        )

    async def with_status(self, *statuses: str) -> list[tuple[str, str]]:
        """Document id and collection id of every document in one of these states."""
        query = select(documents.c.id, documents.c.collection_id).where(documents.c.status.in_(statuses))
        return [(row["id"], row["collection_id"]) for row in await self._rows(query.order_by(documents.c.added_at))]

    async def document_ids(self) -> set[str]:
        """Of all documents, those on their way out too."""
        return {row["id"] for row in await self._rows(select(documents.c.id))}

    async def digest_is_used(self, digest: str) -> bool:
        return bool(await self._rows(select(documents.c.id).where(documents.c.digest == digest).limit(1)))

    async def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        return await self._catalog.read(lambda connection: [dict(row) for row in connection.execute(query).mappings()])

    async def _collections(self, query: Select[Any]) -> list[Collection]:
        counts = select(
            documents.c.collection_id,
            func.count().label("documents"),
            func.sum(documents.c.chunk_count).label("chunks"),
        )
        counts = counts.where(documents.c.status != DELETING).group_by(documents.c.collection_id)

        def read(connection: Connection) -> list[Collection]:
            found = connection.execute(query.order_by(collections.c.name)).mappings().all()
            totals = {row.collection_id: row for row in connection.execute(counts)}
            return [_collection(dict(row), totals.get(row["id"])) for row in found]

        return await self._catalog.read(read)


def _check_free(connection: Connection, name: str, but: str = "") -> None:
    taken = select(collections.c.id).where(
        collections.c.name == name, collections.c.deleted_at.is_(None), collections.c.id != but
    )
    if connection.execute(taken).first():
        raise Conflict(
            Text(f"A collection named “{name}” exists.", f"已有名为“{name}”的文档集。"),
            Text("Choose another name.", "请换一个名称。"),
        )


def _no_collection(id_or_name: str) -> NotFound:
    return NotFound(
        Text(f"There is no collection “{id_or_name}”.", f"没有名为“{id_or_name}”的文档集。"),
        Text("Make one under Knowledge.", "请在“知识库”中新建。"),
    ).fixed_by("collection")


def _collection(row: dict[str, Any], totals: Any) -> Collection:
    counts = {"document_count": totals.documents, "chunk_count": totals.chunks or 0} if totals else {}
    return Collection.model_validate({**row, **counts})


def _document(row: dict[str, Any], look: bool = True) -> Document:
    details = row["details"] or {}
    modified = details.get(MODIFIED)
    stale = look and modified is not None and _changed(Path(row["source_path"]), modified)
    told = {"tags": details.get(TAGS, []), "folder": details.get(FOLDER, ""), "unit": details.get(UNIT, "page")}
    if rows := details.get(DATASET):
        told |= {"dataset_id": rows["id"], "dataset_version": rows["version"]}
    return Document.model_validate({**row, **told, "stale": stale, "modified_at": modified})


def _changed(source: Path, modified: float) -> bool:
    try:
        return abs(source.stat().st_mtime - modified) > 0.001
    except OSError:
        return False
