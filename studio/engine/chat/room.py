"""The threads themselves: kept in folders, found, branched, edited, put in the trash, taken out and brought in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from studio.engine import ids
from studio.engine.catalog import Catalog
from studio.engine.catalog.tables import threads as table
from studio.engine.chat import exporting, importing
from studio.engine.chat.message import Feedback, Hit, Message, Thread, ThreadsChanged
from studio.engine.chat.store import Threads
from studio.engine.chat.taken import Taken
from studio.engine.errors import BadParameter, NotFound
from studio.engine.events import Events
from studio.engine.text import Text

CHANGEABLE = frozenset(["title", "pinned", "folder", "model", "knowledge", "datasets", "tools", "allowed", "beside"])
KEPT_DAYS = 30  # in the trash


class ThreadRoom:
    """Everything about threads that needs no model."""

    def __init__(self, catalog: Catalog, events: Events) -> None:
        self._threads = Threads(catalog)
        self._events = events
        self._taken = Taken(events)

    async def threads(self) -> list[Thread]:
        """Newest first, without those in the trash."""
        return await self._threads.list()

    async def threads_about(self, dataset_id: str) -> list[Thread]:
        """Those that have a dataset beside them, or whose answers rest on its rows; newest first."""
        return await self._threads.about(dataset_id)

    async def thread(self, thread_id: str) -> Thread:
        """Raises `NotFound`, also for one in the trash."""
        return await self._threads.get(thread_id)

    async def folders(self) -> list[str]:
        """The folders that threads are in, by name."""
        return sorted({thread.folder for thread in await self._threads.list() if thread.folder})

    async def find(self, query: str, limit: int = 100) -> list[Hit]:
        """The messages that have all the words, newest first; words in quotation marks belong together."""
        return await self._threads.find(query, limit)

    async def create(
        self, title: str = "", model: str = "", knowledge: Sequence[str] = (), datasets: Sequence[str] = (),
        **fields: Any,
    ) -> Thread:  # fmt: skip
        """A new thread; without a title it takes the first question's. `fields` are the others that `update` takes."""
        _check(fields)
        by = {"title_by": "person"} if title else {}
        thread = await self._threads.create(
            title=title, model=model, knowledge=list(knowledge), datasets=list(datasets), **by, **fields
        )
        self._events.publish(ThreadsChanged(thread.id))
        return thread

    async def update(self, thread_id: str, **fields: Any) -> Thread:
        """Change title, pinned, folder, model, knowledge, datasets, tools, allowed or beside (a second model)."""
        _check(fields)
        if fields:
            by = {"title_by": "person"} if fields.get("title") else {}
            await self._threads.change(thread_id, **fields, **by)
            self._events.publish(ThreadsChanged(thread_id))
        return await self._threads.get(thread_id)

    # The trash

    async def delete(self, thread_id: str) -> None:
        """To the trash, from where `restore` brings it back for 30 days."""
        await self._threads.change(thread_id, deleted_at=time.time())
        self._events.publish(ThreadsChanged(thread_id))

    async def restore(self, thread_id: str) -> Thread:
        """Back from the trash."""
        await self._threads.restore(thread_id)
        self._events.publish(ThreadsChanged(thread_id))
        return await self._threads.get(thread_id)

    async def trash(self) -> list[Thread]:
        """What was deleted in the last 30 days, the last first."""
        return await self._threads.trash()

    async def empty_trash(self) -> None:
        """Forget what is in the trash. Cannot be undone."""
        await self._threads.forget()
        self._events.publish(ThreadsChanged(""))

    async def forget_old(self, now: float | None = None) -> None:
        """Forget what has been in the trash for longer than 30 days; done at every start."""
        before = (time.time() if now is None else now) - KEPT_DAYS * 86_400
        await self._threads.forget(table.c.deleted_at < before)

    # Branches

    async def messages(self, thread_id: str) -> list[Message]:
        """The branch that is shown, from its first message to its leaf."""
        thread = await self._threads.get(thread_id)
        return await self._threads.branch(thread_id, thread.leaf_id)

    async def message(self, message_id: str) -> Message:
        """One message, wherever it stands. Raises `NotFound`."""
        return await self._threads.message(message_id)

    async def message_in(self, thread_id: str, message_id: str) -> Message:
        """One message of a thread. Raises `NotFound`, also for a message of another thread."""
        found = await self._threads.message(message_id)
        if found.thread_id != thread_id:
            raise NotFound(
                Text(f"There is no message {message_id} in {thread_id}.", f"{thread_id} 中没有消息 {message_id}。")
            )
        return found

    async def versions(self, thread_id: str) -> dict[str, list[str]]:
        """Of each message on the branch that is shown, the ids of its versions in the order they were written."""
        thread = await self._threads.get(thread_id)
        tree = await self._threads.tree(thread_id)
        return {message: tree.siblings(message) for message in tree.path(thread.leaf_id)}

    async def branches(self, thread_id: str) -> int:
        """How many ends a thread has."""
        return (await self._threads.tree(thread_id)).branches()

    async def beside(self, thread_id: str) -> list[Message]:
        """The answers that stand side by side with one on the branch that is shown."""
        thread = await self._threads.get(thread_id)
        tree = await self._threads.tree(thread_id)
        shown = {sibling for message in tree.path(thread.leaf_id) for sibling in tree.siblings(message)}
        paired = [each for each in shown if tree.places[each].beside in shown]
        wanted = {*paired, *(tree.places[each].beside for each in paired)} - set(tree.path(thread.leaf_id))
        return [message for message in await self._threads.every(thread_id) if message.id in wanted]

    async def switch(self, thread_id: str, message_id: str) -> Thread:
        """Show the branch of another version of a message, as far as it was last written."""
        thread = await self._threads.get(thread_id)
        message = await self.message_in(thread_id, message_id)
        tree = await self._threads.tree(thread_id)
        self._taken.at_rest(thread)
        await self._threads.change(thread_id, leaf_id=tree.newest_leaf(message.id))
        self._events.publish(ThreadsChanged(thread_id))
        return await self._threads.get(thread_id)

    async def edit(self, thread_id: str, message_id: str, content: str) -> Message:
        """Another version of a message, with these words; the old one stays as a branch.

        An edited answer is what the model reads of it from then on. To have an edited question answered, `answer_again` it.
        """
        if not content.strip():
            raise BadParameter(Text("The message is empty.", "消息是空的。"))
        thread = await self._threads.get(thread_id)
        old = await self.message_in(thread_id, message_id)
        self._taken.at_rest(thread)
        own = {
            "id": ids.new("msg", 12),
            "content": content,
            "edited": True,
            "created_at": time.time(),
            "beside": "",
            "feedback": "",
        }
        settled = {"status": "done", "error": None, "steps": [step for step in old.steps if step.kind != "check"]}
        new = old.model_copy(update=own | (settled if old.role == "assistant" else {}))
        await self._threads.add_more(new)
        self._events.publish(ThreadsChanged(thread_id))
        return new

    async def rate(self, thread_id: str, message_id: str, feedback: Feedback) -> Message:
        """Keep what a person thought of an answer; "" takes it back."""
        message = await self.message_in(thread_id, message_id)
        if message.role != "assistant" or message.status == "streaming":
            raise BadParameter(Text("Only finished answers are rated.", "只能评价已完成的回答。"))
        rated = await self._threads.amend(message_id, lambda _: {"feedback": feedback}, touch=False)
        self._events.publish(ThreadsChanged(thread_id))
        return rated

    async def fork(self, thread_id: str, message_id: str) -> Thread:
        """A new thread with everything up to a message."""
        old = await self._threads.get(thread_id)
        await self.message_in(thread_id, message_id)
        copies = _copied(await self._threads.branch(thread_id, message_id))
        now = time.time()
        title = Text(f"{old.title} (fork)", f"{old.title}（分支）")
        own = {"id": ids.new("conv"), "title": title.zh if _is_chinese(old.title) else title.en, "pinned": False}
        own |= {"leaf_id": copies[-1].id, "created_at": now, "updated_at": now}
        thread = old.model_copy(update=own)
        await self._threads.add_whole(thread, [each.model_copy(update={"thread_id": thread.id}) for each in copies])
        self._events.publish(ThreadsChanged(thread.id))
        return thread

    # Out and in

    async def export(self, thread_id: str, format: str = "markdown") -> str:
        """A thread as text: "markdown" (the branch that is shown), "json" (everything) or "jsonl" (for fine-tuning)."""
        thread = await self._threads.get(thread_id)
        if format == "json":
            return exporting.as_json(thread, await self._threads.every(thread_id))
        return exporting.exported(format, thread, await self.messages(thread_id))

    async def import_threads(self, content: bytes) -> list[Thread]:
        """Bring in what ChatGPT, Open WebUI, LM Studio or this studio exported; what was brought in before is left out.

        Raises `Invalid` for a file of nobody's.
        """
        known = {thread.id for thread in [*await self._threads.list(100_000), *await self._threads.trash()]}
        added: list[Thread] = []
        for thread, messages in importing.read(content):
            if thread.id not in known:
                added += [thread] if await self._threads.add_whole(thread, messages) else []
                known.add(thread.id)
        if added:
            self._events.publish(ThreadsChanged(added[-1].id))
        return added


def _check(fields: dict[str, Any]) -> None:
    wrong = ", ".join(sorted(set(fields) - CHANGEABLE))
    if wrong:
        raise BadParameter(Text(f"A thread has no {wrong}.", f"对话没有 {wrong}。"))


def _copied(messages: Sequence[Message]) -> list[Message]:
    """The same messages under new ids."""
    new = {message.id: ids.new("msg", 12) for message in messages}
    return [
        message.model_copy(
            update={
                "id": new[message.id],
                "parent_id": new.get(message.parent_id or ""),
                "beside": "",
                "steps": [step.model_copy(update={"until": new.get(step.until, "")}) for step in message.steps],
                "status": "stopped" if message.status == "streaming" else message.status,
            }
        )
        for message in messages
    ]


def _is_chinese(words: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in words)
