"""What starts workflows without a clock: files that come, datasets whose content is another one."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from studio.engine.errors import StudioError
from studio.engine.workflows.schedule import Schedule, no_folder

if TYPE_CHECKING:
    from studio.engine.workflows.file_watch import FileWatch

log = logging.getLogger(__name__)
LOOKING = 5.0  # seconds that are waited for a first look at a folder, such as one on a server that is away


class Watching:
    """`launch` begins a run with inputs, unless one goes on, which `running` has; `version_of` tells a dataset's content from what it
    was."""

    def __init__(
        self,
        version_of: Callable[[str], Awaitable[str]],
        launch: Callable[..., None],
        keep: Callable[[Schedule], Awaitable[None]],
        running: Mapping[str, asyncio.Task[None]],
    ) -> None:
        self._version_of = version_of
        self._launch = launch
        self._keep = keep
        self._running = running
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def close(self) -> None:
        tasks = [*self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def watch(self, schedule: Schedule) -> None:
        """Begin to watch its folder, as it is set now. Once this returns, no file that comes is missed."""
        self.unwatch(schedule.id)
        if schedule.settings.kind == "file" and not schedule.paused:
            from studio.engine.workflows.file_watch import FileWatch

            watch = FileWatch(Path(schedule.settings.folder), schedule.settings.pattern)
            loop = asyncio.get_running_loop()
            looking = loop.create_task(watch.look(), name=f"look {schedule.id}")
            work = self._watch_files(schedule, watch, looking)
            self._tasks[schedule.id] = loop.create_task(work, name=f"watch {schedule.id}")
            await asyncio.wait({looking}, timeout=LOOKING)

    def unwatch(self, schedule_id: str) -> None:
        task = self._tasks.pop(schedule_id, None)
        if task is not None:
            task.cancel()

    async def look(self, schedule: Schedule) -> None:
        """Start its workflow when the dataset has another content than when it last looked."""
        try:
            version = await self._version_of(schedule.settings.dataset)
        except StudioError as error:
            log.info("the schedule %s waits for its dataset: %s", schedule.id, error)
            return
        before, schedule.state["version"] = schedule.state.get("version"), version
        if before not in (None, version):
            self._launch(schedule, {"dataset": schedule.settings.dataset})
        elif before is None:
            await self._keep(schedule)

    def look_soon(self, schedules: Iterable[Schedule]) -> None:
        """Some dataset changed: look at those of these that wait for one."""
        for schedule in [one for one in schedules if one.settings.kind == "dataset" and not one.paused]:
            name = f"data {schedule.id}"
            if name not in self._tasks:
                task = asyncio.get_running_loop().create_task(self.look(schedule), name=name)
                self._tasks[name] = task
                task.add_done_callback(functools.partial(self._looked, name))

    def _looked(self, name: str, _task: asyncio.Task[None]) -> None:
        self._tasks.pop(name, None)

    async def _watch_files(self, schedule: Schedule, watch: FileWatch, looking: asyncio.Task[None]) -> None:
        """Changes that come together start one run, with the files that are there still; what comes while it runs, the next."""
        await looking
        try:
            async for found in watch.changed():
                if running := self._running.get(schedule.id):
                    await asyncio.wait({running})
                if here := [path for path in found if path.is_file()]:
                    self._launch(schedule, {"files": here})
        except FileNotFoundError:
            schedule.state["error"] = no_folder(schedule.settings.folder).as_dict()
            await self._keep(schedule)
