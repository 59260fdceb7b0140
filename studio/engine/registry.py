"""Plug-ins: one file in a room's folder, or an entry point of another package. One that fails is shown, the rest starts."""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Generic, TypeVar

from studio.engine.errors import NotFound
from studio.engine.text import Text, listed

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plug-in that could not be imported, for Settings › Plug-ins."""

    kind: str
    name: str
    reason: str


@dataclass
class Registry(Generic[T]):
    """The plug-ins of one kind, by name, in the order of their file names.

    `package` is where their files are, `matches` tells a plug-in among a module's public names, and `name_of` names it.
    Other packages add theirs with an entry point in the group `one_data_studio.<kind>`.
    """

    kind: str
    package: str
    matches: Callable[[object], bool]
    name_of: Callable[[T], str]
    failures: list[PluginFailure] = field(default_factory=list)
    _found: dict[str, T] | None = None

    def all(self) -> dict[str, T]:
        """Every plug-in, loaded at the first call."""
        if self._found is None:
            self._found = {self.name_of(plugin): plugin for plugin in self._load()}
        return self._found

    def get(self, name: str) -> T:
        """The plug-in of that name, or `NotFound` with the names there are.

        One in a file of its own name is there without the others, which take longer: at the start only one store is wanted.
        """
        try:
            return self._in_own_file(name) or self.all()[name]
        except KeyError:
            known = listed(sorted(self.all()))
            raise NotFound(
                Text(
                    f"There is no {self.kind} named “{name}”. Known: {known.en}.",
                    f"没有名为“{name}”的 {self.kind}，可用：{known.zh}。",
                )
            ) from None

    def __iter__(self) -> Iterator[T]:
        return iter(self.all().values())

    def _in_own_file(self, name: str) -> T | None:
        if self._found is not None or not name.isidentifier():
            return None
        try:
            module = importlib.import_module(f"{self.package}.{name}")
        except Exception:  # `all` tells why
            return None
        return next((plugin for plugin in self._of(module) if self.name_of(plugin) == name), None)

    def _load(self) -> Iterator[T]:
        package = importlib.import_module(self.package)
        names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
        for name in names:
            yield from self._plugins_of(name, lambda name=name: importlib.import_module(f"{self.package}.{name}"))  # type: ignore[misc]
        for point in importlib.metadata.entry_points(group=f"one_data_studio.{self.kind}"):
            yield from self._plugins_of(point.name, point.load)

    def _plugins_of(self, name: str, load: Callable[[], object]) -> Iterator[T]:
        try:
            loaded = load()
        except Exception as error:
            log.warning("the %s plug-in %s failed", self.kind, name, exc_info=True)
            self.failures.append(PluginFailure(self.kind, name, f"{type(error).__name__}: {error}"))
            return
        if not isinstance(loaded, ModuleType):
            yield loaded  # type: ignore[misc]
            return
        yield from self._of(loaded)

    def _of(self, module: ModuleType) -> Iterator[T]:
        for value in vars(module).values():
            if self.matches(value) and getattr(value, "__module__", module.__name__) == module.__name__:
                yield value
