"""A connection, what hangs below it, and how it is with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from studio.engine.errors import Unavailable
from studio.engine.events import Event
from studio.engine.text import Text

State = Literal["unknown", "reachable", "unreachable", "sign_in"]


class Connection(BaseModel):
    """A named bucket store or database server. `settings` hold no secret; `reason` says what is wrong and what to do."""

    id: str
    name: str
    kind: str
    settings: dict[str, Any]
    created_at: float
    state: State = "unknown"
    reason: Text | None = None
    checked_at: float | None = None


class Branch(BaseModel):
    """One thing below a connection: a bucket, a folder, a file, a database, a schema, a table.

    `path` leads to it from the connection. `address` registers it as a dataset, where that is possible; `leaf` says that
    nothing is below it. `count` is of rows, files or tables, and `about` says that it is an estimate.
    """

    name: str
    kind: Literal["bucket", "folder", "file", "database", "schema", "table", "more"]
    path: tuple[str, ...]
    address: str = ""
    leaf: bool = False
    count: int | None = None
    about: bool = False
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ConnectionsChanged(Event):
    """A connection was added, changed, removed or looked at."""

    connection_id: str


class SignIn(Unavailable):
    """The other side wants a password, or refused the one it was given."""


def sign_in(place: str, reason: str = "") -> SignIn:
    """The error for a server that lets nobody in without the right name and password."""
    words = f": {reason.rstrip('.')}" if reason else ""
    error = SignIn(
        Text(f"{place} wants a name and password{words}.", f"{place} 需要用户名和密码{words.replace(': ', '：')}。"),
        Text("Choose “Sign in” at the connection and enter them.", "请在该连接处选择“登录”并输入。"),
    )
    return error.fixed_by("connection", place)
