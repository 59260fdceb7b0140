"""The file that names MCP servers, in the form that other programs use too. A person edits it, here or by hand.

    {"mcpServers": {"files": {"command": "npx", "args": ["server-files", "/data"], "allow": ["read_file"]},
                    "search": {"url": "https://mcp.example.org/mcp", "headers": {"Authorization": "Bearer ${secret:search/key}"}}}}

`allow` are the tools that may be called without asking a person ("*" for all). What stands in `${secret:…}` is kept with the
studio's secrets, not in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studio.engine.errors import BadParameter, Conflict, Invalid, NotFound, StudioError
from studio.engine.files import reason, write_json
from studio.engine.params import in_words
from studio.engine.secrets import Secrets
from studio.engine.text import Text
from studio.engine.workflows.mcp_entry import NOWHERE, McpServer

SECRET = re.compile(r"\$\{secret:([^}]+)\}")
NO_OBJECT = Text("it is no object", "它不是对象")
EXAMPLE = '{"mcpServers": {"NAME": {"command": "…", "args": []}}}'


@dataclass(frozen=True)
class Listed:
    """One entry of the file as it was understood, or why it was not."""

    name: str
    server: McpServer | None
    problem: StudioError | None = None


class McpFile:
    """Read anew each time: it is small. All of this blocks."""

    def __init__(self, path: Path, secrets: Secrets | None = None) -> None:
        self.path = path
        self._secrets = secrets

    def listed(self) -> list[Listed]:
        """All entries in their order; none where there is no file. `Invalid` says what is wrong with the file as a whole."""
        return [self._listed(name, entry) for name, entry in self._entries().items()]

    def get(self, name: str) -> McpServer:
        """`NotFound` says where a server is named, and how; `Invalid` what is wrong with its entry."""
        known = self._entries()
        if name not in known:
            there = ", ".join(known) or "–"
            raise NotFound(
                Text(f"There is no MCP server “{name}”. Known: {there}.", f"没有 MCP 服务“{name}”，现有：{there}。"),
                Text(
                    f"Add it under Settings › Tool servers, or in {self.path}: {EXAMPLE}",
                    f"请在“设置 › 工具服务”或 {self.path} 中添加：{EXAMPLE}",
                ),
            ).fixed_by("edit", "server")
        listed = self._listed(name, known[name])
        if listed.server is None:
            assert listed.problem is not None
            raise listed.problem
        return listed.server

    def whole(self, name: str) -> McpServer:
        """One with its secrets in place, to be spoken to. `NotFound` names a secret that is not kept here."""
        server = self.get(name)
        filled = {
            field: {key: SECRET.sub(lambda found: self._secret(found[1], name), value) for key, value in held.items()}
            for field, held in (("env", server.env), ("headers", server.headers))
        }
        return server.model_copy(update=filled)

    def save(self, server: McpServer, before: str = "", secrets: Mapping[str, str] | None = None) -> None:
        """Write an entry in the place of the one named `before`, or as a new one. What other programs keep in the file stays.

        `secrets` are kept by the names that the entry gives them. Raises `Conflict` for a name that is taken.
        """
        entries = self._entries()
        if server.name != before and server.name in entries:
            raise Conflict(
                Text(f"There is an MCP server “{server.name}” already.", f"已有名为“{server.name}”的 MCP 服务。"),
                Text("Give it another name.", "请换一个名称。"),
            )
        kept = entries.get(before, {})
        foreign = {key: value for key, value in kept.items() if key not in McpServer.model_fields}
        entry = {**foreign, **server.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)}
        self._keep(secrets or {})
        if before in entries:
            pairs = [(server.name, entry) if name == before else (name, held) for name, held in entries.items()]
        else:
            pairs = [*entries.items(), (server.name, entry)]
        self._write(dict(pairs), kept)

    def remove(self, name: str) -> None:
        """Take an entry out, with the secrets that no other one has."""
        entries = self._entries()
        if name in entries:
            self._write({key: entry for key, entry in entries.items() if key != name}, entries[name])

    def _entries(self) -> dict[str, Any]:
        said = self._content().get("mcpServers", {})
        if not isinstance(said, dict):
            raise self._unreadable(Text("“mcpServers” is no object", "“mcpServers”不是对象"))
        return said

    def _content(self) -> dict[str, Any]:
        try:
            said = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._unreadable(_why(error)) from error
        if not isinstance(said, dict):
            raise self._unreadable(NO_OBJECT)
        return said

    def _unreadable(self, why: Text) -> Invalid:
        return Invalid(
            Text(f"{self.path} cannot be read: {why.en}.", f"无法读取 {self.path}：{why.zh}。"),
            Text("Mend the file, then try again.", "请修正该文件后重试。"),
        )

    def _listed(self, name: str, entry: Any) -> Listed:
        try:
            return Listed(name, McpServer.model_validate({**entry, "name": name}))
        except ValidationError as error:
            why = _misfit(error)
        except TypeError:
            why = NO_OBJECT
        return Listed(name, None, self._unreadable(Text(f"{name}: {why.en}", f"{name}：{why.zh}")))

    def _write(self, entries: dict[str, Any], before: Any) -> None:
        target = self.path.resolve()  # a link stays one
        write_json(target, {**self._content(), "mcpServers": entries})
        for gone in _secrets_in(before) - _secrets_in(entries):
            if self._secrets is not None:
                self._secrets.delete(_kept_as(gone))

    def _keep(self, secrets: Mapping[str, str]) -> None:
        if secrets and self._secrets is None:
            raise BadParameter(Text("No secrets can be kept here.", "此处无法保存密钥。"))
        for name, value in secrets.items():
            assert self._secrets is not None
            self._secrets.set(_kept_as(name), value)

    def _secret(self, name: str, server: str) -> str:
        found = self._secrets.get(_kept_as(name)) if self._secrets is not None else None
        if found is None:
            raise NotFound(
                Text(
                    f"The secret “{name}” of the MCP server “{server}” is not kept on this computer.",
                    f"本机没有保存 MCP 服务“{server}”的密钥“{name}”。",
                ),
                Text("Enter it under Settings › Tool servers.", "请在“设置 › 工具服务”中填写。"),
            )
        return found


def _why(error: OSError | ValueError) -> Text:
    """Why there is no JSON in a file, or no file."""
    if isinstance(error, OSError):
        return reason(error)
    if isinstance(error, json.JSONDecodeError):
        line, column = error.lineno, error.colno
        return Text(
            f"line {line}, column {column} is no JSON ({error.msg})", f"第 {line} 行第 {column} 列不是有效的 JSON"
        )
    return Text("it is no text in UTF-8", "它不是 UTF-8 文本")


def _misfit(error: ValidationError) -> Text:
    """The first thing that is wrong with an entry, and where."""
    first = error.errors()[0]
    if first["type"] == NOWHERE:
        return Text("it has neither a command nor a url", "既没有 command，也没有 url")
    where, words = ".".join(map(str, first["loc"])), in_words(first)
    return Text(f"{where}: {words.en.rstrip('.')}", f"{where}：{words.zh.rstrip('。')}")


def _kept_as(secret: str) -> str:
    return f"mcp/{secret}"


def _secrets_in(entries: Any) -> set[str]:
    return set(SECRET.findall(json.dumps(entries, ensure_ascii=False)))
