"""The command line, as a person or a script uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Running

QUESTION = "How long is the warranty on the K7 pump, and how many K7 were returned in 华南?"


def studio_command(
    home: Path, *words: str, code: int = 0, language: str = "C.UTF-8"
) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "QT_QPA_PLATFORM", "WAYLAND_DISPLAY")
    }
    environment |= {"LANG": language, "LC_ALL": language}
    command = [sys.executable, "-m", "studio", "--home", str(home), *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600)
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


def as_json(home: Path, *words: str) -> Any:
    return json.loads(studio_command(home, *words, "--json").stdout)


@pytest.mark.parametrize("things", ["datasets", "models", "knowledge", "workflows", "runs", "settings"])
def test_every_kind_of_thing_is_listed_for_people_and_for_programs(studio: Running, things: str) -> None:
    assert studio_command(studio.home, things).stdout.strip()
    assert as_json(studio.home, things) is not None


def test_a_command_of_a_studio_that_runs_brings_no_engine_of_its_own(studio: Running) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "studio", "--home", str(studio.home), "datasets"]
    imported = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert "httpx" in imported
    assert not {"sqlalchemy", "fastapi", "studio.engine.engine"} & set(imported.split())


def test_rows_and_queries_show_in_the_terminal(studio: Running) -> None:
    assert "华" in studio_command(studio.home, "datasets", "head", "orders", "--limit", "50").stdout
    sql = "SELECT count(*) AS n FROM orders WHERE status = 'returned' AND region = '华南' AND product LIKE 'K7 %'"
    assert as_json(studio.home, "datasets", "query", sql)["rows"] == [[47]]


def test_a_query_that_would_write_is_refused_in_words(studio: Running) -> None:
    done = studio_command(studio.home, "datasets", "query", "COPY orders TO '/tmp/x.csv'", code=1)
    assert done.stderr.strip()


@pytest.mark.slow
def test_the_main_question_is_answered_with_its_sources(sample_home: Path, tmp_path: Path) -> None:
    import shutil

    home = tmp_path / "home"
    shutil.copytree(sample_home, home)
    answer = as_json(home, "chat", QUESTION)
    page = next(source for source in answer["sources"] if source["page"] == 13)
    rows = next(source for source in answer["sources"] if source["kind"] == "rows")
    assert "24 months" in page["quote"] and [list(row.values()) for row in rows["rows"]] == [[47]]
    assert answer["reply"] and answer["model"]


@pytest.mark.slow
def test_a_question_goes_with_what_is_named_a_file_and_a_thread(studio: Running, tmp_path: Path) -> None:
    """`--knowledge`, `--dataset`, `--model`, `--file`, `--plain`, `--tool`, `--thread`, `--json`, one after another."""
    listed = as_json(studio.home, "knowledge", "ls")
    handbook = next(each["name"] for each in listed if each["name"].startswith("After-sales"))
    words = ("--knowledge", handbook, "--dataset", "tickets", "--model", "SmolLM2-135M-Instruct")
    answer = as_json(studio.home, "chat", "How many tickets are there?", *words)
    assert "600" in answer["reply"] and answer["model"] == "SmolLM2-135M-Instruct"
    assert {source["title"] for source in answer["sources"] if source["kind"] == "rows"} == {"tickets"}

    file = tmp_path / "kettle.txt"
    file.write_text("The K9 kettle holds 1.7 litres of water.")
    done = studio_command(
        studio.home, "chat", "How much water does the K9 kettle hold?", "--plain", "--file", str(file)
    )
    assert "1.7" in done.stdout and "[1] kettle.txt" in done.stdout
    assert "kettle.txt" in done.stderr, "what is done meanwhile is told beside the answer"

    told = studio_command(studio.home, "chat", QUESTION).stdout
    assert "page 13" in told and "orders" in told, "sources are told with their place"

    thread = answer["conversation_id"]
    again = as_json(studio.home, "chat", "How long is the warranty on the K7 pump?", "--thread", thread, "--tool", "search",
                    "--dataset", "tickets")  # fmt: skip
    assert again["conversation_id"] == thread
    assert "24 months" in again["reply"] and again["sources"][0]["page"] == 13

    for wrong in (("--knowledge", "nobody"), ("--thread", "conv-0")):
        done = studio_command(studio.home, "chat", "Hello?", *wrong, code=1)
        assert wrong[1] in done.stderr and not done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parents[2] / "resources/sample/workflows").glob("*.json")), ids=lambda f: f.stem
)
def test_every_sample_workflow_runs_from_its_file(studio: Running, file: Path) -> None:
    finished = as_json(studio.home, "run", str(file))
    assert finished["status"] == "completed" and finished["outputs"]


def test_a_missing_file_and_an_unknown_thing_are_named(studio: Running) -> None:
    assert "nowhere.json" in studio_command(studio.home, "run", "nowhere.json", code=1).stderr
    assert "ds-nothing" in studio_command(studio.home, "datasets", "show", "ds-nothing", code=1).stderr
    assert "export" in studio_command(studio.home, "datasets", "explode", code=2).stderr
    assert "resume" in studio_command(studio.home, "runs", "explode", code=2).stderr
    assert "list" in studio_command(studio.home, "settings", "explode", code=2).stderr


def test_errors_speak_the_readers_language(studio: Running) -> None:
    done = studio_command(studio.home, "datasets", "show", "ds-nothing", code=1, language="zh_CN.UTF-8")
    assert "没有" in done.stderr or "找不到" in done.stderr


def test_without_a_display_the_window_is_explained(tmp_path: Path) -> None:
    assert "studio chat" in studio_command(tmp_path, code=2).stdout


def test_the_doctor_reports_and_repairs_a_damaged_catalog(copy_of_sample: Path) -> None:
    checks = as_json(copy_of_sample, "doctor")
    assert all(check["good"] for check in checks)
    catalog = copy_of_sample / "data/catalog.db"
    content = bytearray(catalog.read_bytes())
    content[4096:20000] = os.urandom(20000 - 4096)
    catalog.write_bytes(content)
    done = studio_command(copy_of_sample, "datasets", code=1)
    assert "--restore-catalog" in done.stderr
    studio_command(copy_of_sample, "doctor", "--restore-catalog")
    assert {item["id"] for item in as_json(copy_of_sample, "datasets")} >= {"ds-001"}
