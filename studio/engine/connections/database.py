"""Database servers through DuckDB's scanners: attached to a connection of our own, for reading only."""

from __future__ import annotations

import socket
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote

from studio.engine.connections.connection import Branch, sign_in
from studio.engine.connections.kind import ConnectionKind, Values
from studio.engine.errors import StudioError, Unavailable
from studio.engine.extensions import load
from studio.engine.text import Text

PATIENCE = 5.0  # seconds that a server has to answer
ATTACHED = "server"  # the name of the attached server in SQL
CONFIG = {"threads": 2, "memory_limit": "1GB", "autoinstall_known_extensions": "false",
          "autoload_known_extensions": "false", "python_enable_replacements": "false",
          "allow_persistent_secrets": "false"}  # fmt: skip
REFUSED = (
    "access denied",
    "password authentication failed",
    "no password supplied",
    "authentication failed",
    "does not exist (role)",
)


@dataclass(frozen=True)
class Server:
    """Where a database server is and who comes. Its text never holds the password."""

    kind: str
    host: str
    port: int
    user: str
    password: str = field(default="", repr=False)
    database: str = ""

    @property
    def place(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


class DatabaseKind(ConnectionKind):
    """What MySQL and PostgreSQL have in common. The tree shows databases, schemas where there are, tables."""

    scanner: ClassVar[str]
    type: ClassVar[str]  # of ATTACH and CREATE SECRET
    settings: ClassVar[dict[str, str]] = {}
    text: ClassVar[str]  # the server's type for text of any length
    home: ClassVar[str] = ""  # the database to be in when nobody says one

    def address(self, values: Values) -> tuple[str, int]:
        return str(values["host"]).strip().lower(), int(values["port"])

    def url(self, values: Values) -> str:
        host, port = self.address(values)
        shown = f"[{host}]" if ":" in host else host
        return f"{self.name}://{quote(str(values['user']), safe='')}@{shown}:{port}"

    def server(self, values: Values, database: str = "") -> Server:
        host, port = self.address(values)
        return Server(
            self.name, host, port, str(values["user"]), str(values.get("password") or ""),
            database or str(values.get("database") or "") or self.home,
        )  # fmt: skip

    @abstractmethod
    def relation(self, database: str, segment: str) -> tuple[str, str]:
        """Schema and table, as the attached server names them, of the last part of an address."""

    @abstractmethod
    def estimate(self, database: Any, schema: str, table: str) -> tuple[int | None, int | None]:
        """Rows and bytes that the server believes a table has; None where it does not know."""

    @abstractmethod
    def quoted(self, name: str) -> str:
        """An identifier in the server's own SQL."""

    @abstractmethod
    def literal(self, value: str) -> str:
        """A text in the server's own SQL."""

    def rounded(self, database: Any, schema: str, table: str) -> list[str]:
        """Columns with more digits than DuckDB's decimals hold."""
        sql = (
            "SELECT column_name FROM information_schema.columns WHERE data_type IN ('numeric', 'decimal') "
            "AND (numeric_precision IS NULL OR numeric_precision > 38) "
            f"AND table_schema = {self.literal(schema)} AND table_name = {self.literal(table)}"
        )
        return [str(name) for (name,) in self.ask(database, sql)]

    def as_text(self, schema: str, table: str, columns: Sequence[str], texts: set[str]) -> str:
        """A relation that brings some columns as text, digit by digit, and the others as they are."""
        chosen = ", ".join(
            f"CAST({self.quoted(name)} AS {self.text}) AS {self.quoted(name)}" if name in texts else self.quoted(name)
            for name in columns
        )
        sql = f"SELECT {chosen} FROM {self.quoted(schema)}.{self.quoted(table)}"
        return f"{self.type}_query({_text(ATTACHED)}, {_text(sql)})"

    @contextmanager
    def attached(self, server: Server) -> Iterator[Any]:
        """A DuckDB connection that sees the server as `server`, read only. Errors in it come out as ours."""
        import duckdb

        _knock(server)
        with duckdb.connect(":memory:", config=CONFIG) as database:
            load(database, self.scanner)
            try:
                for name, value in self.settings.items():
                    database.execute(f"SET {name}={value}")
                database.execute(
                    f"CREATE SECRET one (TYPE {self.type}, HOST {_text(server.host)}, PORT {server.port}, "
                    f"USER {_text(server.user)}, PASSWORD {_text(server.password)}, DATABASE {_text(server.database)})"
                )
                database.execute(f"ATTACH '' AS {ATTACHED} (TYPE {self.type}, SECRET one, READ_ONLY)")
                yield database
            except duckdb.InterruptException:
                raise
            except duckdb.Error as error:
                raise problem_of(
                    server, str(error)
                ) from None  # what is under it may hold the statement with the password

    def ask(self, database: Any, sql: str) -> list[tuple[Any, ...]]:
        """Run a query of ours on the server itself."""
        rows: list[tuple[Any, ...]] = database.execute(
            f"SELECT * FROM {self.type}_query({_text(ATTACHED)}, {_text(sql)})"
        ).fetchall()
        return rows

    def tables(
        self, rows: list[tuple[Any, ...]], values: Values, path: tuple[str, ...], named: str = ""
    ) -> list[Branch]:
        """Branches for rows of (table, estimated rows, bytes)."""
        root = f"{self.url(values)}/{quote(path[0], safe='')}"
        return [
            Branch(
                name=str(name), kind="table", path=(*path, str(name)), leaf=True, count=_known(count), about=count is not None,
                size_bytes=_known(size), address=f"{root}/{named}{_segment(str(name))}",
            )
            for name, count, size in rows
        ]  # fmt: skip


def _knock(server: Server) -> None:
    """See that somebody listens. The scanners would wait minutes for a host that is silent."""
    try:
        socket.create_connection((server.host, server.port), PATIENCE).close()
    except OSError as error:
        raise problem_of(server, error.strerror or str(error)) from error


def problem_of(server: Server, reason: str) -> StudioError:
    """What a scanner says, as an error of ours without the password."""
    words = " ".join(reason.replace(server.password, "•••").split()) if server.password else " ".join(reason.split())
    words = (
        words.rpartition('with parameters "": ')[2]
        .rpartition('Postgres at "": ')[2]
        .removesuffix("Attempted host: " + server.host)
    )
    words = words.strip().rstrip(".")
    if any(each in words.lower() for each in REFUSED):
        return sign_in(server.place, words.rpartition("FATAL: ")[2].strip())
    if "Catalog Error" in words or "Unknown database" in words or 'database "' in words:
        return Unavailable(
            Text(
                f"What was asked for is not on {server.place}: {words}.",
                f"{server.place} 上没有所请求的内容：{words}。",
            ),
            Text("Choose another table, or refresh when it is back.", "请选择其他表，或在恢复后刷新。"),
        )
    return Unavailable(
        Text(
            f"The database server {server.place} cannot be reached: {words}.",
            f"无法访问数据库服务器 {server.place}：{words}。",
        ),
        Text("Check that it runs and the network, then refresh.", "请确认服务器正在运行且网络正常，然后刷新。"),
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _known(value: Any) -> int | None:
    return None if value is None or int(value) < 0 else int(value)


def _segment(name: str) -> str:
    """A name as one part of an address; its dots are no separators."""
    return quote(name, safe="").replace(".", "%2E")
