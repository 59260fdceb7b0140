"""vLLM in a child process: Hugging Face folders on a CUDA GPU (or, slowly, on a CPU build of vLLM)."""

from __future__ import annotations

import importlib.util
import socket
import sys
from pathlib import Path
from typing import ClassVar

from studio.engine.errors import Unavailable
from studio.engine.models import hardware
from studio.engine.models.backend import Backend
from studio.engine.models.child_worker import ChildWorker, new_token
from studio.engine.models.model import LoadSettings, Model
from studio.engine.text import Text


class Vllm(Backend):
    """Serves models that are folders with a config.json. vLLM lives in this environment or in one of its own."""

    name: ClassVar[str] = "vllm"
    title: ClassVar[Text] = Text.same("vLLM")

    def available(self) -> Text | None:
        if self.python():
            return None
        folder = self.surroundings.paths.data / "vllm"
        if not hardware.gpus():
            return Text(
                "Not installed, and there is no CUDA GPU that it would speed up.",
                "未安装；此电脑没有可供其加速的 CUDA GPU。",
            )
        return Text(
            f"Not installed. Make an environment for it: python -m venv {folder} && {folder}/bin/pip install vllm",
            f"未安装。请为它创建环境：python -m venv {folder} && {folder}/bin/pip install vllm",
        )

    def python(self) -> str:
        """The interpreter that has vLLM; empty when there is none."""
        if importlib.util.find_spec("vllm"):
            return sys.executable
        own = self.surroundings.paths.data / "vllm" / "bin" / "python"
        return str(own) if own.exists() else ""

    def suits(self, model: Model) -> bool:
        return not model.remote and (Path(model.location) / "config.json").is_file()

    async def start(self, model: Model, settings: LoadSettings) -> ChildWorker:
        """Takes half a minute and more. The key goes by the environment: vLLM would show an argument to everybody."""
        reason = self.available()
        if reason:
            raise Unavailable(Text("vLLM cannot run here.", "此电脑无法运行 vLLM。"), reason)
        port, token = free_port(), new_token()
        home = self.surroundings.paths.cache / "vllm"
        home.mkdir(parents=True, exist_ok=True)
        return await ChildWorker.start_server(
            self.command(model, settings, port),
            {"name": model.name, "token": token, "port": port},
            label=model.name,
            log=self.surroundings.paths.logs / "models" / f"{model.id}.log",
            environment={
                "VLLM_API_KEY": token,
                "HOME": str(home),
                "VLLM_CPU_KVCACHE_SPACE": "1",
                "VLLM_NO_USAGE_STATS": "1",
            },
        )

    def command(self, model: Model, settings: LoadSettings, port: int) -> list[str]:
        context = min(settings.context_length, model.context_length or settings.context_length)
        command = [self.python(), "-m", "vllm.entrypoints.openai.api_server", "--model", model.location]
        command += ["--served-model-name", model.name, "--host", "127.0.0.1", "--port", str(port)]
        command += ["--max-model-len", str(context), "--max-num-seqs", str(max(settings.slots, 2))]
        return command if hardware.gpus() else [*command, "--enforce-eager"]


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
