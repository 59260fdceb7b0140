"""Fifty random kill -9 while answers are written: `python benchmarks/chat_kills.py [kills]`.

One data folder, one thread. Each round a studio asks a question and prints every piece that it is told; it is killed at a
random moment. Nothing that was told may be lost, no message may be there twice, and each start repairs what was cut off.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from studio.engine.engine import Engine
from studio.engine.paths import Paths

sys.path.insert(0, str(Path(__file__).parents[1]))

STUDIO = """
import asyncio, json, sys
from pathlib import Path
from studio.engine.chat.service import Asked, Piece
from studio.engine.engine import Engine
from studio.engine.paths import Paths

async def main(home, model, thread):
    engine = await Engine.open(Paths.under(Path(home)))
    async for event in engine.chat.ask(thread, "Go on for ever.", model=model, max_tokens=100_000, temperature=2.0):
        if isinstance(event, Asked):
            print(json.dumps(["asked", event.question.id, event.answer.id]), flush=True)
        elif isinstance(event, Piece):
            print(json.dumps(["piece", event.text]), flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


def killed_round(home: Path, model: str, thread: str, chance: random.Random) -> list[list[str]]:
    """What one studio had told when it was killed, at a random moment after its question was taken."""
    command = [sys.executable, "-c", STUDIO, str(home), model, thread]
    studio = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert studio.stdout is not None
    lines = [studio.stdout.readline()]
    for _ in range(chance.choice((0, 1, 1, 2, 5, 10, 20, 40))):  # pieces of the answer
        lines.append(studio.stdout.readline())
    time.sleep(chance.uniform(0.0, 0.1))
    os.kill(studio.pid, signal.SIGKILL)
    lines += studio.stdout.read().splitlines()
    studio.wait()
    return [json.loads(line) for line in lines if line.rstrip().endswith("]")]


async def prepared(home: Path) -> tuple[str, str]:
    from tests.models.tiny_gguf import make_tiny_gguf

    engine = await Engine.open(Paths.under(home))
    try:
        model = await engine.models.add(make_tiny_gguf(home.parent / "tiny.gguf", context=200_000))
        return model.id, (await engine.chat.create("Killed", model=model.id)).id
    finally:
        await engine.close()


async def judged(home: Path, thread: str, told: list[tuple[str, str, str]]) -> dict[str, int]:
    """Lost: told and not on disk. Doubled: there more than once, or more messages than were asked for."""
    engine = await Engine.open(Paths.under(home))
    try:
        messages = await engine.chat._threads.every(thread)
    finally:
        await engine.close()
    by_id = {message.id: message for message in messages}
    lost = sum(question not in by_id or not by_id[answer].content.startswith(words) for question, answer, words in told)
    doubled = len(messages) - len(by_id) + max(0, len(messages) - 2 * len(told))
    return {"lost": lost, "doubled": doubled, "unsettled": sum(message.status == "streaming" for message in messages)}


def main() -> None:
    os.environ.setdefault("ONE_DATA_KEYRING", "file")
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    chance = random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        model, thread = asyncio.run(prepared(home))
        told, untold = [], 0
        for _ in range(kills):
            lines = killed_round(home, model, thread, chance)
            asked = next((line for line in lines if line[0] == "asked"), None)
            if asked is None:
                untold += 1
                continue
            words = "".join(line[1] for line in lines if line[0] == "piece")
            told.append((asked[1], asked[2], words))
        found = asyncio.run(judged(home, thread, told))
    characters = sum(len(words) for _, _, words in told)
    print(json.dumps({"kills": kills, "before_the_question": untold, "characters_told": characters, **found}))


if __name__ == "__main__":
    main()
