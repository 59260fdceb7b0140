"""What the studio did can be asked in SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.engine import Engine
from studio.engine.errors import StudioError
from studio.engine.paths import Paths
from tests.workflows.graphs import field, graph, step

SHEET = graph(
    step("s", "start", fields=[field("n", "number")]), step("p", "prompt", template="{{n + 1}}"), step("o", "output"),
    "s.n > p.n", "p.text > o.result", name="numbers",
)  # fmt: skip


async def test_runs_and_their_steps_are_views_that_only_read(tmp_path: Path) -> None:
    engine = await Engine.open(Paths.under(tmp_path))
    try:
        for n in (1, "bad"):
            await engine.workflows.end((await engine.workflows.start(SHEET, {"n": n})).id)
        runs = await engine.sql.query("SELECT workflow, status, count(*) AS n FROM studio_runs GROUP BY ALL ORDER BY 2")
        assert runs.table.to_pylist() == [
            {"workflow": "numbers", "status": "completed", "n": 1},
            {"workflow": "numbers", "status": "failed", "n": 1},
        ]
        steps = "SELECT step, s.status, error FROM studio_steps s JOIN studio_runs r ON r.id = s.run_id WHERE r.status = 'failed'"
        [failed] = (await engine.sql.query(steps)).table.to_pylist()
        assert failed["step"] == "s" and failed["status"] == "failed" and "number" in failed["error"]
        for name in ("studio_messages", "studio_citations"):
            assert (await engine.sql.query(f"SELECT * FROM {name}")).table.num_rows == 0
        with pytest.raises(StudioError):
            await engine.sql.query("DELETE FROM studio_runs")
    finally:
        await engine.close()
