"""A studio that serves a tiny random model, for whoever asks the OpenAI-shaped routes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.chat.conftest import workshop
from tests.conftest import Running, serve, stop
from tests.models.tiny_gguf import make_tiny_gguf

__all__ = ["workshop"]  # a real engine whose chat speaks with a model that does as it is told


@pytest.fixture(scope="session")
def tiny_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serves “Tiny-Random” on loopback, in a process of its own; `qwen` and `default` lead to it too."""
    home = tmp_path_factory.mktemp("tiny")
    file = make_tiny_gguf(home / "Tiny-Random-F32.gguf")
    running = serve(home / "home")
    with httpx.Client(base_url=running.url, timeout=240) as client:
        assert client.post("/api/v1/models", json={"path": str(file)}).status_code == 201
        client.put("/api/v1/models/aliases", json={"alias": "qwen", "target": "Tiny-Random"}).raise_for_status()
    yield running
    stop(running)


@pytest.fixture
def http(tiny_studio: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=tiny_studio.url, timeout=240) as client:
        yield client
