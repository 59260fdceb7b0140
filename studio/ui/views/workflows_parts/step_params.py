"""The settings that every step has, whatever its type: declared once, the form comes from it."""

from __future__ import annotations

from typing import Any, Literal

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.graph import Node


class StepParams(Params):
    """How a step is run."""

    reuse: bool = param(True, Text("Reuse cached results", "复用缓存结果"))
    bypass: bool = param(False, Text("Mute this step", "停用此节点"))
    on_error: Literal["stop", "default", "branch"] = param(
        "stop",
        Text("If it fails", "失败时"),
        choices={
            "stop": Text("Stop the run", "停止运行"),
            "default": Text("Go on with nothing", "以空值继续"),
            "branch": Text("Skip what follows", "跳过后续节点"),
        },
    )
    retries: int = param(0, Text("Tries again", "重试次数"), ge=0, le=20)
    timeout: float = param(0.0, Text("Time limit, 0 for none", "时限，0 为不限"), ge=0, le=86_400, unit="s")


def read_step(node: Node) -> dict[str, Any]:
    return {
        "reuse": node.cache == "auto",
        "bypass": node.bypass,
        "on_error": node.on_error,
        "retries": node.retry.times,
        "timeout": node.timeout or 0.0,
    }


def with_step(node: Node, name: str, value: Any) -> Node:
    """The step with one of these settings changed."""
    changes: dict[str, Any] = {
        "reuse": lambda: {"cache": "auto" if value else "off"},
        "bypass": lambda: {"bypass": bool(value)},
        "on_error": lambda: {"on_error": value},
        "retries": lambda: {"retry": node.retry.model_copy(update={"times": int(value)})},
        "timeout": lambda: {"timeout": float(value) or None},
    }[name]()
    return node.model_copy(update=changes)
