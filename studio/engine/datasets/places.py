"""Addresses of data: a path, a table inside a file, s3://, a table on a database server, a file on the web."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from studio.engine.datasets.format import formats
from studio.engine.errors import BadParameter
from studio.engine.text import Text

SERVERS = {"mysql": "mysql", "mariadb": "mysql", "postgresql": "postgresql", "postgres": "postgresql"}
PORTS = {"mysql": 3306, "postgresql": 5432}


@dataclass(frozen=True)
class Place:
    """Where data lies. `kind` is a dataset's storage type: local, s3, web, mysql or postgresql.

    `address` is what the catalog keeps; it never holds a password. `base` is the address without the table inside a file.
    """

    kind: str
    address: str
    base: str
    table: str = ""
    password: str | None = None

    @property
    def name(self) -> str:
        """What a dataset from here is called when nobody says a name."""
        last = (
            self.table or Path(unquote(urlsplit(self.base).path) if self.kind == "web" else self.base.rstrip("/")).name
        )
        return last if self.table else last.split(".")[0] or "dataset"


def place_of(path: str | Path, check_s3: Callable[[str], object]) -> Place:
    """Read an address as a person writes or pastes it; `BadParameter` when it is none."""
    text = str(path).strip()
    if not text:
        raise BadParameter(Text("No path was given.", "未指定路径。"))
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if scheme in SERVERS:
        return _on_server(text, SERVERS[scheme])
    if scheme in ("http", "https"):
        base, table = _inside(text)
        return Place("web", text, base, table)
    if scheme and scheme != "file":
        check_s3(text)
        base, table = _inside(text)
        return Place("s3", text, base, table)
    if scheme:
        text = unquote(urlsplit(text).path) if "%" in text else text.removeprefix("file://")
    local = str(Path(text.strip("\"'") if _quoted(text) else text).expanduser().absolute())
    base, table = (local, "") if Path(local).exists() else _inside(local)
    return Place("local", local, base, table)


def _quoted(text: str) -> bool:
    """A path copied from a terminal or a file manager comes in quotes."""
    return len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"


def _inside(address: str) -> tuple[str, str]:
    """The file and the table in it: `book.xlsx#Sheet 1`. A # elsewhere is part of the name."""
    base, mark, table = address.rpartition("#")
    several = [each for each in formats if each.several_tables]
    if mark and table and any(each.matches(Path(base)) for each in several):
        return base, table
    return address, ""


def _on_server(text: str, kind: str) -> Place:
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS[kind]
    except ValueError as error:
        raise BadParameter(Text("This is not the address of a table.", "这不是数据表的地址。"), _how(kind)) from error
    names = [unquote(each) for each in parts.path.split("/") if each]
    if not parts.hostname or not parts.username or len(names) not in (1, 2):
        raise BadParameter(Text("This is not the address of a table.", "这不是数据表的地址。"), _how(kind))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    base = urlunsplit(
        (kind, f"{parts.username}@{host}:{port}", f"/{'/'.join(parts.path.strip('/').split('/')[:1])}", "", "")
    )
    table = names[1] if len(names) == 2 else ""
    address = f"{base}/{parts.path.strip('/').split('/')[1]}" if table else base
    password = unquote(parts.password) if parts.password is not None else None
    return Place(kind, address, base, table, password)


def _how(kind: str) -> Text:
    example = f"{kind}://user@host:{PORTS[kind]}/database/table"
    return Text(f"Write it as {example}.", f"请写成 {example}。")
