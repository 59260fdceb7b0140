"""The tools of a model that read: a search of collections, and a query of datasets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio.engine.chat.evidence import Evidence
from studio.engine.chat.gather import Gatherer
from studio.engine.chat.message import Step, Tell
from studio.engine.chat.phrases import QUERYING, SEARCHING
from studio.engine.chat.tool import Tool, takes
from studio.engine.sql.ask import describe
from studio.engine.text import Text

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import Dataset
    from studio.engine.knowledge.document import Collection

SEARCH, QUERY = "search", "query"


def search_tool(gatherer: Gatherer, there: Sequence[Collection], wanted: Sequence[str]) -> Tool:
    """Searches the collections that are wanted, by name or id; all that are there where none of those is."""
    known = {each.name: each.id for each in there}
    names = [name for name, id in known.items() if id in wanted or name in wanted] or list(known)

    async def run(arguments: dict[str, Any], evidence: Evidence, _tell: Tell) -> tuple[Step, str]:
        asked = str(arguments.get("collection") or "")
        collections = [known[asked]] if asked in known else [known[name] for name in names]
        before = len(evidence.sources)
        step = await gatherer.search(str(arguments.get("query") or ""), collections, evidence)
        found = evidence.sources[before:]
        words = "\n\n".join(f"[{source.number}] ({source.title}) {source.quote}" for source in found)
        return step, words or "Nothing was found."

    properties = {"query": {"type": "string"}, "collection": {"type": "string", "enum": names}}
    return Tool(
        SEARCH, "search_documents", Text("Search collections", "检索文档集"),
        "Search the documents. Cite what you use by its number in square brackets.", takes(properties, ["query"]), run,
        phrases=(*SEARCHING, *names), from_question=lambda question: {"query": question},
    )  # fmt: skip


def query_tool(gatherer: Gatherer, there: Sequence[Dataset], wanted: Sequence[str]) -> Tool:
    """Queries the datasets that are wanted, by id; all that are there where none is."""
    known = [each for each in there if not wanted or each.id in wanted]
    ids, tables = [each.id for each in known], "\n".join(describe(each, {}) for each in known)

    async def run(arguments: dict[str, Any], evidence: Evidence, _tell: Tell) -> tuple[Step, str]:
        before = len(evidence.sources)
        if question := str(arguments.get("question") or ""):
            step = await gatherer.query(question, ids, None, evidence)
        else:
            step = await gatherer.run_sql(str(arguments.get("sql") or ""), ids, evidence)
        if step.failed or len(evidence.sources) == before:
            why = step.attempts[-1].error.en if step.attempts else ""
            return step, f"Error: {why} Mend the query and try again."
        rows = json.dumps({"columns": step.columns, "rows": step.rows}, ensure_ascii=False, default=str)
        return step, f"[{evidence.sources[before].number}] {rows}"

    return Tool(
        QUERY, "query_data", Text("Query datasets", "查询数据集"),
        f"Run one DuckDB SELECT over these tables. Cite the result by its number in square brackets.\n{tables}",
        takes({"sql": {"type": "string"}}, ["sql"]), run,
        phrases=(*QUERYING, *(each.name for each in known)), from_question=lambda question: {"question": question},
    )  # fmt: skip
