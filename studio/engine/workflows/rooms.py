"""What the workflows room is given by the composition root."""

from __future__ import annotations

from typing import Any, Protocol

from studio.engine.catalog import Catalog
from studio.engine.events import Events
from studio.engine.paths import Paths


class Rooms(Protocol):
    """The parts of an engine that workflows use; `Engine` is one, a test's namespace is another."""

    catalog: Catalog
    events: Events
    paths: Paths
    models: Any
    knowledge: Any
    datasets: Any
    sql: Any
