"""A thread as a workflow: its collections, datasets, model and rules as steps that answer any question as the thread did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.engine.chat import prompt
from studio.engine.models.model import Model
from studio.engine.workflows.graph import Edge, Graph, Node

ACROSS, DOWN = 272.0, 128.0
CHUNKS, SMALL_CHUNKS = 4, 1
TOKENS = 512


def graph_of(
    name: str, question: str, collections: Sequence[str], datasets: Sequence[tuple[str, str]], model: Model | None
) -> Graph:
    """`collections` are names or ids, `datasets` pairs of id and name; `model` None leaves it to the default one."""
    small = model is not None and model.demo
    limit = SMALL_CHUNKS if small else CHUNKS
    searches = [
        _step(f"search_{at}", "retriever", 1, at, collection=each, limit=limit) for at, each in enumerate(collections)
    ]
    asked = model.id if model and not small else ""
    queries = [
        _step(f"ask_{at}", "ask_data", 1, len(searches) + at, dataset=ref, model=asked).model_copy(update={"on_error": "default"})
        for at, (ref, _) in enumerate(datasets)
    ]  # fmt: skip
    field = {"name": "question", "type": "text", "default": question or None}
    start = _step("start", "start", 0, fields=[field])
    facts = _step("prompt", "prompt", 2, template=_template(len(searches), [name for _, name in datasets], limit))
    write = _step("write", "llm", 3, model=model.id if model else "default", **_rules(small, bool(searches or queries)))
    answer = _step("answer", "answer", 4)
    nodes = [start, *searches, *queries, facts, write, answer]
    return Graph(name=name, nodes=nodes, edges=_wires(searches, queries))


def _step(id: str, type: str, across: int, down: int = 0, **params: Any) -> Node:
    return Node(id=id, type=type, params=params, position=(ACROSS * across, DOWN * down))


def _rules(small: bool, reads: bool) -> dict[str, Any]:
    """How the model is told to write, as the chat tells it."""
    system = "" if not reads else prompt.SMALL_RULES if small else prompt.RULES
    most = prompt.SMALL_TOKENS if small and reads else TOKENS
    return {"system": system, "temperature": 0.0, "max_tokens": most}


def _wires(searches: Sequence[Node], queries: Sequence[Node]) -> list[Edge]:
    edges = [
        _wire("start.question", "prompt.question"),
        _wire("prompt.text", "write.prompt"),
        _wire("write.text", "answer.text"),
    ]
    for at, each in enumerate(searches):
        edges += [_wire("start.question", f"{each.id}.query"), _wire(f"{each.id}.chunks", f"prompt.pages_{at}")]
    for at, each in enumerate(queries):
        edges += [_wire("start.question", f"{each.id}.question"), _wire(f"{each.id}.table", f"prompt.rows_{at}")]
    if len(searches) == 1:
        edges.append(_wire("search_0.chunks", "answer.sources"))
    return edges


def _template(searches: int, tables: Sequence[str], limit: int) -> str:
    """The facts with their numbers, then the question; nothing but the question where there is nothing to read."""
    if not searches and not tables:
        return "{{ question }}"
    facts = "".join(
        f"{{% for page in pages_{at} %}}{{{{ page.quote }}}} [{{{{ page.number + {at * limit} }}}}]\n{{% endfor %}}"
        for at in range(searches)
    )
    for at, name in enumerate(tables):
        facts += (
            f"{{% for row in rows_{at} or [] %}}Rows of {name} that answer the question: "
            "{% for name, value in row.items() %}{{ name }} {{ value }} {% endfor %}"
            f"[{{{{ loop.index + {searches * limit} }}}}]\n{{% endfor %}}"
        )
    return f"Facts:\n{facts}\nQuestion: {{{{ question }}}}"


def _wire(source: str, target: str) -> Edge:
    (step, port), (goal, entry) = source.split("."), target.split(".")
    return Edge(id=f"{step}-{port}-{goal}-{entry}", source=step, source_port=port, target=goal, target_port=entry)
