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
        assert (await engine.sql.query("SELECT feedback FROM studio_messages")).table.num_rows == 0
        assert (await engine.sql.query("SELECT * FROM studio_citations")).table.num_rows == 0
        kb = await engine.knowledge.create("Notes")
        await engine.knowledge.add_text(kb.id, "# Pumps\n\nThe K7 pump moves water.", "pumps.md")
        told = (
            "SELECT d.collection, d.file_name, c.heading, c.text, c.excluded FROM studio_chunks c"
            " JOIN studio_documents d ON d.id = c.document_id WHERE c.text LIKE '%water%'"
        )
        [row] = (await engine.sql.query(told)).table.to_pylist()
        assert row["collection"] == "Notes" and row["heading"] == "Pumps" and not row["excluded"]
        for view, columns in engine.sql.view_columns.items():
            assert (await engine.sql.query(f"SELECT * FROM {view}")).table.column_names == columns, view
        with pytest.raises(StudioError):
            await engine.sql.query("DELETE FROM studio_runs")
    finally:
        await engine.close()
