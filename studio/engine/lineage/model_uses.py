"""What uses a model: collections that embed with it, workflows, conversations, and names that programs ask for."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.chat.service import Chat
from studio.engine.errors import StudioError
from studio.engine.knowledge.service import Knowledge
from studio.engine.models.service import Models
from studio.engine.params import fields_of
from studio.engine.text import Text, plural
from studio.engine.workflows.graph import Node
from studio.engine.workflows.library import nodes
from studio.engine.workflows.service import Workflows


class ModelUse(BaseModel):
    """`id` opens it; the ids of conversations are of the latest."""

    kind: Literal["collection", "workflow", "thread", "alias"]
    id: str
    title: Text


class ModelUses:
    """Nothing is kept: every answer is made of what the rooms hold now."""

    def __init__(self, models: Models, knowledge: Knowledge, workflows: Workflows, chat: Chat) -> None:
        self._models = models
        self._knowledge = knowledge
        self._workflows = workflows
        self._chat = chat

    async def of(self, name: str) -> list[ModelUse]:
        """By whatever name they call it: its id, its name, or an alias that leads to it now. Conversations are counted."""
        model = await self._models.get(name)
        aliases = await self._leading_to(model.id)
        names = {model.id, model.name, *aliases}
        found = [
            ModelUse(kind="collection", id=each.id, title=Text.same(each.name))
            for each in await self._knowledge.collections()
            if each.embedder in names
        ]
        found += [
            ModelUse(kind="workflow", id=each.id, title=Text.same(each.name))
            for each in await self._workflows.list()
            if any(_asked_by(node) & names for node in each.definition.nodes)
        ]
        usual = {""} if (await self._usual()) == model.id else set()
        threads = [each for each in await self._chat.threads() if each.model in names | usual or each.beside in names]
        if threads:
            title = Text(plural(len(threads), "thread", "threads"), f"{len(threads)} 个对话")
            found.append(ModelUse(kind="thread", id=threads[0].id, title=title))
        return [*found, *(ModelUse(kind="alias", id=alias, title=Text.same(alias)) for alias in sorted(aliases))]

    async def _usual(self) -> str:
        """The id of the model that answers where none is named; "" when there is none."""
        try:
            return (await self._models.get()).id
        except StudioError:
            return ""

    async def _leading_to(self, model_id: str) -> set[str]:
        found = set()
        for alias in await self._models.aliases():
            try:
                if (await self._models.get(alias)).id == model_id:
                    found.add(alias)
            except StudioError:  # it leads nowhere now
                continue
        return found


def _asked_by(node: Node) -> set[Any]:
    """The models that a step names, or asks when it names none."""
    known = nodes.all().get(node.type)
    fields = fields_of(known.params) if known else []
    return {node.params.get(one.name, one.default) for one in fields if one.kind == "ref" and one.ref == "model"}
