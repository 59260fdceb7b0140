"""Workflow files: the studio's own JSON, and the plain "1.0" form that other programs write, both ways without loss."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import ValidationError

from studio.engine.errors import Invalid
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.file_text import as_yaml, parsed
from studio.engine.workflows.graph import HANDLING, Edge, Graph, Node, Port, fits
from studio.engine.workflows.links import Sheet

VERSION = "2"

TYPES = {"input": "start", "transform": "python", "filter": "sql", "database": "sql"}
PARAMS: dict[str, dict[str, str]] = {
    "retriever": {"top_k": "limit", "collection": "collection", "mode": "mode"},
    "llm": {"model": "model", "system_prompt": "system", "temperature": "temperature", "max_tokens": "max_tokens"},
    "condition": {"expression": "expression", "condition": "expression"},
    "transform": {"code": "code"},
    "database": {"sql": "sql", "query": "sql"},
    "filter": {"sql": "sql"},
    "agent": {"model": "model", "system_prompt": "instruction", "max_iterations": "steps"},
    "http": {"url": "url", "method": "method", "headers": "headers", "body": "body"},
}
FIELDS = {
    "documents": "chunks",
    "output": "text",
    "answer": "text",
    "content": "text",
    "response": "text",
    "result": "value",
}
PROMPTS = ("prompt", "user_prompt", "prompt_template")
REFERENCE = re.compile(r"\{\{\s*([\w-]+)\.([\w-]+)\s*\}\}")
OURS = ("parent", "size", *HANDLING, "version")


def read(content: dict[str, Any] | str) -> Graph:
    """A graph from a file's content in either form. Steps of unknown types are kept as they are and say so as problems."""
    data = parsed(content)
    try:
        if str(data.get("version", VERSION)).startswith("1"):
            return _read_plain(data)
        graph = Graph.model_validate({**data, "version": VERSION})
        graph.nodes = [library.migrate(node) for node in graph.nodes]
        return graph
    except (ValidationError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(
            Text("This is not a workflow file.", "这不是有效的工作流文件。"),
            Text(
                "It needs “nodes” with id and type, and “edges” with source and target.",
                "文件需包含带 id 与 type 的 nodes，以及带 source 与 target 的 edges。",
            ),
            details=str(error),
        ) from error


def write(graph: Graph) -> str:
    """The studio's own form: a stable order, one line per scalar, so that two versions compare well."""
    return json.dumps(_said(graph), ensure_ascii=False, indent=2) + "\n"


def as_text(graph: Graph, format: str = "json") -> str:
    """A graph as a file: "json" and "yaml" are the studio's own form, "1.0" is what other programs read."""
    if format == "yaml":
        return as_yaml(_said(graph))
    if format == "1.0":
        return json.dumps(write_plain(graph), ensure_ascii=False, indent=2) + "\n"
    return write(graph)


def _said(graph: Graph) -> dict[str, Any]:
    return graph.model_dump(mode="json", exclude_defaults=True) | {"version": VERSION}


def write_plain(graph: Graph) -> dict[str, Any]:
    """The "1.0" form. What it has no words for goes under "studio", so reading it again gives the same graph."""
    nodes = [_plain_node(node) for node in graph.nodes if not node.foreign.get("implied")]
    edges = [_plain_edge(edge) for edge in graph.edges if not edge.foreign.get("implied")]
    more = graph.model_dump(
        mode="json", include={"description", "notes", "frames", "variables", "concurrency"}, exclude_defaults=True
    )
    return {"version": "1.0", "name": graph.name, "nodes": nodes, "edges": edges} | ({"studio": more} if more else {})


def _read_plain(data: dict[str, Any]) -> Graph:
    graph = Graph.model_validate({"name": data.get("name", ""), **data.get("studio", {})})
    graph.nodes = [_node(raw, place) for place, raw in enumerate(data["nodes"])]
    for raw in data.get("edges", []):
        edge = _edge(graph, raw)
        if edge is not None:
            graph.edges.append(edge)
    _wire_references(graph)
    _add_prompts(graph)
    _wire_questions(graph)
    return graph


def _config(raw: dict[str, Any]) -> dict[str, Any]:
    return dict(raw.get("config") or raw.get("data", {}).get("config") or {})


def _node(raw: dict[str, Any], place: int) -> Node:
    config, kind = _config(raw), str(raw["type"])
    at = raw.get("position") or {"x": 40 + 240 * place, "y": 80}
    own = raw.get("studio")
    label = str(raw.get("data", {}).get("label") or raw.get("label") or "")
    common = {"id": str(raw["id"]), "title": label, "position": (at["x"], at["y"])}
    if own is not None:
        return Node(type=kind, params=config, **common, **own)
    return Node(type=_type(kind), params=_params(kind, config), foreign=raw, **common)


def _type(kind: str) -> str:
    known = TYPES.get(kind, kind)
    return known if known in library.nodes.all() else kind


def _params(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """The parameters as our node type names them; of an unknown type, as they are."""
    if kind == "input":
        name = str(config.get("key", "query"))
        return {"fields": [{"name": name, "default": config["default"]} if "default" in config else {"name": name}]}
    if kind == "output":
        return {"names": [str(config.get("output_key", "result"))]}
    if kind == "tool_call":
        return _of_call(config)
    if kind in PARAMS:
        return {ours: config[theirs] for theirs, ours in PARAMS[kind].items() if theirs in config}
    known = library.nodes.all().get(kind)
    return config if known is None else {name: config[name] for name in config if name in known.params.model_fields}


def _of_call(config: dict[str, Any]) -> dict[str, Any]:
    """A call of a tool; its arguments are fixed ones."""
    tool = next((str(config[name]) for name in ("tool", "tool_name", "name") if config.get(name)), "python")
    given: dict[str, Any] = next(
        (config[name] for name in ("arguments", "args", "parameters") if isinstance(config.get(name), dict)), {}
    )
    return {"tool": tool, "inputs": [], "values": json.dumps(given, ensure_ascii=False)}


def _edge(graph: Graph, raw: dict[str, Any]) -> Edge | None:
    """The wire with its ports: those it names, or the first pair that fits."""
    source, target = graph.node(str(raw["source"])), graph.node(str(raw["target"]))
    outputs, inputs = _outputs(graph, source, target), _inputs(graph, source, target)
    left, right = raw.get("sourceHandle"), raw.get("targetHandle")
    pairs = [
        (a.name, b.name) for a in outputs for b in inputs
        if fits(a.type, b.type) and left in (None, a.name) and right in (None, b.name)
    ]  # fmt: skip
    pairs.sort(key=lambda pair: _distance(pair, outputs, inputs))
    found = pairs[0] if pairs else (left or "output", right or "input")
    known = {"id": str(raw["id"])} if raw.get("id") else {}
    foreign = {} if raw.get("studio") else raw
    own = raw["studio"] if isinstance(raw.get("studio"), dict) else {}
    return Edge(
        source=source.id,
        source_port=found[0],
        target=target.id,
        target_port=found[1],
        foreign=foreign,
        via=own.get("via", []),
        passes=own.get("passes"),
        **known,
    )


def _distance(pair: tuple[str, str], outputs: list[Port], inputs: list[Port]) -> tuple[bool, int]:
    """A pair of the same type before one that is only safe; then in the order of the ports."""
    left = next(place for place, port in enumerate(outputs) if port.name == pair[0])
    right = next(place for place, port in enumerate(inputs) if port.name == pair[1])
    return outputs[left].type != inputs[right].type, left + right


def _outputs(graph: Graph, source: Node, target: Node) -> list[Port]:
    return Sheet(graph, library.ports_of).outputs(source, target)


def _inputs(graph: Graph, source: Node, target: Node) -> list[Port]:
    return Sheet(graph, library.ports_of).inputs(source, target)


def _wire_references(graph: Graph) -> None:
    """`input_from: "retriever.documents"` and `query_from: "input"` say which output an input takes."""
    for node in graph.nodes:
        for key in ("input_from", "query_from"):
            name, _, field = str(_config(node.foreign).get(key, "")).partition(".")
            if name and graph.has(name) and name != node.id:
                _aim(graph, graph.node(name), FIELDS.get(field, field), node)


def _aim(graph: Graph, source: Node, field: str, target: Node) -> None:
    outputs = [port for port in _outputs(graph, source, target) if port.name == field] or _outputs(
        graph, source, target
    )
    there = [edge for edge in graph.edges if edge.source == source.id and edge.target == target.id]
    pairs = [(a.name, b.name) for a in outputs for b in _inputs(graph, source, target) if fits(a.type, b.type)]
    pairs.sort(key=lambda pair: _distance(pair, outputs, _inputs(graph, source, target)))
    if not pairs:
        return
    if there:
        there[0].source_port, there[0].target_port = pairs[0]
        return
    free = [pair for pair in pairs if not graph.edges_into(target.id, pair[1])]
    if free:
        graph.edges.append(
            Edge(
                source=source.id,
                source_port=free[0][0],
                target=target.id,
                target_port=free[0][1],
                foreign={"implied": True},
            )
        )


def _add_prompts(graph: Graph) -> None:
    """A model's own prompt with `{{ inputs.x }}` and `{{ node.field }}` becomes a prompt step before it."""
    for node in [node for node in graph.nodes if node.type == "llm" and node.foreign]:
        config = _config(node.foreign)
        template = next((str(config[key]) for key in PROMPTS if config.get(key)), "")
        if template and not graph.edges_into(node.id, "prompt"):
            _add_prompt(graph, node, template)


def _add_prompt(graph: Graph, node: Node, template: str) -> None:
    found = dict.fromkeys(REFERENCE.findall(template))
    plain = REFERENCE.sub(lambda match: "{{ " + _variable(*match.groups()) + " }}", template)
    at = (node.position[0] - 120, node.position[1] + 160)
    prompt = Node(
        id=graph.fresh_id(f"{node.id}_prompt"),
        type="prompt",
        params={"template": plain},
        position=at,
        foreign={"implied": True},
    )
    graph.nodes.append(prompt)
    for source, field in found:
        _join(graph, *_slot(graph, source, field), prompt.id, _variable(source, field))
    _join(graph, prompt.id, "text", node.id, "prompt")


def _variable(source: str, field: str) -> str:
    name = field if source == "inputs" else f"{source}_{field}"
    return re.sub(r"\W", "_", name)


def _slot(graph: Graph, source: str, field: str) -> tuple[str, str]:
    """The step and port that a reference means; `inputs.x` is the field x of whichever start step has it."""
    if source != "inputs":
        known = graph.has(source) and {port.name for port in library.ports_of(graph.node(source)).outputs}
        return source, field if known and field in known else FIELDS.get(field, field)
    starts = [node for node in graph.nodes if node.type == "start"]
    owner = next((n for n in starts if field in {port.name for port in library.ports_of(n).outputs}), None)
    return (owner or (starts[0] if starts else graph.nodes[0])).id, field


def _join(graph: Graph, source: str, source_port: str, target: str, target_port: str) -> None:
    edge = Edge(
        source=source, source_port=source_port, target=target, target_port=target_port, foreign={"implied": True}
    )
    graph.edges.append(edge)


def _wire_questions(graph: Graph) -> None:
    """In this form a model reads the run's question without a wire; ours shows one."""
    start = next((node for node in graph.nodes if node.type == "start"), None)
    outputs = library.ports_of(start).outputs if start else []
    for node in graph.nodes:
        if start and outputs and node.type == "llm" and node.foreign and not graph.edges_into(node.id, "prompt"):
            _join(graph, start.id, outputs[0].name, node.id, "prompt")


def _plain_node(node: Node) -> dict[str, Any]:
    if node.foreign:
        return _changed(node)
    own = {name: value for name, value in node.model_dump(mode="json", exclude_defaults=True).items() if name in OURS}
    at = {"x": node.position[0], "y": node.position[1]}
    return {
        "id": node.id,
        "type": node.type,
        "position": at,
        "data": {"label": node.title, "config": node.params},
        "studio": own,
    }


def _changed(node: Node) -> dict[str, Any]:
    """What the file said, with what was changed since put in."""
    raw = json.loads(json.dumps(node.foreign))
    kind = str(raw["type"])
    now, before = node.params, _params(kind, _config(raw))
    if now != before:
        config = _config(raw) | _as_plain(kind, now)
        if "config" in raw or "data" not in raw:
            raw["config"] = config
        else:
            raw["data"]["config"] = config
    if "position" in raw:
        raw["position"] = {"x": node.position[0], "y": node.position[1]}
    return dict(raw)


def _as_plain(kind: str, params: dict[str, Any]) -> dict[str, Any]:
    if kind == "input":
        return {"key": params["fields"][0]["name"]}
    if kind == "output":
        return {"output_key": params["names"][0]}
    if kind not in PARAMS:
        return params
    return {theirs: params[ours] for theirs, ours in PARAMS[kind].items() if ours in params}


def _plain_edge(edge: Edge) -> dict[str, Any]:
    if edge.foreign:
        return dict(edge.foreign)
    return {
        "id": edge.id, "source": edge.source, "target": edge.target,
        "sourceHandle": edge.source_port, "targetHandle": edge.target_port,
        "studio": {"ports": True} | ({"via": [list(place) for place in edge.via]} if edge.via else {})
        | ({"passes": edge.passes} if edge.passes else {}),
    }  # fmt: skip
