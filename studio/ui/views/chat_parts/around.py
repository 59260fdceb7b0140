"""What a chat may use: models, collections, datasets and example questions, read in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio.engine.chat.message import Thread
from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.views.chat_parts.mentions import Mention

if TYPE_CHECKING:
    from studio.engine.engine import Engine
    from studio.engine.models.model import Model

MOST = 3  # collections and datasets that a new thread begins with


@dataclass
class Around:
    """By id, in the order of their rooms."""

    models: dict[str, Model] = field(default_factory=dict)
    default: str = ""
    collections: dict[str, str] = field(default_factory=dict)
    datasets: dict[str, str] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    workflows: dict[str, str] = field(default_factory=dict)
    tools: list[tuple[str, Text]] = field(default_factory=list)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def model(self, name: str) -> Model | None:
        """The model of an id or a name; "" is the default one."""
        by_name = next((model for model in self.models.values() if model.name == name), None)
        return self.models.get(name or self.default) or by_name

    def first(self) -> tuple[list[str], list[str]]:
        """The collections and datasets of a new thread."""
        return list(self.collections)[:MOST], list(self.datasets)[:MOST]

    def mentions(self) -> list[Mention]:
        """What “@” offers."""
        kinds = {
            "dataset": self.datasets,
            "collection": self.collections,
            "document": self.documents,
            "workflow": self.workflows,
        }
        return [Mention(kind, ref, title) for kind, there in kinds.items() for ref, title in there.items()]

    def named(self, thread: Thread) -> Text:
        """What a thread uses, for the line below its title."""
        used = [self.datasets[each] for each in thread.datasets if each in self.datasets]
        used += [self.collections[each] for each in thread.knowledge if each in self.collections]
        model = self.model(thread.model)
        name = f" · {model.name}" if model else ""
        if not used:
            return Text(f"No data{name}", f"未使用数据{name}")
        return Text(f"{', '.join(used)}{name}", f"{'、'.join(used)}{name}")


async def look_around(engine: Engine) -> Around:
    """Read it all; a room that fails counts as empty here and says so in its own view."""
    around = Around(models={model.id: model for model in await engine.models.list("chat")})
    try:
        around.default = (await engine.models.get("default")).id
    except StudioError:
        pass
    around.collections = {each.id: each.name for each in await engine.knowledge.collections()}
    around.datasets = {each.id: each.name for each in await engine.datasets.list()}
    documents = await engine.knowledge.documents()
    around.documents = {each.id: each.file_name for each in documents if each.status == "indexed"}
    around.workflows = {each.id: each.name for each in await engine.workflows.list()}
    around.tools = await engine.chat.toolbox.choices()
    if await engine.sample.prepared():
        around.examples = {each: engine.sample.example_questions(each) for each in ("en", "zh")}
    return around
