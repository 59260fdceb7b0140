"""The studio's settings: declared once here; the Settings view, the command line and the manual come from this file."""

from __future__ import annotations

import ipaddress
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from studio.engine.errors import Invalid, NotFound
from studio.engine.events import Event, Events
from studio.engine.files import write_json
from studio.engine.params import FolderRef, ModelRef, Params, check, fields_of, param
from studio.engine.text import Text


class Appearance(Params):
    language: Literal["system", "en", "zh"] = param(
        "system",
        Text("Language", "语言"),
        choices={"system": Text("System", "跟随系统"), "en": Text.same("English"), "zh": Text.same("简体中文")},
    )
    theme: Literal["system", "light", "dark"] = param(
        "system",
        Text("Theme", "主题"),
        choices={"system": Text("System", "跟随系统"), "light": Text("Light", "浅色"), "dark": Text("Dark", "深色")},
    )
    scale: int = param(100, Text("Interface scale", "界面缩放"), ge=80, le=200, unit="%")
    reduced_motion: bool = param(False, Text("Reduce motion", "减少动画"))


class ModelSettings(Params):
    default_model: ModelRef = param(
        "default",
        Text("Model for new chats", "新对话使用的模型"),
        help=Text("The alias “default” follows the model that was loaded last.", "别名“default”指向最近加载的模型。"),
    )
    folder: FolderRef = param(
        "",
        Text("Models folder", "模型文件夹"),
        help=Text("Empty means the studio's own folder.", "留空则使用程序自己的文件夹。"),
    )
    hub: str = param(
        "https://huggingface.co",
        Text("Model hub", "模型库"),
        help=Text(
            "The address of a hub: Hugging Face, a mirror of it, ModelScope, or one of your own.",
            "模型库地址：Hugging Face、其镜像站、魔搭 ModelScope 或自建服务。",
        ),
        pattern=r"^https?://[^\s/@]+(/[^\s]*)?$",
    )
    hub_dialect: Literal["auto", "hugging_face", "modelscope"] = param(
        "auto",
        Text("How the hub speaks", "模型库接口"),
        choices={
            "auto": Text("By its address", "按地址判断"),
            "hugging_face": Text("As Hugging Face", "Hugging Face 接口"),
            "modelscope": Text("As ModelScope", "ModelScope 接口"),
        },
        advanced=True,
    )
    engine: Literal["auto", "llama_cpp", "vllm"] = param(
        "auto",
        Text("Engine", "推理引擎"),
        choices={"auto": Text("Automatic", "自动"), "llama_cpp": Text.same("llama.cpp"), "vllm": Text.same("vLLM")},
    )
    llama_cpp_runtime: Literal["auto", "xllamacpp", "llama-cpp-python"] = param(
        "auto",
        Text("llama.cpp runtime", "llama.cpp 运行库"),
        choices={
            "auto": Text("Automatic", "自动"),
            "xllamacpp": Text.same("xllamacpp"),
            "llama-cpp-python": Text.same("llama-cpp-python"),
        },
        advanced=True,
    )
    context_length: int = param(4096, Text("Context length", "上下文长度"), ge=512, le=1_048_576, unit="tokens")
    threads: int = param(
        0, Text("CPU threads", "CPU 线程数"), ge=0, le=256, help=Text("0 chooses by itself.", "0 表示自动选择。")
    )
    unload_after_minutes: int = param(30, Text("Unload when idle", "空闲后卸载"), ge=0, le=1440, unit="min")
    memory_limit_mb: int = param(
        0,
        Text("Memory for all models", "全部模型的内存上限"),
        ge=0,
        le=16_777_216,
        unit="MB",
        help=Text("0 lets them take what is free.", "0 表示可使用全部空闲内存。"),
    )


class DataSettings(Params):
    query_rows: int = param(10_000, Text("Rows a query returns", "查询返回的行数"), ge=1, le=10_000_000)
    query_seconds: int = param(60, Text("Query time limit", "查询时限"), ge=1, le=86_400, unit="s")
    query_memory_mb: int = param(2048, Text("Query memory limit", "查询内存上限"), ge=128, le=1_048_576, unit="MB")
    query_disk_mb: int = param(
        20_000,
        Text("Disk space a query may use", "查询可用的磁盘空间"),
        help=Text(
            "For rows that do not fit into memory; 0 puts none aside.", "用于暂存内存放不下的数据；0 表示不暂存。"
        ),
        ge=0,
        le=100_000_000,
        unit="MB",
    )
    versions_kept: int = param(
        5,
        Text("Versions kept of each dataset", "每个数据集保留的版本数"),
        help=Text(
            "Old content of files that were overwritten, to compare and to roll back. Parquet files are kept under a "
            "second name that costs no room while the file exists. 0 keeps none.",
            "保留已被覆盖的文件的旧内容，用于对比和回滚。Parquet 文件以第二个文件名保留，原文件存在时不占空间。0 表示不保留。",
        ),
        ge=0,
        le=1000,
    )
    versions_mb: int = param(
        10_240,
        Text("Room for kept versions", "保留版本的空间上限"),
        help=Text("The oldest go first. A larger file is not kept.", "超出时先删除最旧的版本。更大的文件不保留。"),
        ge=0,
        le=100_000_000,
        unit="MB",
    )


class KnowledgeSettings(Params):
    chunk_characters: int = param(800, Text("Characters per chunk", "每段字数"), ge=100, le=8000)
    chunk_overlap: int = param(80, Text("Overlap", "重叠字数"), ge=0, le=2000)
    parse_seconds: int = param(120, Text("Time limit per document", "单个文档解析时限"), ge=5, le=3600, unit="s")
    parse_memory_mb: int = param(
        1024, Text("Memory limit per document", "单个文档内存上限"), ge=128, le=65_536, unit="MB"
    )


class ServerSettings(Params):
    enabled: bool = param(True, Text("Serve the API while the window is open", "窗口打开时提供 API"))
    host: str = param(
        "127.0.0.1",
        Text("Address", "监听地址"),
        advanced=True,
        help=Text("An address beyond this computer always needs the token.", "监听本机以外的地址时必须使用令牌。"),
    )
    port: int = param(
        8080, Text("Port", "端口"), help=Text("0 takes a free one.", "0 表示自动选择空闲端口。"), ge=0, le=65_535
    )
    require_token: bool = param(False, Text("Require the token on this computer too", "本机访问也要求令牌"))
    queue: int = param(
        64,
        Text("Requests that may wait for a model", "每个模型可排队的请求数"),
        ge=0,
        le=1000,
        advanced=True,
        help=Text(
            "Beyond its parallel slots; more are told to come back (HTTP 429).",
            "超出并行槽位后可等待的数量；再多则返回 HTTP 429，请稍后重试。",
        ),
    )

    @property
    def needs_token(self) -> bool:
        """Whether every caller has to send the API's token."""
        return self.require_token or not is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a bind address stays on this computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class ToolSettings(Params):
    search_url: str = param(
        "",
        Text("Search engine", "搜索引擎"),
        help=Text(
            "Address of a SearXNG server that answers with JSON; the step “Web search” asks it.",
            "能返回 JSON 的 SearXNG 服务地址，供“网页搜索”节点使用。",
        ),
        pattern=r"^(https?://[^\s/@]+(/[^\s]*)?)?$",
    )


class Privacy(Params):
    offline: bool = param(
        False,
        Text("Stay offline", "保持离线"),
        help=Text("Refuse every connection beyond this computer.", "拒绝一切本机以外的连接。"),
    )
    hosts: list[str] = param(
        [],
        Text("Hosts of this network that may be reached", "允许访问的内部主机"),
        help=Text("One a line, with its port: intranet.local:8080.", "每行一个，含端口：intranet.local:8080。"),
    )


P = TypeVar("P", bound=Params)


@dataclass(frozen=True, slots=True)
class Group:
    """One page of the settings."""

    name: str
    title: Text
    params: type[Params]


GROUPS: tuple[Group, ...] = (
    Group("appearance", Text("Appearance", "外观"), Appearance),
    Group("models", Text("Models", "模型"), ModelSettings),
    Group("data", Text("Data", "数据"), DataSettings),
    Group("knowledge", Text("Knowledge", "知识库"), KnowledgeSettings),
    Group("server", Text("Server", "服务"), ServerSettings),
    Group("tools", Text("Tools", "工具"), ToolSettings),
    Group("privacy", Text("Privacy", "隐私"), Privacy),
)


@dataclass(frozen=True, slots=True)
class SettingsChanged(Event):
    """A setting has a new value. `key` is "group.name"."""

    key: str
    value: Any


class Settings:
    """The values in force: the environment (`ONE_DATA_APPEARANCE__LANGUAGE=zh`) over the file over the defaults."""

    def __init__(self, file: Path, events: Events) -> None:
        self._file = file
        self._events = events
        self._values = {group.name: group.params() for group in GROUPS}
        self.problem: Text | None = None
        self._read()

    @property
    def appearance(self) -> Appearance:
        return self._group(Appearance)

    @property
    def models(self) -> ModelSettings:
        return self._group(ModelSettings)

    @property
    def data(self) -> DataSettings:
        return self._group(DataSettings)

    @property
    def knowledge(self) -> KnowledgeSettings:
        return self._group(KnowledgeSettings)

    @property
    def server(self) -> ServerSettings:
        return self._group(ServerSettings)

    @property
    def tools(self) -> ToolSettings:
        return self._group(ToolSettings)

    @property
    def privacy(self) -> Privacy:
        return self._group(Privacy)

    def groups(self) -> list[Group]:
        return list(GROUPS)

    def value(self, key: str) -> Any:
        """The value of "group.name"; `NotFound` when there is no such setting."""
        group, name = _parts(key)
        return getattr(self._values[group.name], name)

    async def set(self, key: str, value: Any) -> None:
        """Check a value, keep it on disk, then tell everybody. Raises `Invalid` that names the field."""
        group, name = _parts(key)
        changed = check(group.params, {**self._values[group.name].model_dump(), name: value})
        before = self._values[group.name]
        self._values[group.name] = changed
        try:
            self._write()
        except BaseException:
            self._values[group.name] = before
            raise
        self._events.publish(SettingsChanged(key, getattr(changed, name)))

    async def allow_hosts(self, *hosts: str) -> None:
        """Let the studio reach these, beside those that were allowed before."""
        await self.set("privacy.hosts", [*dict.fromkeys([*self.privacy.hosts, *hosts])])

    async def reset(self, key: str) -> None:
        group, name = _parts(key)
        await self.set(key, getattr(group.params(), name))

    def _group(self, params: type[P]) -> P:
        return next(value for value in self._values.values() if isinstance(value, params))

    def _read(self) -> None:
        kept = _kept(self._file)
        if kept is None:
            broken = self._file.with_suffix(".broken.json")
            self._file.replace(broken)
            self.problem = Text(
                f"The settings file could not be read; it was kept as {broken.name} and the defaults are in force.",
                f"设置文件无法读取，已另存为 {broken.name}，目前使用默认设置。",
            )
            kept = {}
        for group in GROUPS:
            self._values[group.name] = _tolerant(group, {**kept.get(group.name, {}), **_from_environment(group)})

    def _write(self) -> None:
        defaults = {group.name: group.params() for group in GROUPS}
        kept = {
            name: {key: value for key, value in params.model_dump().items() if value != getattr(defaults[name], key)}
            for name, params in self._values.items()
        }
        write_json(self._file, {name: values for name, values in kept.items() if values})


def _kept(file: Path) -> dict[str, Any] | None:
    """The file's content, empty when there is no file, None when it is broken."""
    if not file.exists():
        return {}
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _tolerant(group: Group, values: dict[str, Any]) -> Params:
    """The group with each kept value that still holds; one that no longer does falls back to its default."""
    good: dict[str, Any] = {}
    for name, value in values.items():
        try:
            check(group.params, {**good, name: value})
        except Invalid:
            continue
        good[name] = value
    return check(group.params, good)


def _from_environment(group: Group) -> dict[str, Any]:
    names = {f"ONE_DATA_{group.name}__{field.name}".upper(): field.name for field in fields_of(group.params)}
    return {name: os.environ[variable] for variable, name in names.items() if variable in os.environ}


def _parts(key: str) -> tuple[Group, str]:
    group_name, _, name = key.partition(".")
    for group in GROUPS:
        if group.name == group_name and name in group.params.model_fields:
            return group, name
    known = ", ".join(f"{group.name}.{name}" for group in GROUPS for name in group.params.model_fields)
    raise NotFound(Text(f"There is no setting “{key}”. Known: {known}.", f"没有名为“{key}”的设置，可用：{known}。"))
