"""`studio models` against a studio that serves, and a hub on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_commands import as_json, studio_command
from tests.conftest import Running, serve, stop
from tests.models.hub_server import HubServer, serving
from tests.models.tiny_gguf import make_tiny_gguf

REPOSITORY = "tiny/Tiny-GGUF"
pytestmark = pytest.mark.slow  # a command starts a program of its own


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    with serving() as one:
        content = make_tiny_gguf(tmp_path_factory.mktemp("hub") / "Tiny.gguf").read_bytes()
        one.add(REPOSITORY, {"Tiny-Q8_0.gguf": content, "Tiny-Q4_K_M.gguf": content})
        one.add("tiny/Broken-GGUF", {"Broken-Q8_0.gguf": content}, announced={"Broken-Q8_0.gguf": "ab" * 32})
        yield one


@pytest.fixture(scope="module")
def home(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("models-cli") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONE_DATA_MODELS__HUB", hub.url)
        running: Running = serve(folder)
    yield folder
    stop(running)


def test_a_model_is_found_fetched_loaded_seen_and_removed(home: Path) -> None:
    assert as_json(home, "models", "search", "tiny")[0]["id"].startswith("tiny/")
    choices = as_json(home, "models", "search", REPOSITORY)["choices"]
    assert {one["quantization"] for one in choices} == {"Q8_0", "Q4_K_M"} and choices[0]["fit"]["level"] == "cpu"
    got = as_json(home, "models", "get", REPOSITORY, "Q8_0")
    assert got["hub"] == REPOSITORY and Path(got["location"]).exists()
    assert as_json(home, "models", "load", "Tiny", "--context", "512", "--slots", "1")["state"] == "loaded"
    (seen,) = [one for one in as_json(home, "models", "ps") if one["kind"] == "chat"]
    assert (seen["name"], seen["context_length"]) == ("Tiny", 512) and seen["memory_bytes"] > 1_000_000
    assert as_json(home, "models", "show", "Tiny")["fit"]["fits"] is True
    assert as_json(home, "models", "alias", "mine", "Tiny")["mine"] == "Tiny"
    assert (
        as_json(home, "models", "star", "mine")["starred"] and not as_json(home, "models", "unstar", "mine")["starred"]
    )
    assert "mine" in [one["id"] for one in as_json(home, "models", "show", "Tiny")["used_by"]]
    assert as_json(home, "models", "unload", "mine")["state"] == "available"
    assert as_json(home, "models", "rm", "Tiny", "--file")["deleted"]
    assert not Path(got["location"]).exists()
    assert "Tiny" not in studio_command(home, "models", "ls").stdout


def test_what_goes_wrong_has_its_exit_code_and_its_words(home: Path) -> None:
    assert "arrived damaged" in studio_command(home, "models", "get", "tiny/Broken-GGUF", code=1).stderr
    assert "has no “fly”" in studio_command(home, "models", "fly", code=2).stderr
    assert "no model “gone”" in studio_command(home, "models", "load", "gone", code=4).stderr
    studio_command(home, "settings", "set", "models.memory_limit_mb", "1")
    try:
        refused = studio_command(home, "models", "load", "demo-smollm2", code=3)
        assert "needs" in refused.stderr and "force" in refused.stderr
    finally:
        studio_command(home, "settings", "set", "models.memory_limit_mb", "0")


def test_a_file_of_the_persons_is_never_deleted(home: Path, tmp_path: Path) -> None:
    mine = make_tiny_gguf(tmp_path / "Mine.gguf")
    added = as_json(home, "models", "add", str(mine))
    assert (
        "was not downloaded by the studio" in studio_command(home, "models", "rm", added["id"], "--file", code=1).stderr
    )
    assert as_json(home, "models", "rm", added["id"])["deleted"] and mine.exists()
