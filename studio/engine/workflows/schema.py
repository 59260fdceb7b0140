"""The JSON schema of a workflow file, made from the declarations of graphs and nodes."""

from __future__ import annotations

from typing import Any

from studio.engine.workflows import library
from studio.engine.workflows.graph import Graph


def of_files() -> dict[str, Any]:
    """The schema of the studio's own form. A step of a known type has that type's parameters; others may have any."""
    found = Graph.model_json_schema()
    rules = []
    definitions = found.setdefault("$defs", {})
    for kind in library.node_types():
        params = kind.params.model_json_schema(ref_template=f"#/$defs/{kind.name}.params/$defs/{{model}}")
        definitions[f"{kind.name}.params"] = params
        rules.append(
            {
                "if": {"properties": {"type": {"const": kind.name}}, "required": ["type"]},
                "then": {"properties": {"params": {"$ref": f"#/$defs/{kind.name}.params"}}},
            }
        )
    definitions["Node"]["allOf"] = rules
    return {**found, "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ONE Data Studio workflow"}
