"""`studio datasets versions|diff|rollback|search|lineage` against a studio that serves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.cli import main
from tests.conftest import Running


@pytest.fixture
def people(studio: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    """A dataset of the served studio with two versions, there for one test."""
    name = f"cli {tmp_path.name}"
    first, second = tmp_path / "one.csv", tmp_path / "two.csv"
    first.write_text("id,town\n1,Ulm\n2,Köln\n3,上海\n")
    second.write_text("id,town\n1,Ulm\n3,北京\n4,Bonn\n")
    assert run(studio, "add", str(first), "--name", name) == 0
    second.replace(first)  # in one step: the studio may look at it just now
    assert run(studio, "show", name) == 0
    capsys.readouterr()
    yield name
    assert run(studio, "rm", name) == 0


def run(studio: Running, *words: str) -> int:
    return main(["--home", str(studio.home), "datasets", *words])


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_versions_differ_and_one_goes_back(studio: Running, people: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(studio, "versions", people, "--json") == 0
    assert [(each["version_number"], each["state"]) for each in told(capsys)] == [(2, "current"), (1, "kept")]
    assert run(studio, "diff", people) == 0
    shown = capsys.readouterr().out
    assert "1 added, 1 removed, 1 changed, 1 the same" in shown and "上海 → 北京" in shown
    assert run(studio, "diff", people, "1", "2", "--change", "added", "--json") == 0
    assert [row["after"] for row in told(capsys)["rows"]] == [{"id": 4, "town": "Bonn"}]
    assert run(studio, "rollback", people, "1") == 0
    assert "as version 3" in capsys.readouterr().out
    assert run(studio, "rollback", people, "9") == 1


def test_a_dataset_is_found_by_a_value_and_tells_its_lineage(
    studio: Running, people: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = time.monotonic() + 200
    found: list[str] = []
    while people not in found and time.monotonic() < ends:  # it is looked through in the background once it is added
        assert run(studio, "search", people.split()[1], "--json") == 0
        found = [hit["name"] for hit in told(capsys)]
    assert people in found
    assert run(studio, "lineage", people, "--json") == 0
    assert [step["kind"] for step in told(capsys)["steps"]] == ["file", "copy", "version"]
