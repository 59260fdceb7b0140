"""kill -9 in mid-answer: what was told is there afterwards."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from studio.engine.engine import Engine
from studio.engine.paths import Paths
from tests.models.tiny_gguf import make_tiny_gguf

TIMEOUT = 120.0

# A studio that asks its model for a long answer and prints every piece that it is told. The tiny model may end at any word,
# so its word for the end is left out.
STUDIO = """
import asyncio, json, sys
from functools import partial
from pathlib import Path
from studio.engine.chat.service import Piece
from studio.engine.engine import Engine
from studio.engine.paths import Paths

async def main(home, model):
    engine = await Engine.open(Paths.under(Path(home)))
    engine.models.chat = partial(engine.models.chat, ignore_eos=True)
    added = await engine.models.add(model)
    thread = await engine.chat.create("Killed", model=added.id)
    async for event in engine.chat.ask(thread.id, "Go on for ever.", max_tokens=100_000, temperature=0.0):
        if isinstance(event, Piece):
            print(json.dumps([thread.id, event.text]), flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_kill_in_mid_answer_keeps_the_words_that_were_told_and_counts_as_stopped(tmp_path: Path) -> None:
    home = tmp_path / "home"
    model = make_tiny_gguf(tmp_path / "tiny.gguf", context=200_000)
    told = _told_until_killed(home, model)
    assert _status_on_disk(home) == "streaming", "the kill came in mid-answer"

    engine = await Engine.open(Paths.under(home))
    try:
        [thread] = await engine.chat.threads()
        question, answer = await engine.chat.messages(thread.id)
    finally:
        await engine.close()
    assert question.content == "Go on for ever."
    assert answer.status == "stopped"
    assert answer.content.startswith(told)
    assert len(told) > 20


def _told_until_killed(home: Path, model: Path) -> str:
    """What the studio had told when it was killed after a few pieces."""
    import json

    command = [sys.executable, "-c", STUDIO, str(home), str(model)]
    errors = (home.parent / "errors.txt").open("w+")
    studio = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert studio.stdout is not None
    told, until = "", time.monotonic() + TIMEOUT
    for line in studio.stdout:
        told += json.loads(line)[1]
        if len(told) > 20 or time.monotonic() > until:
            break
    os.kill(studio.pid, signal.SIGKILL)
    rest = studio.stdout.read()
    studio.wait()
    errors.seek(0)
    assert told, errors.read()
    return told + "".join(json.loads(line)[1] for line in rest.splitlines() if line.endswith("]"))


def _status_on_disk(home: Path) -> str:
    with sqlite3.connect(Paths.under(home).catalog) as connection:
        return str(connection.execute("SELECT status FROM messages WHERE role = 'assistant'").fetchone()[0])
