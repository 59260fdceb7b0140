"""PostgreSQL."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote, unquote

from studio.engine.connections.connection import Branch
from studio.engine.connections.database import DatabaseKind
from studio.engine.connections.kind import Values
from studio.engine.params import Params, SecretText, param
from studio.engine.text import Text


class PostgreSqlParams(Params):
    host: str = param("localhost", Text("Host", "主机"), min_length=1)
    port: int = param(5432, Text("Port", "端口"), ge=1, le=65_535)
    user: str = param(..., Text("User", "用户名"), min_length=1)
    password: SecretText = param("", Text("Password", "密码"))
    database: str = param(
        "postgres",
        Text("Database to sign in to", "登录数据库"),
        help=Text("The others are listed from there.", "从该库列出其他数据库。"),
        advanced=True,
    )


class PostgreSql(DatabaseKind):
    name: ClassVar[str] = "postgresql"
    title: ClassVar[Text] = Text.same("PostgreSQL")
    icon: ClassVar[str] = "database"
    params: ClassVar[type[Params]] = PostgreSqlParams
    scanner: ClassVar[str] = "postgres_scanner"
    type: ClassVar[str] = "postgres"
    text: ClassVar[str] = "text"
    home: ClassVar[str] = "postgres"

    def branches(self, values: Values, path: tuple[str, ...]) -> list[Branch]:
        server = self.server(values, path[0] if path else "")
        with self.attached(server) as database:
            if not path:
                rows = self.ask(database, _DATABASES)
                return [Branch(name=name, kind="database", path=(name,)) for (name,) in rows]
            if len(path) == 1:
                rows = self.ask(database, _SCHEMAS)
                return [Branch(name=name, kind="schema", path=(*path, name), count=count) for name, count in rows]
            rows = self.ask(database, _TABLES.format(schema=self.literal(path[1]), more=""))
        named = "" if path[1] == "public" else quote(path[1], safe="").replace(".", "%2E") + "."
        return self.tables(rows, values, path[:2], named)

    def relation(self, database: str, segment: str) -> tuple[str, str]:
        schema, dot, table = segment.partition(".")
        return (unquote(schema), unquote(table)) if dot else ("public", unquote(segment))

    def estimate(self, database: Any, schema: str, table: str) -> tuple[int | None, int | None]:
        sql = _TABLES.format(schema=self.literal(schema), more=f"AND c.relname = {self.literal(table)}")
        rows = self.ask(database, sql)
        known = bool(rows) and rows[0][1] is not None and rows[0][1] >= 0
        return (rows[0][1] if known else None, rows[0][2]) if rows else (None, None)

    def quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def literal(self, value: str) -> str:
        return "'" + value.replace("'", "''") + "'"


_DATABASES = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname"
_KINDS = "c.relkind IN ('r', 'p', 'v', 'm', 'f')"
_SCHEMAS = f"""
SELECT n.nspname, count(c.oid) FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND {_KINDS}
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' GROUP BY n.nspname ORDER BY n.nspname
"""
_TABLES = (
    "SELECT c.relname, CASE WHEN c.relkind IN ('v', 'f') THEN NULL ELSE c.reltuples::bigint END, "
    "CASE WHEN c.relkind IN ('v', 'f') THEN NULL ELSE pg_total_relation_size(c.oid) END "
    f"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_KINDS} AND n.nspname = {{schema}} {{more}} "
    "ORDER BY c.relname"
)


KIND = PostgreSql()
