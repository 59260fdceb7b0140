"""The views of the window, one file each. A file that cannot be imported is reported and the rest goes on."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import traceback

from studio.engine.registry import PluginFailure
from studio.ui.views.view import View

log = logging.getLogger(__name__)
RAIL = ("home", "data", "knowledge", "models", "workflows", "chat", "runs", "clusters")  # Ctrl+1 to Ctrl+8


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
    return RAIL.index(view.name) if view.name in RAIL else len(RAIL), view.order, view.name


def _views_of(name: str) -> list[type[View]]:
    module = importlib.import_module(name)
    return [
        value for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, View) and value.name and value.__module__ == name
    ]
