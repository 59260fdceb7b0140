"""`studio workflows` and `studio runs` against a studio that serves: what scripts read, and how they end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from studio.cli import main
from studio.engine.workflows import file
from studio.engine.workflows.graph import Graph
from tests.conftest import Running
from tests.workflows.graphs import field, graph, step

PRICED = graph(
    step("s", "start", fields=[field("price", "number"), field("note", required=False)]), step("double", "parse", mode="number"),
    step("o", "output", names=["price", "note"]), "s.price > double.value", "double.value > o.price", "s.note > o.note", name="priced",
)  # fmt: skip
APPROVE = graph(
    step("s", "start", fields=[field("price", "number")]), step("ask", "ask", question="Buy for {{value}}?", choices=["buy", "leave"]),
    step("o", "output", names=["bought", "left"]), "s.price > ask.value", "ask.buy > o.bought", "ask.leave > o.left", name="approved",
)  # fmt: skip
BROKEN = graph(
    step("s", "start", fields=[field("x", default="no")]),
    step("p", "parse", mode="json"),
    "s.x > p.value",
    name="broken",
)


class Command:
    """Runs the command line in this process; `studio` has what it asks."""

    def __init__(self, studio: Running, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._home, self._capsys, self._folder = str(studio.home), capsys, folder

    def __call__(self, *words: str, code: int = 0) -> str:
        """What it printed; it has to end with `code`."""
        ended = main(["--home", self._home, *words])
        said = self._capsys.readouterr()
        assert ended == code, said.out + said.err
        self.errors = said.err
        return said.out

    def told(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code))

    def file(self, sheet: Graph, kind: str = "json") -> str:
        path = self._folder / f"{sheet.name}.{'yaml' if kind == 'yaml' else 'json'}"
        path.write_text(file.as_text(sheet, kind))
        return str(path)


@pytest.fixture
def command(bare_studio: Running, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    return Command(bare_studio, capsys, tmp_path)


def test_a_workflow_is_kept_written_out_and_put_away(command: Command, tmp_path: Path) -> None:
    kept = command.told("workflows", "import", command.file(PRICED), "--name", "kept")
    assert {"kept"} <= {item["name"] for item in command.told("workflows", "ls")} and "kept" in command("workflows")
    for kind in ("json", "yaml", "1.0"):
        out = tmp_path / f"out.{kind}"
        command("workflows", "export", kept["id"], "--format", kind, "-o", str(out))
        assert file.read(out.read_text()).nodes == PRICED.nodes, kind
        assert command("workflows", "diff", str(out), command.file(PRICED.model_copy(update={"name": "kept"}))) == ""
    assert command.told("workflows", "versions", kept["id"])[0]["number"] == 1
    command("workflows", "rm", kept["id"])
    assert "kept" not in {item["name"] for item in command.told("workflows", "ls")}
    assert command("workflows", "show", kept["id"], code=1) == "" and kept["id"] in command.errors
    assert kept["id"] in {item["id"] for item in command.told("workflows", "trash")}
    assert command.told("workflows", "restore", kept["id"])["name"] == "kept"
    assert kept["id"] in {item["id"] for item in command.told("workflows", "ls")}
    assert command("workflows", "restore", kept["id"], code=1) == "" and "trash" in command.errors
    command("workflows", "rm", kept["id"])
    assert kept["id"] in (said := command("workflows", "restore", kept["id"])) and "definition" not in said
    assert command("workflows", "rm", kept["id"], "--for-good", code=1) == "" and "trash" in command.errors
    command("workflows", "rm", kept["id"])
    command("workflows", "rm", kept["id"], "--for-good")
    assert kept["id"] not in {item["id"] for item in command.told("workflows", "trash")}
    assert command("workflows", "restore", kept["id"], code=1) == ""
    schema = json.loads(command("workflows", "schema"))
    assert schema["title"] == "ONE Data Studio workflow"


def test_problems_and_differences_are_told_by_the_exit_code(command: Command) -> None:
    assert "All is well" in command("workflows", "validate", command.file(PRICED))
    bad = PRICED.model_copy(deep=True)
    bad.name, bad.edges = "bad", bad.edges[1:]
    assert "double" in command("workflows", "validate", command.file(bad), code=1)
    found = command.told("workflows", "validate", command.file(bad), code=1)
    assert [item["node_id"] for item in found["problems"]] == ["double"] and not found["valid"]
    changed = PRICED.model_copy(deep=True)
    changed.name, changed.node("double").params["mode"] = "changed", "text"
    lines = command("workflows", "diff", command.file(PRICED), command.file(changed, "yaml"), code=1)
    assert "setting double.mode changed: number → text" in lines
    assert command("workflows", "validate", "nowhere.json", code=1) == "" and "nowhere.json" in command.errors


def test_inputs_come_from_flags_files_and_the_standard_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    path = command.file(PRICED, "yaml")
    done = command.told("workflows", "run", path, "-i", "price=7", "-i", "note=华南 a=b")
    assert (done["outputs"], done["status"]) == ({"price": 7, "note": "华南 a=b"}, "completed")
    monkeypatch.setattr("sys.stdin", io.StringIO('{"price": 8}'))
    said = command("workflows", "run", path, "--inputs", "-", "-i", "note=flag")
    assert said.split() == ["price", "8", "note", "flag"] and "finished" in command.errors
    assert command("workflows", "run", path, code=1) and "price" in command.errors
    command("workflows", "run", path, "-i", "price", code=1)
    assert "price" in command.errors
    monkeypatch.setattr("sys.stdin", io.StringIO("[1]"))
    command("workflows", "run", path, "--inputs", "-", code=1)
    assert "object" in command.errors
    assert command.told("workflows", "run", command.file(BROKEN), code=1)["status"] == "failed"


def test_files_are_handed_over_by_their_path(command: Command, tmp_path: Path) -> None:
    sheet = graph(
        step("s", "start", fields=[field("paper", "file"), field("more", "files")]), step("o", "output", names=["a", "b"]),
        "s.paper > o.a", "s.more > o.b", name="handed",
    )  # fmt: skip
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"in {name}")
    a, b = (f"@{tmp_path / name}" for name in ("a.txt", "b.txt"))
    path = command.file(sheet)
    done = command.told("run", path, "-i", f"paper={a}", "-i", f"more={a}", "-i", f"more={b}")
    assert [url.rpartition("/")[2] for url in (done["outputs"]["a"], *done["outputs"]["b"])] == [
        "a.txt",
        "a.txt",
        "b.txt",
    ]
    assert done["outputs"]["b"][0] == done["outputs"]["a"]
    assert command("objects", "get", done["outputs"]["a"], str(tmp_path / "back.txt")) == ""
    assert (tmp_path / "back.txt").read_text() == "in a.txt"
    command("run", path, "-i", "paper=@nowhere.txt", code=1)
    assert "nowhere.txt" in command.errors


def test_a_run_that_waits_ends_with_three_and_goes_on_by_its_answer(command: Command) -> None:
    waiting = command.told("run", command.file(APPROVE), "-i", "price=12", code=3)
    run = waiting["id"]
    assert command.told("runs", "questions", run)[0]["question"]["text"] == "Buy for 12?"
    command("runs", "answer", run, "perhaps", code=1)
    assert "buy, leave" in command.errors
    forms = APPROVE.model_copy(deep=True)
    forms.name, forms.node("ask").params["assignee"] = "for Marta", "Marta"
    hers = command.told("run", command.file(forms), "-i", "price=3", code=3)["id"]
    assert command("run", command.file(forms), "-i", "price=4", code=3) is not None
    assert "for Marta\n  Buy for 4?" in command.errors
    theirs = {item["execution_id"] for item in command.told("runs", "questions")}
    assert {run, hers} <= theirs
    assert (
        hers in (only := command("runs", "questions", "--for", "marta"))
        and "for Marta Buy for 3?" in only
        and run not in only
    )
    for other in command.told("runs", "questions", "--for", "Marta"):
        command("runs", "cancel", other["execution_id"])
    assert hers not in command("runs", "questions")
    assert command.told("runs", "answer", run, "buy")["outputs"]["bought"] == 12
    other = command.told("run", command.file(APPROVE), "-i", "price=1", code=3)["id"]
    assert command.told("runs", "cancel", other)["status"] == "stopped"
    assert command.told("runs", "resume", other, code=3)["status"] in ("waiting", "running")
    command("runs", "cancel", other)


def test_past_runs_are_listed_shown_branched_and_replayed(command: Command) -> None:
    run = command.told("workflows", "run", command.file(PRICED), "-i", "price=7")["id"]
    listed = command.told("runs", "ls", "--limit", "3")
    assert listed[0]["id"] == run and "priced" in command("runs")
    assert command.told("runs", "show", run)["node_results"]["double"]["status"] == "completed"
    assert "✓ completed" in command("runs", "show", run)
    lines = [json.loads(line) for line in command("runs", "logs", run, "--json").splitlines()]
    assert [line["kind"] for line in lines][:2] == ["run_started", "started"] and lines[-1]["kind"] == "run_finished"
    assert "run_finished" in command("runs", "logs", run) and command("runs", "logs", run, "--follow")
    branch = command.told("runs", "branch", run, "--edit", "s.price=100")
    assert (branch["outputs"]["price"], branch["source"]) == (100, run)
    assert command.told("runs", "branch", run, "--from", "double")["outputs"] == {"price": 7, "note": None}
    command("runs", "branch", run, "--from", "nobody", code=1)
    assert "nobody" in command.errors
    assert command.told("runs", "replay", run)["outputs"]["price"] == 7
    command("runs", "resume", run, code=1)
    assert "nothing to resume" in command.errors
    command("runs", "show", "exec-none", code=1)
    assert "exec-none" in command.errors
