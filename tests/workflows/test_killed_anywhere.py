"""Killed anywhere, eleven kinds of graphs come to the same end, and nothing that was recorded happens twice."""

from __future__ import annotations

from tests.workflows.killing import kills


async def test_runs_that_are_killed_at_random_end_as_if_nothing_had_happened() -> None:
    assert await kills(3, seed=126) == []
