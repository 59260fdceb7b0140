"""A bucket for the tests of steps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from studio.engine.connections.service import Connections
from studio.engine.egress import Egress
from studio.engine.objects.service import Objects
from studio.engine.secrets import Secrets


@pytest.fixture
async def bucket(rooms: SimpleNamespace) -> AsyncIterator[Objects]:
    """The objects room on the folder of the test."""
    objects = Objects(rooms.paths, Connections(rooms.catalog, rooms.events, Egress(), Secrets(rooms.paths.data)))
    await objects.start()
    yield objects
    await objects.close()
