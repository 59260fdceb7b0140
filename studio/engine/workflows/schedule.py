"""One schedule: when a workflow starts by itself, and what with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.errors import BadParameter
from studio.engine.params import DatasetRef, FolderRef, Params, param
from studio.engine.text import Text
from studio.engine.workflows.cron import Cron

Kind = Literal["cron", "interval", "webhook", "file", "dataset"]

KINDS = {
    "cron": Text("By the clock", "定时"),
    "interval": Text("Every so often", "按间隔"),
    "webhook": Text("When it is called", "被调用时"),
    "file": Text("When files change", "文件变化时"),
    "dataset": Text("When a dataset changes", "数据集变化时"),
}
MISSED = {
    "skip": Text("Leave out", "跳过"),
    "once": Text("Once", "补一次"),
    "all": Text("Each", "逐次补"),
}


class ScheduleSettings(Params):
    """When a workflow starts, and what with."""

    kind: Kind = param("cron", Text("Kind", "类型"), choices=KINDS)
    cron: str = param(
        "0 8 * * *",
        Text("Cron line", "Cron 表达式"),
        help=Text("Minute, hour, day of the month, month, day of the week.", "分、时、日、月、星期。"),
    )
    timezone: str = param("UTC", Text("Time zone", "时区"))
    seconds: float = param(3600.0, Text("Every", "间隔"), gt=0, unit="s")
    folder: FolderRef = param("", Text("Folder", "文件夹"))
    pattern: str = param(
        "*",
        Text("Files", "文件"),
        help=Text(
            "A pattern such as *.csv; the files that came are the input “files”.",
            "如 *.csv；新文件作为输入“files”传入。",
        ),
    )
    dataset: DatasetRef = param(
        "",
        Text("Dataset", "数据集"),
        help=Text("It starts when the dataset's content is another one.", "数据集内容变化时启动。"),
    )
    inputs: dict[str, Any] = param({}, Text("Inputs", "输入"))
    missed: Literal["skip", "once", "all"] = param(
        "once",
        Text("Missed times", "错过的时间"),
        choices=MISSED,
        help=Text("What went by while the studio was closed.", "程序关闭期间错过的时间如何处理。"),
    )
    retries: int = param(0, Text("Tries again", "重试次数"), ge=0, le=20, advanced=True)
    retry_wait: float = param(60.0, Text("Wait before trying again", "重试等待"), ge=0, unit="s", advanced=True)


class Schedule(BaseModel):
    """One schedule. `state` has next_at, last_at, last_run, runs, failures, skipped and the token of a webhook."""

    id: str
    workflow_id: str
    settings: ScheduleSettings
    paused: bool = False
    state: dict[str, Any] = {}
    created_at: float = 0.0


def next_time(settings: ScheduleSettings, after: float) -> float | None:
    """The next time by the clock; None for what waits for something else. Says what does not hold."""
    if settings.kind == "cron":
        return Cron.read(settings.cron, settings.timezone).after(after)
    if settings.kind == "interval":
        return after + settings.seconds
    if settings.kind == "file" and not Path(settings.folder).is_dir():
        raise no_folder(settings.folder)
    if settings.kind == "dataset" and not settings.dataset:
        raise BadParameter(Text("Name the dataset.", "请指定数据集。"))
    return None


def no_folder(folder: str) -> BadParameter:
    return BadParameter(Text(f"There is no folder “{folder}”.", f"没有文件夹“{folder}”。"))
