"""The views of the window, one file each. A file that cannot be imported is reported and the rest goes on."""

from __future__ import annotations

import contextlib
import importlib
import logging
import pkgutil
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from studio.engine.registry import PluginFailure
from studio.engine.text import Text
from studio.ui.views.view import View

log = logging.getLogger(__name__)
SHARED = ("studio.ui.widgets", "studio.ui.canvas", "studio.ui.canvas.gestures")  # what most views stand on
# The places of the rail, Ctrl+1 to Ctrl+8, drawn before the views themselves are imported: they need the engine's modules.
RAIL: dict[str, tuple[Text, str]] = {
    "home": (Text("Home", "首页"), "house"),
    "data": (Text("Data", "数据"), "database"),
    "knowledge": (Text("Knowledge", "知识库"), "library"),
    "models": (Text("Models", "模型"), "box"),
    "workflows": (Text("Workflows", "工作流"), "workflow"),
    "chat": (Text("Chat", "对话"), "messages-square"),
    "runs": (Text("Runs", "运行"), "history"),
    "clusters": (Text("Clusters", "集群"), "server"),
    "settings": (Text("Settings", "设置"), "settings"),
}


def importing(names: Sequence[str] = ()) -> Iterator[None]:
    """Import what these views are made of, or all of them, a module at each step.

    On the window's thread: classes of Qt that another thread makes while the window lives can end the process.
    """
    wanted = names or [module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg]
    shared = () if names else SHARED
    for package in (*shared, *(f"{__name__}.{name}_parts" for name in wanted)):
        for module in _modules_in(package):
            _import(f"{package}.{module}")
            yield
    for name in wanted:
        _import(f"{__name__}.{name}")
        yield


def _modules_in(package: str) -> list[str]:
    folder = Path(__path__[0]).parents[1].joinpath(*package.split(".")[1:])
    return sorted(module.name for module in pkgutil.iter_modules([str(folder)]) if not module.ispkg)


def _import(name: str) -> None:
    with contextlib.suppress(Exception):  # told by `find_views`
        importlib.import_module(name)


def find_view(name: str) -> type[View] | None:
    """One view without the others, which take longer to import; None where only a look at all of them helps."""
    try:
        return next((view for view in _views_of(f"{__name__}.{name}") if view.name == name), None)
    except Exception:  # told by `find_views`
        return None


def find_views() -> tuple[list[type[View]], list[PluginFailure]]:
    """Every view in the order of the rail, and what could not be imported."""
    views: list[type[View]] = []
    failures: list[PluginFailure] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        if module.ispkg or module.name in ("view",):
            continue
        try:
            views += _views_of(f"{__name__}.{module.name}")
        except Exception as error:
            log.exception("the view %s failed", module.name)
            reason = f"{type(error).__name__}: {error}\n{traceback.format_exc(limit=-3)}"
            failures.append(PluginFailure("view", module.name, reason))
    return sorted(views, key=_place), failures


def _place(view: type[View]) -> tuple[int, int, str]:
    known = list(RAIL)
    return known.index(view.name) if view.name in known else len(known), view.order, view.name


def _views_of(name: str) -> list[type[View]]:
    module = importlib.import_module(name)
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, View) and value.name and value.__module__ == name
    ]
