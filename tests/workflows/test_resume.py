"""A run that was killed goes on where it was, and repeats nothing that was recorded."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from studio.engine.errors import StudioError
from tests.workflows import killed
from tests.workflows.test_people import until

ROOT = Path(__file__).parents[2]


async def kill_after(folder: Path, marks: Path, lines: int, *more: str) -> str:
    """Run the program, kill -9 it when it has left that many marks, and give the run's id."""
    command = [sys.executable, "-m", "tests.workflows.killed", str(folder), str(marks), str(lines), *more]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    execution_id = (await asyncio.to_thread(process.stdout.readline)).strip()
    assert await asyncio.to_thread(process.stdout.readline) == "recorded\n"
    while process.poll() is None and not (marks.exists() and len(marks.read_text().splitlines()) >= lines):
        await asyncio.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    return execution_id


async def test_a_killed_run_goes_on_after_the_last_row_and_repeats_no_recorded_side_effect(tmp_path: Path) -> None:
    folder, marks = tmp_path / "home", tmp_path / "marks"
    execution_id = await kill_after(folder, marks, 60)
    before = Counter(marks.read_text().split())
    workflows, catalog = await killed.room(folder)
    try:
        assert (await workflows.execution(execution_id)).status == "interrupted"
        recorded = {str(e.data["row"][0]) for e in await workflows._journal.history(execution_id, kinds=("effect",))}
        assert len(recorded) >= 50
        await workflows.resume(execution_id, repeat=True)
        done = await workflows.wait(execution_id)
        assert done.status == "completed", done.error
        assert done.outputs["result"] == [{"i": i, "i2": i} for i in range(killed.ROWS)]
        after = Counter(marks.read_text().split())
        assert after["made"] == 1
        assert all(after[row] == 1 for row in recorded)
        assert set(after) == {"made", *map(str, range(killed.ROWS))}
        assert sum(after.values()) - killed.ROWS - 1 <= 4, "only the rows that were in flight may be done again"
        assert sum(before.values()) <= 60
        kinds = [event.kind async for event in workflows.events(execution_id)]
        assert kinds.count("run_started") == 2 and "run_interrupted" in kinds and kinds[-1] == "run_finished"
    finally:
        await workflows.close()
        await catalog.close()


async def test_a_killed_column_asks_for_no_row_again_that_was_answered(tmp_path: Path) -> None:
    folder, marks = tmp_path / "home", tmp_path / "marks"
    execution_id = await kill_after(folder, marks, 60, "column")
    before = marks.read_text().split()
    workflows, catalog = await killed.room(folder, marks)
    try:
        recorded = await killed.recorded(workflows, execution_id)
        assert 40 <= len(recorded) <= len(before) < killed.ROWS
        await workflows.resume(execution_id)
        done = await workflows.wait(execution_id)
        assert done.outputs["result"] == [{"i": i, "answer": str(i)} for i in range(killed.ROWS)], done.error
        after = Counter(marks.read_text().split())
        assert all(after[row] == 1 for row in recorded) and len(after) == killed.ROWS
        again = await workflows.wait((await workflows.replay(execution_id)).id)
        assert again.outputs == done.outputs and sum(Counter(marks.read_text().split()).values()) == sum(after.values())
    finally:
        await workflows.close()
        await catalog.close()


async def test_a_side_effect_in_doubt_is_not_repeated_without_being_asked(tmp_path: Path) -> None:
    folder, marks = tmp_path / "home", tmp_path / "marks"
    execution_id = await kill_after(folder, marks, 20)
    workflows, catalog = await killed.room(folder)
    try:
        history = await workflows._journal.history(execution_id)
        begun = {(e.step, *e.data.get("row", ())) for e in history if e.kind == "effect_started"}
        done = {(e.step, *e.data.get("row", ())) for e in history if e.kind in ("effect", "finished")}
        await workflows.resume(execution_id)
        if begun - done:
            await until(workflows, execution_id, "waiting")
            assert {(q["step"], *q["at"]) for q in await workflows.questions(execution_id)} <= begun - done
            await workflows.answer(execution_id, "done", all=True)
        assert (await workflows.wait(execution_id)).status == "completed"
        assert max(Counter(marks.read_text().split()).values()) == 1
    finally:
        await workflows.close()
        await catalog.close()


async def test_a_stopped_run_can_go_on(tmp_path: Path) -> None:
    workflows, catalog = await killed.room(tmp_path / "home")
    try:
        marks = tmp_path / "marks"
        started = await workflows.start(killed.sheet(marks))
        async for event in workflows.events(started.id):
            if event.kind == "rows" and any(rows[0] >= 20 for rows, _ in event.data["rows"]):
                break
        assert (await workflows.stop(started.id)).status == "stopped"
        await workflows.resume(started.id, repeat=True)
        assert (await workflows.wait(started.id)).status == "completed"
        assert sum(Counter(marks.read_text().split()).values()) <= killed.ROWS + 1 + 4
    finally:
        await workflows.close()
        await catalog.close()


async def test_closing_the_studio_interrupts_a_run_which_then_goes_on(tmp_path: Path) -> None:
    workflows, catalog = await killed.room(tmp_path / "home")
    started = await workflows.start(killed.sheet(tmp_path / "marks"))
    async for event in workflows.events(started.id):
        if event.kind == "rows":
            break
    await workflows.close()
    await catalog.close()
    workflows, catalog = await killed.room(tmp_path / "home")
    try:
        assert (await workflows.execution(started.id)).status == "interrupted"
        await workflows.resume(started.id, repeat=True)
        assert (await workflows.wait(started.id)).status == "completed"
    finally:
        await workflows.close()
        await catalog.close()


async def test_a_value_that_is_damaged_on_disk_is_made_again_or_named(tmp_path: Path) -> None:
    workflows, catalog = await killed.room(tmp_path / "home")
    try:
        started = await workflows.start(killed.sheet(tmp_path / "marks"))
        await workflows.wait(started.id)
        for file in (tmp_path / "home/data/runs/values").rglob("*.arrow"):
            file.write_bytes(b"x" * file.stat().st_size)
        with pytest.raises(StudioError, match="gone or damaged"):
            await workflows.output(started.id, "each", "table")
    finally:
        await workflows.close()
        await catalog.close()
