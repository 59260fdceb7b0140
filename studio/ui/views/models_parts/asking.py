"""Questions before something that a person should know of: code in a model folder, a model beyond the memory, a large download."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from studio.engine.text import Text
from studio.ui.views.models_parts.snapshot import EngineState, Snapshot
from studio.ui.widgets import figures
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label

if TYPE_CHECKING:
    from studio.engine.models.budget import DoesNotFit
    from studio.engine.models.model import Model
    from studio.engine.models.trust import Untrusted

SHOWN = 12


class TrustDialog(Ask):
    """What could run code, and the digest that trusting it is about. `then` is called when a person trusts it."""

    def __init__(self, parent: QWidget, path: str, error: Untrusted, then: Callable[[], object]) -> None:
        name = Path(path).name
        super().__init__(
            Text(f"Trust the code in {name}?", f"信任 {name} 中的代码？"),
            Text("Trust this content", "信任此内容"),
            Text(
                "These files can run programs on this computer with your rights as soon as an engine loads the model. Trust them only "
                "if you know their author. A change of a single byte asks again.",
                "引擎加载该模型时，这些文件可以用你的权限在本机运行程序。仅在了解作者的情况下信任；内容稍有变动都会再次询问。",
            ),
            "danger",
            parent,
        )
        for danger in error.dangers[:SHOWN]:
            self.body.addWidget(Label(danger, "mono", elide="middle"))
        if len(error.dangers) > SHOWN:
            more = len(error.dangers) - SHOWN
            self.body.addWidget(Label(Text(f"and {more} more", f"以及另外 {more} 个"), "dense", "text.secondary"))
        self.body.addWidget(Label(f"sha256 {error.digest}", "monoSmall", "text.tertiary", elide="middle"))
        self.accepted.connect(then)
        self.cancel.setFocus()


class MemoryDialog(Ask):
    """A model that does not fit now: `unload` gets the ids that make room, `force` loads it all the same."""

    def __init__(
        self,
        parent: QWidget,
        model: Model,
        error: DoesNotFit,
        snapshot: Snapshot,
        unload: Callable[[list[str]], object],
        force: Callable[[], object],
    ) -> None:
        needed, free = figures.size(error.fit.needed), figures.size(error.fit.free)
        names = [other.name for one in error.unload if (other := snapshot.model(one))]
        listed_en, listed_zh = ", ".join(names), "、".join(names)
        agree = (
            Text(f"Unload {listed_en} and load", f"卸载 {listed_zh} 并加载")
            if names
            else Text("Load anyway", "仍要加载")
        )
        super().__init__(
            Text(f"Not enough memory for {model.name}", f"内存不足以加载 {model.name}"),
            agree,
            Text(
                f"It needs {needed}, {free} is free. Loading it anyway may slow this computer down or end other programs.",
                f"需要 {needed}，可用 {free}。强行加载可能拖慢电脑，或导致其他程序被终止。",
            ),
            "primary" if names else "danger",
            parent,
        )
        if names:
            self.accepted.connect(lambda: unload(error.unload))
            anyway = Button(Text("Load anyway", "仍要加载"))
            anyway.clicked.connect(lambda: (self.reject(), force()))
            self.body.addWidget(anyway)
        else:
            self.accepted.connect(force)
        self.cancel.setFocus()


class InstallDialog(Ask):
    """What installing an engine takes. `then` gets the engine's name when a person agrees."""

    def __init__(self, parent: QWidget, state: EngineState, then: Callable[[str], object]) -> None:
        room = figures.size(state.room)
        super().__init__(
            Text("Install vLLM?", "安装 vLLM？"),
            Text("Install vLLM", "安装 vLLM"),
            Text(
                f"It serves Hugging Face folders on an NVIDIA GPU. It is fetched from the Python package registry into an environment of "
                f"its own in the data folder; this takes minutes and needs up to {room} of disk while it runs. It goes on after a restart.",
                f"vLLM 用于在 NVIDIA GPU 上运行 Hugging Face 模型文件夹。将从 Python 软件源下载到数据文件夹中的独立环境，"
                f"需要数分钟，期间最多占用 {room} 磁盘空间；重启后会继续。",
            ),
            parent=parent,
        )
        self.accepted.connect(lambda: then(state.name))
