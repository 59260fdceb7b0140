"""The rooms around chat, small: a model that says what it is told to, a page, a table with one figure."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy
import pyarrow

from studio.engine.chat import context, titles
from studio.engine.datasets.dataset import Column
from studio.engine.errors import Invalid, NotFound, Unavailable
from studio.engine.knowledge.document import Chunk, Document, Found
from studio.engine.models.model import ChatPiece, LoadSettings, Model, Usage
from studio.engine.sql.query import Filter, QueryResult, Sqled
from studio.engine.text import Text

PAGE = (
    "4.2 Pump and pressure faults\nThe warranty on the K7 pump is 24 months from the date of purchase. "
    "Within it the repair is free of charge."
)
SENTENCE = "The warranty on the K7 pump is 24 months from the date of purchase."
COUNT_SQL = "SELECT count(*) AS count\nFROM orders\nWHERE region = '华南' AND status = 'returned'"


@dataclass
class ScriptedModels:
    """Says `words`; with `stall_after`, waits for ever after that many pieces until `go_on` is set.

    Asked for a title or a summary it says those. `calls` are the tool calls of each turn, before it answers; `filled` is
    what it writes under a schema.
    """

    words: list[str] = field(default_factory=lambda: ["It ", "is ", "24 ", "months. ", "[1]"])
    demo: bool = False
    context: int = 4096
    stall_after: int | None = None
    break_after: int | None = None
    finish_reason: str = "stop"
    there: bool = True
    embeds: bool = False
    title: str = ""
    summary: str = ""
    filled: str = "{}"
    calls: list[tuple[str, str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    closed: bool = False
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def get(self, name: str = "") -> Model:
        if not self.there:
            raise Unavailable(
                Text("There is no chat model.", "没有对话模型。"), Text("Add one under Models.", "请在“模型”中添加。")
            )
        return Model(
            id="scripted", name="Scripted", kind="chat", backend="llama_cpp", location="/nowhere", demo=self.demo,
            context_length=self.context, load_settings=LoadSettings(context_length=self.context),
        )  # fmt: skip

    async def chat(self, model: str, messages: list[dict[str, Any]], **wishes: Any) -> AsyncIterator[ChatPiece]:
        for task, words in ((titles.ASK, self.title), (context.COMPACT, self.summary)):
            if messages[0]["content"] == task:
                yield ChatPiece(text=words)
                return
        if wishes.get("response_format"):
            yield ChatPiece(text=self.filled)
            return
        self.asked.append({"messages": list(messages), **wishes})
        if self.calls and wishes.get("tools"):
            name, arguments = self.calls.pop(0)
            yield ChatPiece(text="", tool_calls=({"index": 0, "id": "call-1", "function": {"name": name}},))
            yield ChatPiece(tool_calls=({"index": 0, "function": {"arguments": arguments}},))
            return
        try:
            for place, word in enumerate(self.words):
                if place == self.stall_after:
                    await self.go_on.wait()
                if place == self.break_after:
                    raise Unavailable(
                        Text("The worker died.", "工作进程已终止。"), Text("Load it again.", "请重新加载。")
                    )
                yield ChatPiece(text=word)
            usage = Usage(completion_tokens=len(self.words), tokens_per_second=50.0)
            yield ChatPiece(finish_reason=self.finish_reason, usage=usage)
        finally:
            self.closed = True

    async def embed(self, model: str, texts: Sequence[str], *, purpose: str = "passage") -> Any:
        """Texts are as near as they share words."""
        known = [set(text.lower().replace(".", " ").replace(":", " ").split()) for text in texts]
        places = [{zlib.crc32(word.encode()) % 512 for word in words} for words in known]
        return numpy.array([[(place in there) / len(there) ** 0.5 for place in range(512)] for there in places])

    async def embedder(self, name: str = "") -> Any:
        if not self.embeds:
            raise Unavailable(Text("There is no embedding model.", "没有向量模型。"))
        return SimpleNamespace(id="shared words")

    async def count_tokens(self, model: str, text: str) -> int:
        return len(text) // 3


class OnePage:
    """A collection with one page about the pump, and more like it when a test wants many. `ready` lets a search go on."""

    def __init__(self, count: int = 1, dense: float = 0.87) -> None:
        self.count = count
        self.dense = dense
        self.ready = asyncio.Event()
        self.ready.set()

    async def collection(self, name: str) -> Any:
        if name != "handbook":
            raise NotFound(Text(f"There is no collection {name}.", f"没有文档集 {name}。"))
        return Document(id="kb-1", collection_id="", file_name="", status="indexed", added_at=0).model_copy(
            update={"name": "After-sales handbook", "chunk_count": 212}
        )

    async def search(self, question: str, collections: Sequence[str], limit: int) -> list[Found]:
        await self.ready.wait()
        start = PAGE.index(SENTENCE)
        return [
            Found(
                chunk=Chunk(id=f"c{number}", document_id=f"doc-{number}", collection_id="kb-1", position=0, text=PAGE,
                            page=13, start=0, end=len(PAGE), heading="4.2"),
                document=Document(id=f"doc-{number}", collection_id="kb-1", file_name="handbook.pdf",
                                  status="indexed", added_at=0),
                score=1.0, dense=self.dense, matched=SENTENCE, matched_start=start, matched_end=start + len(SENTENCE),
            )
            for number in range(self.count)
        ]  # fmt: skip

    async def page_text(self, document_id: str, page: int | None) -> str:
        return PAGE


@dataclass
class Orders:
    id: str = "ds-001"
    name: str = "orders"
    version: int = 1


class OneTable:
    """The orders, as the rooms of datasets and queries. `written` is what a model wrote when it was asked for SQL."""

    written = ""

    async def get(self, name: str) -> Orders:
        return Orders()

    async def ask(self, question: str, dataset_ids: Sequence[str], model: Any = None) -> Sqled:
        if "returned" not in question:
            raise Invalid(Text("No figure in orders answers this.", "orders 中没有答案。"))
        if model is not None:
            self.written = await model("Write the query.")
        table = pyarrow.table({"count": [47]})
        result = QueryResult([Column(name="count", type="int64")], table, 0.01, False, COUNT_SQL)
        filters = [
            Filter(word="K7", column="product", operator="=", value="K7 咖啡机 Espresso"),
            Filter(word="华南", column="region", operator="=", value="华南"),
            Filter(word="returned", column="status", operator="=", value="returned"),
        ]
        return Sqled(COUNT_SQL, "matched", result, filters, "SELECT * FROM orders LIMIT 5", "", "ds-001")
