"""One operation of a web service, and the request that it is with arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode

from studio.engine.errors import BadParameter
from studio.engine.text import Text

FORM = "application/x-www-form-urlencoded"
IN_COOKIES = (
    "!#$&'()*+-./:<=>?@[]^_`{|}~"  # what RFC 6265 lets stand in a value, but the sign that marks what it does not
)

Kind = Literal["path", "query", "list", "header", "cookie", "body", "field", "part", "file"]


@dataclass(frozen=True)
class Argument:
    """Where one argument goes, and its name there: a "list" is one query parameter with commas, a "field" is of a form, a "part" and
    a "file" of a multipart body."""

    place: Kind
    name: str


class Asked(NamedTuple):
    """A request to a service. `parts` make a multipart body, once the files that they name are read."""

    path: str
    headers: dict[str, str]
    body: str
    parts: list[tuple[Argument, Any]]


@dataclass(frozen=True)
class Operation:
    """One operation. `parameters` is the JSON schema of its arguments; `problem` says why it cannot be called, where that is so."""

    name: str
    method: str
    path: str
    about: str
    parameters: dict[str, Any] = field(default_factory=dict)
    arguments: dict[str, Argument] = field(default_factory=dict)
    problem: Text | None = None

    @property
    def changes(self) -> bool:
        """Whether it may change something there."""
        return self.method != "GET"

    def request(self, given: Mapping[str, Any]) -> Asked:
        """The path with its query, the headers and the body that these arguments make. `BadParameter` for a path without its parts."""
        there = [(argument, given[name]) for name, argument in self.arguments.items() if given.get(name) is not None]

        def of(*places: Kind) -> list[tuple[str, Any]]:
            return [(argument.name, value) for argument, value in there if argument.place in places]

        path = self.path
        for name, value in of("path"):
            path = path.replace(f"{{{name}}}", quote(words(value), safe=""))
        self._check_path(path)
        query = _pairs(of("query")) + [(name, ",".join(map(words, _items(value)))) for name, value in of("list")]
        headers = {name: words(value) for name, value in of("header")}
        if cookies := of("cookie"):
            headers["Cookie"] = "; ".join(f"{name}={quote(words(value), safe=IN_COOKIES)}" for name, value in cookies)
        body = "".join(json.dumps(value, ensure_ascii=False) for _, value in of("body"))
        if fields := of("field"):
            headers["Content-Type"], body = FORM, urlencode(_pairs(fields))
        parts = [(argument, value) for argument, value in there if argument.place in ("part", "file")]
        return Asked(path + (f"?{urlencode(query)}" if query else ""), headers, body, parts)

    def _check_path(self, path: str) -> None:
        if (left := re.search(r"{([^}]+)}", path)) or {".", ".."} & set(path.split("/")):
            wrong = left[1] if left else path
            raise BadParameter(
                Text(
                    f"“{self.name}” cannot be asked without a right “{wrong}”.",
                    f"调用“{self.name}”缺少有效的“{wrong}”。",
                )
            )


def words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _pairs(named: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(name, words(one)) for name, value in named for one in _items(value)]
