"""The studio adds little to the first token of a worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.first_token import measure


@pytest.mark.slow
async def test_the_first_token_through_the_studio_takes_less_than_half_as_long_again(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("ONE_DATA_KEYRING", "file")
    figures = await measure(tmp_path, 7)
    assert figures["overhead_ms"] < 50
    assert figures["ratio"] < 1.5
