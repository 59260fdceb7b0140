"""The contract of a kind of connection, and the kinds there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from studio.engine.connections.connection import Branch
from studio.engine.params import Params, fields_of
from studio.engine.registry import Registry
from studio.engine.text import Text

Values = Mapping[str, Any]


class ConnectionKind(ABC):
    """What one kind of place needs to be reached, and how one looks around in it.

    `values` are the declared parameters, secrets included. `branches` blocks: the service calls it on a worker thread. It
    raises `SignIn` for a password that is missing or wrong, and `Unavailable` where nobody answers; no error ever holds a secret.
    """

    name: ClassVar[str]
    title: ClassVar[Text]
    icon: ClassVar[str]
    params: ClassVar[type[Params]]

    @abstractmethod
    def address(self, values: Values) -> tuple[str, int]:
        """Host and port, for the judge of connections."""

    @abstractmethod
    def url(self, values: Values) -> str:
        """The place in one line, without a secret, to show and to compare."""

    @abstractmethod
    def branches(self, values: Values, path: tuple[str, ...]) -> list[Branch]:
        """What is below a path; `()` is the connection itself."""

    @classmethod
    def secret_names(cls) -> list[str]:
        return [field.name for field in fields_of(cls.params) if field.language == "secret"]


kinds: Registry[ConnectionKind] = Registry(
    "connection kind",
    "studio.engine.connections.kinds",
    lambda value: isinstance(value, ConnectionKind),
    lambda kind: kind.name,
)
