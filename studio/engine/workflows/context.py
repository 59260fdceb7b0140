"""What a step may use while it runs: the rooms behind narrow protocols, and its voice to whoever watches the run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from studio.engine.errors import Unavailable
from studio.engine.text import Text


class ChatsModels(Protocol):
    """What steps need of the models room."""

    def chat(self, model: str, messages: list[dict[str, Any]], **options: Any) -> AsyncIterator[Any]: ...

    async def get(self, name: str) -> Any: ...


class SearchesKnowledge(Protocol):
    """What steps need of the knowledge room."""

    async def search(
        self, query: str, collections: list[str], limit: int = 6, mode: Any = "hybrid", **options: Any
    ) -> list[Any]: ...

    async def collection(self, name: str) -> Any: ...

    async def add_text(self, collection: str, text: str, file_name: str, title: str = "") -> Any: ...

    async def documents(self, collection: str | None = None) -> list[Any]: ...

    async def delete_document(self, document_id: str) -> None: ...


class ReadsDatasets(Protocol):
    """What steps need of the datasets room."""

    async def get(self, name: str) -> Any: ...

    async def page(self, dataset: str, offset: int, limit: int, **options: Any) -> Any: ...


class RunsSql(Protocol):
    """What steps need of the SQL room: always the locked connection."""

    async def query_tables(self, sql: str, tables: dict[str, Any], **options: Any) -> Any: ...

    async def ask(self, question: str, dataset_ids: list[str], model: Any = None) -> Any: ...

    async def write(self, question: str, dataset_ids: list[str], model: Any = None) -> Any: ...

    async def save_rows(self, table: Any, name: str, description: str = "", **options: Any) -> Any: ...


@dataclass(frozen=True)
class Services:
    """The rooms that steps may use. One that is missing raises when a step needs it, not before."""

    models: Any = None
    knowledge: Any = None
    datasets: Any = None
    sql: Any = None
    egress: Any = None
    objects: Any = None
    connections: Any = None
    workflows: Any = None
    memory: Any = None
    mcp: Any = None
    settings: Any = None
    temporary: Path | None = None  # where files are made for as long as a step lasts
    packages: Path | None = None  # the folder of those that a person installed for code


Emit = Callable[[str], None]
Progress = Callable[[int, int | None, dict[str, Any]], None]
Body = Callable[[int, dict[str, Any]], Awaitable[dict[str, Any]]]


def _silent(*_: Any) -> None:
    return None


@dataclass
class Context:
    """One step's view of the studio. `row` is set inside a map; `body` runs the steps in a frame for one row."""

    services: Services = field(default_factory=Services)
    inputs: dict[str, Any] = field(default_factory=dict)
    step: str = ""
    run: str = ""  # the id of the execution
    row: int | None = None
    rows: tuple[int, ...] = ()  # the rows and passes around this step, the outermost first
    folder: Path | None = None
    body: Body | None = None
    on_text: Emit = _silent
    on_progress: Progress = _silent
    on_log: Emit = _silent

    def emit(self, text: str) -> None:
        """Show a piece of text at once, before the step has its answer."""
        self.on_text(text)

    def progress(self, done: int, total: int | None = None, **more: Any) -> None:
        """Say how far the step is."""
        self.on_progress(done, total, more)

    def log(self, line: str | Text) -> None:
        """One line for the run's log: what a step says of itself in both languages, what it was given as it is."""
        self.on_log(line.en if isinstance(line, Text) else line)

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """One more event of this step."""

    async def ask(self, question: dict[str, Any], seconds: float | None = None) -> Any:
        """Wait for a person's answer, through restarts of the studio. `None` when nobody answered in that time.

        `question` has `text`, and `choices` (a list of texts) or `fields` (a list of names) where it wants them; `assignee` where
        it is for somebody.
        """
        raise _nobody()

    async def outside(self, kind: str, request: Any, work: Callable[[], Awaitable[Any]]) -> Any:
        """Ask something outside of the studio; the answer (plain JSON) is recorded, so that the run can be played again."""
        return await work()

    async def call_workflow(self, workflow: str, version: int | None, inputs: dict[str, Any]) -> dict[str, Any]:
        """Run another workflow as a part of this run, and give its outputs."""
        raise _nobody()

    async def workflow_id(self) -> str:
        """The workflow that this run is of."""
        return "" if self.services.workflows is None else str(await self.services.workflows.workflow_of(self.run))

    async def item(self, number: int, work: Callable[[Context], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """Do a part of this step's work, with a context of its own; one that was recorded before a crash is not done again."""
        return await work(self)

    async def kept(self, key: str, seconds: float) -> dict[str, Any] | None:
        """What `keep` put under a key, in whichever run; None where that is nothing, or older than that (0 is never too old)."""
        return None

    async def keep(self, key: str, values: dict[str, Any]) -> None:
        """Keep values under a key, for other runs too."""

    def contents(self) -> str:
        """What tells the steps in this frame, as they are set and wired, from others."""
        return ""

    def setting(self, key: str) -> Any:
        """The value of a setting of the studio, "group.name"; None where a step runs without one."""
        return None if self.services.settings is None else self.services.settings.value(key)

    @property
    def frame(self) -> Body:
        """What runs the steps in this frame for one row."""
        assert self.body is not None
        return self.body

    @asynccontextmanager
    async def holding(self, needed: int) -> AsyncIterator[None]:
        """Bytes of memory that this step may take meanwhile: models that load leave them free."""
        if self.services.models is None:
            yield
            return
        async with self.services.models.budget.holding(f"step {self.step or 'alone'}", needed):
            yield

    @property
    def models(self) -> ChatsModels:
        return _there(self.services.models, Text("Models", "模型"))  # type: ignore[no-any-return]

    @property
    def knowledge(self) -> SearchesKnowledge:
        return _there(self.services.knowledge, Text("Knowledge", "知识库"))  # type: ignore[no-any-return]

    @property
    def datasets(self) -> ReadsDatasets:
        return _there(self.services.datasets, Text("Data", "数据"))  # type: ignore[no-any-return]

    @property
    def egress(self) -> Any:
        return _there(self.services.egress, Text("The network", "网络"))

    @property
    def objects(self) -> Any:
        return _there(self.services.objects, Text("Files", "文件"))

    @property
    def sql(self) -> RunsSql:
        return _there(self.services.sql, Text.same("SQL"))  # type: ignore[no-any-return]


def _nobody() -> Unavailable:
    return Unavailable(Text("This step works only in a run.", "此节点只能在运行中使用。"))


def _there(room: Any, name: Text) -> Any:
    if room is None:
        raise Unavailable(
            Text(f"{name.en} is not available in this studio.", f"本程序中“{name.zh}”不可用。"),
            Text(
                "Restart the studio; Settings › Plug-ins says what failed.", "请重启程序，并在“设置 › 插件”中查看原因。"
            ),
        )
    return room


def chunk_of(found: Any, number: int) -> dict[str, Any]:
    """A found chunk as the value that flows between steps. Pages are 1-based, `start` and `end` count characters."""
    chunk, document = found.chunk, found.document
    return {
        "number": number,
        "id": chunk.id,
        "document_id": chunk.document_id,
        "collection_id": chunk.collection_id,
        "title": document.title or document.file_name,
        "file_name": document.file_name,
        "page": chunk.page,
        "row": chunk.row,
        "unit": document.unit,
        "start": chunk.start,
        "end": chunk.end,
        "heading": chunk.heading,
        "text": chunk.text,
        "quote": found.matched,
        "score": round(float(found.score), 6),
    }
