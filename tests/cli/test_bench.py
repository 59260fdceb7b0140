"""`studio models bench` measures, prints and keeps; `studio models engine` lists what runs models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.conftest import serve, stop
from tests.models.tiny_gguf import make_tiny_gguf


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("bench-cli")
    file = make_tiny_gguf(folder / "Tiny-Random-F32.gguf")
    running = serve(folder / "home")
    httpx.post(f"{running.url}/api/v1/models", json={"path": str(file)}, timeout=240).raise_for_status()
    yield folder / "home"
    stop(running)


def command(home: Path, *words: str) -> str:
    line = [sys.executable, "-m", "studio", "--home", str(home), "models", *words]
    done = subprocess.run(line, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_model_is_measured_and_what_was_measured_is_listed(home: Path):
    printed = command(home, "bench", "Tiny-Random")
    assert "decode_tok_s" in printed and "at_8" in printed and "xllamacpp" in printed
    (kept,) = json.loads(command(home, "bench", "Tiny-Random", "--list", "--json"))
    assert kept["tokens_per_second"] > 0 and kept["peak_memory"] > 1_000_000
    assert f"{kept['tokens_per_second']}" in printed


def test_the_engines_are_listed(home: Path):
    printed = command(home, "engine")
    assert "llama_cpp" in printed and "vllm" in printed
