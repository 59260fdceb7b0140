"""Which tool a request gets without a model that calls any: right tool, small talk left alone, arguments as asked for.

`python benchmarks/chat_tools.py [--arguments]` prints a table for both halves of `data/chat_tools.json`: the thresholds and
example phrases of `studio/engine/chat/choosing.py` were set on the first, the second was only measured. With `--arguments`
the model that is included fills them in, which takes a minute.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.engine.chat import choosing
from studio.engine.chat.phrases import Phrases
from studio.engine.chat.tool import Tool
from studio.engine.engine import Engine
from studio.engine.paths import Paths

LABELLED = json.loads((Path(__file__).parent / "data/chat_tools.json").read_text())


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = await Engine.open(Paths.under(Path(folder)))
        try:
            await (await engine.sample.prepare()).wait()
            tools = await _tools(engine)
            print(f"load {os.getloadavg()[0]:.1f}")
            for half in ("tuned on", "kept apart"):
                await _measure(engine, tools, half)
        finally:
            await engine.close()


async def _tools(engine: Engine) -> list[Tool]:
    """Both tools of the sample's documents and data, and the workflows of the set."""
    keys = ["search", "query"]
    for each in LABELLED["workflows"]:
        fields = [{"name": name, "type": "text"} for name in each["fields"]]
        nodes = [
            {
                "id": "in",
                "type": "start",
                "params": {"fields": fields or [{"name": "note", "type": "text", "needed": False}]},
            },
            {"id": "out", "type": "output"},
        ]
        first = (each["fields"] or ["note"])[0]
        edges = [{"source": "in", "source_port": first, "target": "out", "target_port": "result"}]
        definition: Any = {"name": each["name"], "nodes": nodes, "edges": edges}
        made = await engine.workflows.create(each["name"], definition, each["description"])
        await engine.workflows.publish(made.id)
        keys.append(f"workflow:{made.id}")
    return await engine.chat.toolbox.offered(keys, [], [])


async def _measure(engine: Engine, tools: Sequence[Tool], half: str) -> None:
    right: Counter[str] = Counter()
    count: Counter[str] = Counter()
    phrases = Phrases(engine.models)
    for wanted, language, words, *filled in LABELLED[half]:
        kind = f"{'tool' if wanted else 'talk'} {language}"
        count[kind] += 1
        tool = await choosing.nearest(phrases, words, tools)
        got = "" if tool is None else tool.title.en if tool.key.startswith("workflow:") else tool.key
        right[kind] += got == wanted
        if got != wanted:
            print(f"    {words} · wanted {wanted or 'none'} · got {got or 'none'}")
        if filled and "--arguments" in sys.argv:
            await _fill(engine, tools, words, wanted, filled[0], language, right, count)
    print(f"{half}: " + " · ".join(f"{kind} {right[kind]} of {count[kind]}" for kind in sorted(count)))


async def _fill(
    engine: Engine, tools: Sequence[Tool], words: str, name: str, wanted: dict[str, str], language: str,
    right: Counter[str], count: Counter[str],
) -> None:  # fmt: skip
    tool = next(each for each in tools if each.title.en == name)
    model = await engine.models.get("default")
    written = await choosing.filled(engine.models, model, words, tool)
    count[f"arguments {language}"] += len(wanted)
    right[f"arguments {language}"] += sum(str(written.get(field)) == value for field, value in wanted.items())
    if written != wanted:
        print(f"    {words} · wanted {wanted} · got {written}")


asyncio.run(main())
