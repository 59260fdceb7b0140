"""The composition root: the only place that builds the parts of the studio."""

from __future__ import annotations

import asyncio
import logging
import shutil

from studio import __version__
from studio.engine.activity import Activity
from studio.engine.catalog import Catalog
from studio.engine.chat.service import Chat
from studio.engine.clusters.service import Clusters
from studio.engine.connections.service import Connections
from studio.engine.datasets.service import Datasets
from studio.engine.egress import Egress
from studio.engine.events import Events, Notice
from studio.engine.jobs import JobChanged, Jobs
from studio.engine.knowledge.service import Knowledge
from studio.engine.lineage.model_uses import ModelUses
from studio.engine.lineage.service import Lineages
from studio.engine.metadata.service import Metadata
from studio.engine.models.benches import Benches
from studio.engine.models.downloads import Downloads
from studio.engine.models.engines import Engines
from studio.engine.models.hub import Hub
from studio.engine.models.service import Models
from studio.engine.objects.service import Objects
from studio.engine.paths import Ownership, Paths
from studio.engine.project import Project
from studio.engine.recent import Recent
from studio.engine.registry import PluginFailure
from studio.engine.sample import Sample
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings
from studio.engine.sql.service import Sql
from studio.engine.status import Machine, Status
from studio.engine.text import Text
from studio.engine.tokens import Tokens
from studio.engine.workflows.service import Workflows

log = logging.getLogger(__name__)


class Engine:
    """Everything the studio does. Make one with `await Engine.open(paths)`, end it with `await engine.close()`."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.ownership = Ownership(paths)
        self.events = Events()
        self.settings = Settings(paths.config / "settings.json", self.events)
        self.secrets = Secrets(paths.data)
        self.tokens = Tokens(paths.token)
        self.egress = Egress(lambda: self.settings.privacy.offline, allowed=lambda: self.settings.privacy.hosts)
        self.catalog = Catalog(paths.catalog)
        self.jobs = Jobs(self.catalog, self.events)
        self.recent = Recent(self.catalog)
        self.project = Project(self.catalog, self.events)
        self.machine = Machine(paths.data)
        self.problems = 0

        self.connections = Connections(self.catalog, self.events, self.egress, self.secrets)
        self.objects = Objects(paths, self.connections)
        self.datasets = Datasets(self.catalog, self.objects, self.events, paths, self.settings, self.jobs)
        self.metadata = Metadata(self.catalog, self.datasets, self.events, paths)
        self.sql = Sql(self.catalog, self.datasets, self.settings, paths)
        self.models = Models(self.catalog, self.events, paths, self.settings, self.secrets, self.egress)
        self.hub = Hub(self.settings, self.egress, self.secrets)
        self.downloads = Downloads(self.catalog, self.events, self.jobs, self.egress, self.hub, self.models)
        self.benches = Benches(self.catalog, self.jobs, self.models)
        self.engines = Engines(self.jobs, paths, self.settings)
        self.knowledge = Knowledge(
            self.catalog, self.events, self.jobs, paths, self.settings, self.models, egress=self.egress, rows=self.datasets
        )  # fmt: skip
        self.workflows = Workflows(self)
        activity = Activity(self.catalog, self.workflows, self.knowledge)
        self.sql.views |= activity.views
        self.sql.view_columns |= activity.columns
        self.chat = Chat(
            self.catalog, self.events, self.models, self.knowledge, self.datasets, self.sql, paths, self.workflows
        )
        self.lineage = Lineages(self.datasets, self.sql, self.knowledge, self.workflows, self.chat)
        self.model_uses = ModelUses(self.models, self.knowledge, self.workflows, self.chat)
        self.clusters = Clusters(self.catalog, self.events, self.egress, self.secrets)
        self.sample = Sample(self)

    @classmethod
    async def open(cls, paths: Paths) -> Engine:
        """Claim the data folder, repair what a kill left behind, and start every room.

        Raises `DataFolderInUse`, `CatalogDamaged` or `Unavailable`, each with the way out; nothing stays claimed then.
        """
        paths.make()
        engine = cls(paths)
        engine.ownership.claim()
        try:
            await engine._start()
        except BaseException:
            await engine.close()
            raise
        return engine

    async def close(self) -> None:
        """End the work, the children and the claim. Safe to call twice."""
        await self.jobs.close()
        rooms = (
            self.chat,
            self.workflows,
            self.clusters,
            self.knowledge,
            self.models,
            self.sql,
            self.metadata,
            self.datasets,
            self.connections,
        )
        for room in rooms:
            try:
                await room.close()
            except Exception:
                log.exception("%s did not close", type(room).__name__)
        await self.catalog.close()
        self.ownership.release()

    async def status(self) -> Status:
        """Real figures for the status bar; about a millisecond, off the loop."""
        running = self.jobs.running()
        statistics = self.models.statistics()
        figures = await self.machine.read()
        return Status.model_validate(
            {
                **figures,
                "version": __version__,
                "jobs_running": len(running),
                "jobs": running,
                "problems": self.problems,
                "runs_running": self.workflows.running_count(),
                "models_loaded": statistics.loaded,
                "tokens_per_second": statistics.tokens_per_second,
            }
        )

    @property
    def plugin_failures(self) -> list[PluginFailure]:
        """Plug-ins that could not be imported; everything else works."""
        rooms = (
            self.datasets,
            self.models,
            self.knowledge,
            self.workflows,
            self.clusters,
            self.objects,
            self.connections,
        )
        return [failure for room in rooms for failure in room.plugin_failures()]

    async def _start(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self.paths.temporary, ignore_errors=True)
        await self.catalog.start()
        self.events.subscribe(JobChanged, self._count_problem)
        for room in (
            self.connections,
            self.objects,
            self.datasets,
            self.metadata,
            self.sql,
            self.models,
            self.knowledge,
            self.clusters,
            self.chat,
        ):
            await room.start()
        await self.downloads.open()
        await self.workflows.open()  # its `start` starts a run
        await asyncio.to_thread(self.tokens.ensure)
        await self.jobs.start_interrupted()
        if self.catalog.not_backed_up:
            title = Text("The catalog was not backed up", "目录库未能备份")
            self.events.publish(Notice("warning", title, self.catalog.not_backed_up.whole()))
        if self.settings.problem:
            self.events.publish(Notice("warning", Text("Settings were reset", "设置已重置"), self.settings.problem))

    def _count_problem(self, event: JobChanged) -> None:
        self.problems += event.job.status == "failed"
