"""MySQL and MariaDB."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import unquote

from studio.engine.connections.connection import Branch
from studio.engine.connections.database import DatabaseKind
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
    text: ClassVar[str] = "CHAR"
    settings: ClassVar[dict[str, str]] = {
        "mysql_tinyint1_as_boolean": "false",  # such a column may hold 2
        "mysql_query_timeout_enabled": "false",  # whoever waits says when it is enough
        "mysql_sql_buffer_result": "false",  # rows stream; the server makes no copy of the table first
    }

    def branches(self, values: Values, path: tuple[str, ...]) -> list[Branch]:
        with self.attached(self.server(values)) as database:
            if path:
                rows = self.ask(database, _TABLES.format(database=self.literal(path[0])))
                return self.tables(rows, values, path[:1])
            found = self.ask(database, _DATABASES)
        return [Branch(name=name, kind="database", path=(name,), count=count) for name, count in found]

    def relation(self, database: str, segment: str) -> tuple[str, str]:
        return database, unquote(segment)

    def estimate(self, database: Any, schema: str, table: str) -> tuple[int | None, int | None]:
        sql = _TABLES.format(database=self.literal(schema)).replace(
            "ORDER BY table_name", f"AND table_name = {self.literal(table)}"
        )
        rows = self.ask(database, sql)
        return (rows[0][1], rows[0][2]) if rows else (None, None)

    def quoted(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"

    def literal(self, value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"  # backslashes mean something there


_DATABASES = f"""
SELECT s.schema_name, count(t.table_name) FROM information_schema.schemata s
LEFT JOIN information_schema.tables t ON t.table_schema = s.schema_name
WHERE s.schema_name NOT IN {OWN} GROUP BY s.schema_name ORDER BY s.schema_name
"""
_TABLES = """
SELECT table_name, cast(table_rows AS signed), cast(data_length + index_length AS signed) FROM information_schema.tables
WHERE table_schema = {database} ORDER BY table_name
"""


KIND = MySql()
