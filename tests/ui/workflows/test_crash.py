"""A studio that is killed while somebody edits."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.engine.engine import Engine
from studio.engine.paths import Paths

EDITOR = Path(__file__).with_name("editing_without_end.py")


def old_enough(told: list[dict[str, Any]]) -> set[str]:
    """The steps that have to be on disk: the saving that they came too late for has ended, and the next one too.

    On a crowded computer the timer of the saving, and the news of its end, may be as late as that of the adding was.
    """
    last = told[-1]
    needed = 2 * last["slowest"] + 3 * last["late"] + 1.1
    return {one["step"] for one in told if one["step"] and last["at"] - one["at"] > needed}


@pytest.mark.asyncio
async def test_what_was_edited_a_second_before_a_kill_is_there_again(tmp_path):
    """The editor adds a step every 50 ms, so that no pause ever lets it save at leisure, and tells of each one."""
    with subprocess.Popen(
        [sys.executable, str(EDITOR), str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as editor:
        assert editor.stdout is not None
        told = []
        for line in editor.stdout:
            told.append(json.loads(line))
            if old_enough(told) and any(one["saved"] for one in told):
                break
        editor.send_signal(signal.SIGKILL)
    engine = await Engine.open(Paths.under(tmp_path))
    try:
        (workflow,) = await engine.workflows.list()
        kept = {node.id for node in workflow.definition.nodes}
        memory = json.loads((tmp_path / "config" / "window.json").read_text("utf-8"))
    finally:
        await engine.close()
    assert old_enough(told) <= kept
    assert memory["open_workflows"] == [workflow.id]
