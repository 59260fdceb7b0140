"""MySQL and MariaDB."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import unquote

from studio.engine.connections.connection import Branch
from studio.engine.connections.database import DatabaseKind, Server
from studio.engine.connections.kind import Values
from studio.engine.params import Params, SecretText, param
from studio.engine.text import Text

OWN = "('mysql', 'information_schema', 'performance_schema', 'sys')"  # databases of the server itself


class MySqlParams(Params):
    host: str = param("localhost", Text("Host", "主机"), min_length=1)
    port: int = param(3306, Text("Port", "端口"), ge=1, le=65_535)
    user: str = param(..., Text("User", "用户名"), min_length=1)
    password: SecretText = param("", Text("Password", "密码"))


class MySql(DatabaseKind):
    name: ClassVar[str] = "mysql"
    title: ClassVar[Text] = Text("MySQL or MariaDB", "MySQL 或 MariaDB")
    icon: ClassVar[str] = "database"
    params: ClassVar[type[Params]] = MySqlParams
    scanner: ClassVar[str] = "mysql_scanner"
    type: ClassVar[str] = "mysql"
    settings: ClassVar[dict[str, str]] = {
        "mysql_tinyint1_as_boolean": "false",  # such a column may hold 2
        "mysql_query_timeout_enabled": "false",  # whoever waits says when it is enough
        "mysql_sql_buffer_result": "false",  # rows stream; the server makes no copy of the table first
    }

    def branches(self, values: Values, path: tuple[str, ...]) -> list[Branch]:
        with self.attached(self.server(values)) as database:
            if path:
                rows = self.ask(database, _TABLES.format(database=_literal(path[0])))
                return self.tables(rows, values, path[:1])
            found = self.ask(database, _DATABASES)
        return [Branch(name=name, kind="database", path=(name,), count=count) for name, count in found]

    def relation(self, table: str) -> tuple[str, ...]:
        return (unquote(table),)

    def estimate(self, database: Any, server: Server, table: str) -> tuple[int | None, int | None]:
        sql = f"{_TABLES.format(database=_literal(server.database))} AND table_name = {_literal(unquote(table))}"
        rows = self.ask(database, sql.replace("ORDER BY table_name", ""))
        return (rows[0][1], rows[0][2]) if rows else (None, None)


_DATABASES = f"""
SELECT s.schema_name, count(t.table_name) FROM information_schema.schemata s
LEFT JOIN information_schema.tables t ON t.table_schema = s.schema_name
WHERE s.schema_name NOT IN {OWN} GROUP BY s.schema_name ORDER BY s.schema_name
"""
_TABLES = """
SELECT table_name, cast(table_rows AS signed), cast(data_length + index_length AS signed) FROM information_schema.tables
WHERE table_schema = {database} ORDER BY table_name
"""


def _literal(value: str) -> str:
    """A text for MySQL, where backslashes mean something."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


KIND = MySql()
