"""Threads and messages on disk."""

from __future__ import annotations

import builtins
import logging
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, String, cast, delete, insert, or_, select, update

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import messages, threads
from studio.engine.chat import finding
from studio.engine.chat.branches import Leafed, Tree
from studio.engine.chat.message import Hit, Message, Thread
from studio.engine.errors import NotFound, StudioError
from studio.engine.text import Text

UNREAD = frozenset(["sources", "attachments", "usage", "error"])  # of a message, by the model that goes on after it
log = logging.getLogger(__name__)


class Threads:
    """The catalog's threads. A message's words are appended, so that a kill keeps what was shown."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._held: dict[str, Message] = {}

    async def create(self, **fields: Any) -> Thread:
        now = time.time()
        thread = Thread(id=ids.new("conv"), created_at=now, updated_at=now, **fields)
        await self._catalog.write(lambda connection: connection.execute(insert(threads), thread.model_dump()))
        return thread

    async def list(self, limit: int = 500) -> list[Thread]:
        """Newest first, without those in the trash."""
        query = select(threads).where(threads.c.deleted_at.is_(None)).order_by(threads.c.updated_at.desc()).limit(limit)
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [Thread.model_validate(dict(row)) for row in rows]

    async def trash(self) -> builtins.list[Thread]:
        """What was deleted, the last first."""
        query = select(threads).where(threads.c.deleted_at.is_not(None)).order_by(threads.c.deleted_at.desc())
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [Thread.model_validate(dict(row)) for row in rows]

    async def forget(self, *conditions: Any) -> None:
        """Threads of the trash and their messages, for good."""
        gone = select(threads.c.id).where(threads.c.deleted_at.is_not(None), *conditions)

        def work(connection: Connection) -> None:
            there = [row[0] for row in connection.execute(gone)]
            connection.execute(delete(messages).where(messages.c.thread_id.in_(there)))
            connection.execute(delete(threads).where(threads.c.id.in_(there)))

        await self._catalog.write(work)

    async def find(self, query: str, limit: int) -> builtins.list[Hit]:
        """The newest messages first that have all the words of a query."""
        return await self._catalog.read(lambda connection: finding.find(connection, query, limit))

    async def about(self, dataset_id: str) -> builtins.list[Thread]:
        """The threads that have a dataset beside them, or whose answers rest on its rows; newest first."""
        quoted = f'"{dataset_id}"'
        cited = select(messages.c.thread_id).where(cast(messages.c.sources, String).contains(quoted, autoescape=True))
        beside = cast(threads.c.datasets, String).contains(quoted, autoescape=True)
        query = select(threads).where(threads.c.deleted_at.is_(None), or_(beside, threads.c.id.in_(cited)))
        query = query.order_by(threads.c.updated_at.desc())
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [Thread.model_validate(dict(row)) for row in rows]

    async def get(self, thread_id: str) -> Thread:
        """Raises `NotFound`, also for one in the trash."""
        query = select(threads).where(threads.c.id == thread_id, threads.c.deleted_at.is_(None))
        row = await self._catalog.read(lambda connection: connection.execute(query).mappings().first())
        if row is None:
            raise _not_there(thread_id)
        return Thread.model_validate(dict(row))

    async def change(self, thread_id: str, **fields: Any) -> None:
        """Changes are written in the order of their calls, so nothing is read before. `NotFound` as from `get`."""
        statement = update(threads).where(threads.c.id == thread_id, threads.c.deleted_at.is_(None)).values(**fields)
        if not await self._catalog.write(lambda connection: connection.execute(statement).rowcount):
            raise _not_there(thread_id)

    async def restore(self, thread_id: str) -> None:
        """Out of the trash."""
        statement = update(threads).where(threads.c.id == thread_id).values(deleted_at=None)
        await self._catalog.write(lambda connection: connection.execute(statement))

    async def add(self, asked: Message, answer: Message, title: str) -> None:
        """A question with its empty answer, which becomes the leaf; one transaction. A thread without title gets this."""
        rows = [asked.model_dump(mode="json"), answer.model_dump(mode="json")]
        here = update(threads).where(threads.c.id == asked.thread_id)
        leaf = here.values(leaf_id=answer.id, updated_at=time.time())

        def work(connection: Connection) -> None:
            connection.execute(insert(messages), rows)
            connection.execute(leaf)
            connection.execute(here.where(threads.c.title == "").values(title=title, title_by="question"))

        await self._catalog.write(work)
        await self._write_held()

    async def add_more(self, *more: Message, leaf: bool = True) -> None:
        """Messages of one thread in order, which may hang anywhere; the last becomes the leaf unless told otherwise."""
        rows = [message.model_dump(mode="json") for message in more]
        values = {"updated_at": time.time()} | ({"leaf_id": more[-1].id} if leaf else {})
        here = update(threads).where(threads.c.id == more[-1].thread_id).values(**values)
        await self._catalog.write(
            lambda connection: (connection.execute(insert(messages), rows), connection.execute(here))
        )
        await self._write_held()

    async def add_whole(self, thread: Thread, whole: builtins.list[Message]) -> bool:
        """A thread with all its messages, in one transaction; False where it is there already."""

        def work(connection: Connection) -> bool:
            if connection.execute(select(threads.c.id).where(threads.c.id == thread.id)).first():
                return False
            connection.execute(insert(threads), thread.model_dump())
            if whole:
                connection.execute(insert(messages), [message.model_dump(mode="json") for message in whole])
            return True

        return await self._catalog.write(work)

    async def name(self, thread_id: str, title: str) -> None:
        """A title of the model's, where only a question gave the thread its name."""
        untitled = (threads.c.id == thread_id, threads.c.title_by == "question")
        statement = update(threads).where(*untitled).values(title=title, title_by="model")
        await self._catalog.write(lambda connection: connection.execute(statement))

    async def _write_held(self) -> None:
        for held in list(self._held.values()):
            await self.keep_or_hold(held)

    async def append(self, message_id: str, words: str) -> None:
        """More words of a message, on disk when this returns."""
        statement = update(messages).where(messages.c.id == message_id).values(content=messages.c.content + words)
        await self._catalog.write(lambda connection: connection.execute(statement))

    async def keep(self, message: Message) -> None:
        """The message as it is now; its thread comes to the front of the list."""
        values = message.model_dump(mode="json", exclude={"id", "thread_id"})
        statement = update(messages).where(messages.c.id == message.id).values(**values)
        touched = update(threads).where(threads.c.id == message.thread_id).values(updated_at=time.time())
        await self._catalog.write(lambda connection: [connection.execute(each) for each in (statement, touched)])
        self._held.pop(message.id, None)

    async def amend(self, message_id: str, change: Callable[[Message], dict[str, Any]], touch: bool = True) -> Message:
        """Change fields of a message as it is by then: what others changed of it meanwhile stays. Raises `NotFound`."""

        def work(connection: Connection) -> Message:
            row = connection.execute(select(messages).where(messages.c.id == message_id)).mappings().first()
            if row is None:
                raise _no_message(message_id)
            now = self._held.get(message_id) or Message.model_validate(dict(row))
            fields = change(now)
            changed = now.model_copy(update=fields)
            values = changed.model_dump(mode="json", include=set(fields))
            connection.execute(update(messages).where(messages.c.id == message_id).values(**values))
            if touch:
                at = threads.c.id == changed.thread_id
                connection.execute(update(threads).where(at).values(updated_at=time.time()))
            return changed

        changed = await self._catalog.write(work)
        if message_id in self._held:
            self._held[message_id] = changed
        return changed

    async def keep_or_hold(self, message: Message) -> None:
        """The message as it is now. While the disk takes nothing it is held, shown, and written with the next question."""
        try:
            await self.keep(message)
        except StudioError as problem:
            log.warning("the end of %s was not written: %s", message.id, problem)
            self._held[message.id] = message

    async def branch(self, thread_id: str, leaf_id: str | None, brief: bool = False) -> builtins.list[Message]:
        """The messages from the first to the leaf; none when the thread has no such message. Those that are `brief` have
        what a model reads of them: their words and steps, neither sources nor attachments, so a long thread costs little.
        """
        columns = [column for column in messages.c if not brief or column.name not in UNREAD]
        query = select(*columns).where(messages.c.thread_id == thread_id)
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        by_id = {row["id"]: row for row in rows}
        path = []
        while leaf_id in by_id:
            path.append(self._held.get(leaf_id or "") or Message.model_validate(dict(by_id[leaf_id])))
            leaf_id = path[-1].parent_id
        return path[::-1]

    async def message(self, message_id: str) -> Message:
        """Raises `NotFound`."""
        query = select(messages).where(messages.c.id == message_id)
        row = await self._catalog.read(lambda connection: connection.execute(query).mappings().first())
        if row is None:
            raise _no_message(message_id)
        return self._held.get(message_id) or Message.model_validate(dict(row))

    async def every(self, thread_id: str) -> builtins.list[Message]:
        """All messages of a thread on all branches, in the order they were written."""
        query = select(messages).where(messages.c.thread_id == thread_id).order_by(messages.c.created_at)
        rows = await self._catalog.read(lambda connection: connection.execute(query).mappings().all())
        return [self._held.get(row["id"]) or Message.model_validate(dict(row)) for row in rows]

    async def tree(self, thread_id: str) -> Tree:
        columns = (messages.c.id, messages.c.parent_id, messages.c.created_at, messages.c.beside)
        query = select(*columns).where(messages.c.thread_id == thread_id)
        rows = await self._catalog.read(lambda connection: connection.execute(query).all())
        return Tree(Leafed(row[0], row[1], row[2], row[3]) for row in rows)

    async def end_interrupted(self) -> None:
        """Answers that were cut off keep their words and count as stopped."""
        statement = update(messages).where(messages.c.status == "streaming").values(status="stopped")
        await self._catalog.write(lambda connection: connection.execute(statement))


def _not_there(thread_id: str) -> NotFound:
    return NotFound(
        Text(f"There is no thread {thread_id}.", f"没有对话 {thread_id}。"),
        Text(
            "Chat lists those there are, and the trash those deleted.",
            "请在“对话”中查看现有的对话，已删除的在回收站中。",
        ),
    )


def _no_message(message_id: str) -> NotFound:
    return NotFound(Text(f"There is no message {message_id}.", f"没有消息 {message_id}。"))
