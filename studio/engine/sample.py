"""The sample project: real orders, tickets and a handbook, put where a person's own things would be."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from studio.engine.catalog.tables import notes
from studio.engine.errors import NotFound, Unavailable
from studio.engine.jobs import Job
from studio.engine.paths import resource
from studio.engine.project import UNTITLED
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.engine import Engine

NOTE = "sample-project"


class Sample:
    """Prepares the sample project. Doing it again repairs what is missing and changes nothing else."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def prepared(self) -> bool:
        """Whether the sample project was put in place once."""
        query = select(notes.c.value).where(notes.c.name == NOTE)
        return bool(await self._engine.catalog.read(lambda connection: connection.execute(query).scalar()))

    async def prepare(self) -> Job:
        """Start the job that puts the sample project in place; `await job.wait()` for its end."""
        return await self._engine.jobs.start("sample", Text("Prepare the sample project", "准备示例项目"), self._work)

    def project(self) -> dict[str, Any]:
        """What the sample project consists of, as its file says."""
        content: dict[str, Any] = json.loads(resource("sample/project.json").read_text())
        return content

    def example_questions(self, language: str = "en") -> list[str]:
        """Four questions that the sample project can answer, for an empty chat; those in that language first."""
        examples = json.loads(resource("sample/questions.json").read_text())["examples"]
        return [each["question"] for each in sorted(examples, key=lambda each: each["lang"] != language)]

    async def _work(self, job: Job) -> None:
        project = self.project()
        for dataset in project["datasets"]:
            job.progress(0.05, Text(f"Dataset {dataset['name']}", f"数据集 {dataset['name']}"))
            await self._dataset(dataset)
        job.progress(0.15, Text("Workflows", "工作流"))
        for pattern in project["workflows"]:
            for file in sorted(resource("sample").glob(pattern)):
                await self._workflow(file)
        for collection in project["collections"]:
            job.progress(0.2, Text("Reading the handbook", "正在读取手册"))
            await self._collection(collection)
        if await self._engine.project.name() == UNTITLED:
            await self._engine.project.rename(Text(**project["name"]))
        await self._remember()

    async def _dataset(self, dataset: dict[str, Any]) -> None:
        folder = dataset["uri"] if dataset["uri"].endswith("/") else dataset["uri"].rpartition("/")[0] + "/"
        sizes = await self._sizes(folder)
        for file in sorted(resource("sample").glob(dataset["files"])):
            if (
                sizes.get(file.name) != file.stat().st_size
            ):  # one that is put again would be another version of its dataset
                await self._engine.objects.put(folder + file.name, file)
        try:
            await self._engine.datasets.get(dataset["id"])
        except NotFound:
            words = dataset["description"]
            await self._engine.datasets.register(
                dataset["uri"],
                dataset["name"],
                dataset_id=dataset["id"],
                description=f"{words['en']} {words['zh']}",
                format=dataset["format"],
                tags=["sample"],
            )

    async def _sizes(self, folder: str) -> dict[str, int]:
        """The bytes of what lies in a folder of the objects, by name; empty where there is no such folder yet."""
        try:
            return {info.key.rsplit("/", 1)[-1]: info.size for info in await self._engine.objects.list(folder)}
        except (NotFound, Unavailable):
            return {}

    async def _collection(self, collection: dict[str, Any]) -> None:
        name = f"{collection['name']['en']} {collection['name']['zh']}"
        try:
            found = await self._engine.knowledge.collection(name)
        except NotFound:
            found = await self._engine.knowledge.create(name, description="")
        there = {document.file_name for document in await self._engine.knowledge.documents(found.id)}
        missing = [file for file in collection["documents"] if Path(file).name not in there]
        if missing:
            job = await self._engine.knowledge.add_files(found.id, [resource("sample") / file for file in missing])
            await self._engine.jobs.wait(job.id)

    async def _workflow(self, file: Path) -> None:
        content = json.loads(await asyncio.to_thread(file.read_text))
        names = {workflow.name for workflow in await self._engine.workflows.list()}
        if content["name"] not in names:
            await self._engine.workflows.create(content["name"], content)

    async def _remember(self) -> None:
        def work(connection: Any) -> None:
            connection.execute(delete(notes).where(notes.c.name == NOTE))
            connection.execute(insert(notes).values(name=NOTE, value=True))

        await self._engine.catalog.write(work)
