"""vLLM in a child process: Hugging Face folders on a CUDA GPU (or, slowly, on a CPU build of vLLM)."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import ClassVar

from studio.engine.errors import Unavailable
from studio.engine.models import hardware
from studio.engine.models.backend import Backend, Surroundings
from studio.engine.models.child_worker import ChildWorker, new_token
from studio.engine.models.model import LoadSettings, Model
from studio.engine.models.vllm_environment import VllmEnvironment
from studio.engine.text import Text

TOOL_PARSERS = {
    "qwen3-coder": "qwen3_coder",
    "qwen": "hermes",
    "hermes": "hermes",
    "llama-4": "llama4_pythonic",
    "llama-3": "llama3_json",
    "mistral": "mistral",
    "granite": "granite",
    "deepseek": "deepseek_v3",
    "gpt-oss": "openai",
}


class Vllm(Backend):
    """Serves models that are folders with a config.json. vLLM lives in this environment or in one of its own."""

    name: ClassVar[str] = "vllm"
    title: ClassVar[Text] = Text.same("vLLM")

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._environment = VllmEnvironment(surroundings.paths.data, surroundings.paths.logs)

    def available(self) -> Text | None:
        return self._environment.problem()

    def version(self) -> str:
        version = self._environment.version()
        return f"vLLM {version}" if version else ""

    def python(self) -> str:
        """The interpreter that has vLLM; empty when there is none."""
        return self._environment.python()

    def suits(self, model: Model) -> bool:
        return not model.remote and (Path(model.location) / "config.json").is_file()

    async def start(self, model: Model, settings: LoadSettings) -> ChildWorker:
        """Takes half a minute and more. The key goes by the environment: vLLM would show an argument to everybody."""
        reason = self.available()
        if reason:
            raise Unavailable(Text("vLLM cannot run here.", "本机无法运行 vLLM。"), reason)
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
        parser = settings.tool_parser or _tool_parser(model)
        if parser and parser != "none":
            command += ["--enable-auto-tool-choice", "--tool-call-parser", parser]
        if not hardware.gpus():
            return [*command, "--enforce-eager"]
        command += ["--gpu-memory-utilization", f"{settings.gpu_memory_percent / 100:.2f}"]
        return command if settings.cache_precision == "f16" else [*command, "--kv-cache-dtype", "fp8"]


def _tool_parser(model: Model) -> str:
    """By the family, as vLLM's manual says which parser reads its calls; "" where it knows none."""
    words = f"{model.architecture} {model.name}".lower()
    return next((parser for family, parser in TOOL_PARSERS.items() if family in words), "")


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
