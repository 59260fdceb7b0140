"""Installing engines that are not part of the studio, as jobs that a kill does not end."""

from __future__ import annotations

from typing import Any

from studio.engine.errors import BadState, NotFound
from studio.engine.jobs import Job, Jobs, JobState
from studio.engine.models import hardware
from studio.engine.models.vllm_environment import ROOM, Variant, VllmEnvironment
from studio.engine.paths import Paths
from studio.engine.settings import Settings
from studio.engine.text import Text

JOB = "engine-install"


class Engines:
    """vLLM is the only one so far."""

    def __init__(self, jobs: Jobs, paths: Paths, settings: Settings) -> None:
        self._jobs = jobs
        self._settings = settings
        self._vllm = VllmEnvironment(paths.data, paths.logs)
        jobs.on_resume(JOB, self._go_on)

    def offered(self) -> dict[str, int]:
        """What can be installed and is neither there nor on its way, with the room in bytes that installing takes."""
        if self._vllm.python() or self.installing():
            return {}
        return {"vllm": ROOM[_variant()]}

    def installing(self) -> dict[str, JobState]:
        """The jobs that install an engine now, by its name."""
        return {str(job.payload.get("engine", "")): job for job in self._jobs.running() if job.kind == JOB}

    async def install(self, name: str, variant: Variant | None = None) -> JobState:
        """Start to install an engine; follow the job. Without a `variant`, CUDA where there is a GPU, else the CPU build.
        An install that runs already is returned."""
        if name != "vllm":
            raise NotFound(Text(f"There is no engine “{name}” to install.", f"没有可安装的引擎“{name}”。"))
        running = self.installing().get(name)
        if running is not None:
            return running
        if self._settings.privacy.offline:
            raise BadState(
                Text("vLLM is not installed while the studio stays offline.", "离线模式下无法安装 vLLM。"),
                Text("Switch off “Stay offline” under Settings › Privacy.", "请在“设置 › 隐私”中关闭“保持离线”。"),
            )
        chosen = variant or _variant()
        payload = {"engine": name, "variant": chosen}
        job = await self._jobs.start(
            JOB, Text("Install vLLM", "安装 vLLM"), lambda job: self._go_on(payload, job), payload
        )
        return job.state

    async def remove(self, name: str) -> None:
        """Take an engine away again; models that run on it have to be unloaded before."""
        if name != "vllm":
            raise NotFound(Text(f"There is no engine “{name}” to remove.", f"没有可移除的引擎“{name}”。"))
        await self._vllm.remove()

    async def _go_on(self, payload: dict[str, Any], job: Job) -> str:
        return await self._vllm.install(payload["variant"], job.progress)


def _variant() -> Variant:
    return "cuda" if hardware.gpus() else "cpu"
