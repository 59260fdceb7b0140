"""The models room over a data folder of its own, with a tiny random model in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.egress import Egress
from studio.engine.events import Events
from studio.engine.models.backend import Surroundings
from studio.engine.models.model import ModelChanged
from studio.engine.models.service import Models
from studio.engine.paths import Paths
from studio.engine.secrets import Secrets
from studio.engine.settings import Settings
from tests.catalogs import catalog_at
from tests.models.tiny_gguf import make_tiny_gguf


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory) -> Path:
    return make_tiny_gguf(tmp_path_factory.mktemp("models") / "Tiny-Random-F32.gguf")


@pytest.fixture
def paths(tmp_path, monkeypatch) -> Paths:
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    return Paths.under(tmp_path / "studio").make()


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def settings(paths, events) -> Settings:
    return Settings(paths.config / "settings.json", events)


@pytest.fixture
def surroundings(paths, settings) -> Surroundings:
    return Surroundings(paths, lambda: settings.models, Secrets(paths.data), Egress())


@pytest.fixture
async def make_models(paths, events, settings):
    """Opens the room; a second call opens it as the next start of the program would."""
    opened = []

    async def make() -> Models:
        catalog = catalog_at(paths.catalog)
        await catalog.start()
        models = Models(catalog, events, paths, settings, Secrets(paths.data), Egress())
        await models.start()
        opened.append((models, catalog))
        return models

    yield make
    for models, catalog in opened:
        await models.close()
        await catalog.close()


@pytest.fixture
async def models(make_models) -> Models:
    return await make_models()


@pytest.fixture
def states(events) -> list[tuple[str, str]]:
    """Every (model id, state) that was told."""
    told: list[tuple[str, str]] = []
    events.subscribe(ModelChanged, lambda event: told.append((event.model_id, event.state)))
    return told
