"""What was worked out is not worked out again: after a change, a restart, or in another program."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from studio.engine.engine import Engine
from studio.engine.paths import Paths
from studio.engine.workflows import file
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Graph
from studio.engine.workflows.plan import downstream, plan
from studio.engine.workflows.service import Workflows
from tests.workflows.graphs import field, graph, step, wire

WIDE, LONG = 6, 6


def forty() -> Graph:
    """Six prompts side by side, each followed by five more; each row but the first takes from its left neighbour too."""
    sheet = graph(step("s", "start", fields=[field("word")]), step("o", "output", names=["all"]), name="forty")
    for row in range(WIDE):
        for place in range(LONG):
            name, left = f"p{row}_{place}", f"p{row - 1}_{place}"
            beside = row > 0 and place == 3
            kind = "parse" if place == 5 else "prompt"
            template = f"{{{{v}}}} {row}{{{{w}}}}" if beside else f"{{{{v}}}} {row}{place}"
            params = {"mode": "text"} if kind == "parse" else {"template": template}
            sheet.nodes.append(step(name, kind, **params))
            port = "value" if kind == "parse" else "v"
            sheet.edges.append(wire(f"p{row}_{place - 1}.text > {name}.{port}" if place else f"s.word > {name}.{port}"))
            if beside:
                sheet.edges.append(wire(f"{left}.text > {name}.w"))
    sheet.nodes += [
        step("t", "template", template="".join(f"{{{{r{row}}}}}" for row in range(WIDE))),
        step("u", "prompt", template="<{{v}}>"),
    ]
    sheet.edges += [wire(f"p{row}_5.value > t.r{row}") for row in range(WIDE)] + [
        wire("t.text > u.v"),
        wire("u.text > o.all"),
    ]
    return sheet


async def run(workflows: Workflows, sheet: Graph) -> tuple[Execution, set[str]]:
    """The run, and the steps that the journal says were begun."""
    done = await workflows.wait((await workflows.start(sheet, {"word": "泵"})).id)
    assert done.status == "completed", done.error
    return done, {event.step for event in await workflows.history(done.id) if event.kind == "started"}


async def test_after_one_prompt_is_changed_exactly_what_depends_on_it_runs(workflows: Workflows) -> None:
    sheet = forty()
    assert len(sheet.nodes) == 40
    ends = {"s", "o"}  # what comes in and goes out is never kept
    first, begun = await run(workflows, sheet)
    assert begun == {node.id for node in sheet.nodes}
    again, begun = await run(workflows, sheet)
    assert begun == ends and again.outputs == first.outputs
    for changed, words in {"p0_1": "{{v}}!", "p3_4": "{{v}}?", "p5_4": "({{v}})", "u": "[{{v}}]"}.items():
        sheet.node(changed).params["template"] = words
        wanted = downstream(plan(sheet), {changed})
        found, begun = await run(workflows, sheet)
        assert begun == wanted | ends, changed
        assert found.outputs != first.outputs


async def test_a_change_that_comes_to_the_same_ends_where_it_is(workflows: Workflows) -> None:
    sheet = forty()
    await run(workflows, sheet)
    sheet.node("p2_2").params["template"] = "{{ v + ' 22' }}"
    _, begun = await run(workflows, sheet)
    assert begun == {"s", "p2_2", "o"}


async def test_light_steps_are_kept_on_the_sheet_but_not_for_each_row(workflows: Workflows) -> None:
    rows = [{"i": number} for number in range(50)]
    sheet = graph(
        step("r", "python", code=f"return {rows}", inputs=[], output="table"), step("m", "map", fields=["i"], results=["said"]),
        step("p", "prompt", "m", template="{{i}}!"), step("o", "output"), "r.value > m.rows", "m.i > p.i", "p.text > m.said", "m.table > o.result",
    )  # fmt: skip
    before = len(workflows._cache._fresh)
    await run(workflows, sheet)
    assert len(workflows._cache._fresh) - before == 1, "the python step"


async def test_another_program_takes_what_this_one_worked_out(tmp_path: Path) -> None:
    home, path = tmp_path / "home", tmp_path / "forty.json"
    path.write_text(file.write(forty()))
    engine = await Engine.open(Paths.under(home))
    first, _ = await run(engine.workflows, forty())
    digests = await engine.workflows.digests(first.id)
    await engine.close()
    words = ("--home", str(home), "run", str(path), "-i", "word=泵", "--json")
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "studio", *words, stdout=PIPE, stderr=PIPE)
    said, errors = await child.communicate()
    assert child.returncode == 0, errors.decode()
    told = json.loads(said)
    taken = {step for step, result in told["node_results"].items() if result["cached"]}
    assert taken == set(first.node_results) - {"s", "o"} and told["digests"] == digests
