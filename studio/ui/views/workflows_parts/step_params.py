"""The settings that every step has, whatever its type: declared once, the form comes from it."""

from __future__ import annotations

from typing import Any, Literal

from studio.engine.params import Params, param
from studio.engine.text import Text
from studio.engine.workflows.graph import Node


class StepParams(Params):
    """How a step is run."""

    reuse: bool = param(True, Text("Reuse cached results", "复用缓存结果"))
    mute: bool = param(
        False,
        Text("Mute", "停用"),
        help=Text("It does not run, and what depends on it is skipped.", "不运行，依赖它的节点会被跳过。"),
    )
    bypass: bool = param(
        False,
        Text("Bypass", "旁路"),
        help=Text(
            "It does not run; its input passes through to outputs of the same type.",
            "不运行，输入直接传给同类型的输出。",
        ),
    )
    on_error: Literal["stop", "default", "branch"] = param(
        "stop",
        Text("If it fails", "失败时"),
        choices={
            "stop": Text("Stop the run", "停止运行"),
            "default": Text("Go on with nothing", "以空值继续"),
            "branch": Text("Go on at its output “error”", "转到其“错误”输出"),
        },
    )
    retries: int = param(0, Text("Tries again", "重试次数"), ge=0, le=20)
    timeout: float = param(0.0, Text("Time limit, 0 for none", "时限，0 为不限"), ge=0, le=86_400, unit="s")


def read_step(node: Node) -> dict[str, Any]:
    return {
        "reuse": node.cache == "auto",
        "mute": node.mute,
        "bypass": node.bypass,
        "on_error": node.on_error,
        "retries": node.retry.times,
        "timeout": node.timeout or 0.0,
    }


def with_step(node: Node, name: str, value: Any) -> Node:
    """The step with one of these settings changed."""
    changes: dict[str, Any] = {
        "reuse": lambda: {"cache": "auto" if value else "off"},
        "mute": lambda: {"mute": bool(value), "bypass": node.bypass and not value},
        "bypass": lambda: {"bypass": bool(value), "mute": node.mute and not value},
        "on_error": lambda: {"on_error": value},
        "retries": lambda: {"retry": node.retry.model_copy(update={"times": int(value)})},
        "timeout": lambda: {"timeout": float(value) or None},
    }[name]()
    return node.model_copy(update=changes)
