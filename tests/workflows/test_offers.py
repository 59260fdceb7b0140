"""Many wires judged at once are judged as each alone."""

from __future__ import annotations

import pytest

from studio.engine.errors import StudioError
from studio.engine.paths import resource
from studio.engine.workflows import library
from studio.engine.workflows.graph import Edge, Graph
from studio.engine.workflows.offers import Offers

SAMPLES = sorted(resource("sample/workflows").glob("*.json"))


def allowed(graph: Graph, edge: Edge, replacing: bool) -> bool:
    ports = library.ports_of(graph.node(edge.target))
    many = any(port.many for port in (*ports.inputs, *ports.inner_inputs) if port.name == edge.target_port)
    end = (edge.target, edge.target_port)
    kept = [e for e in graph.edges if not replacing or many or (e.target, e.target_port) != end]
    try:
        library.check_link(graph.model_copy(update={"edges": kept}), edge)
    except StudioError:
        return False
    return True


@pytest.mark.parametrize("replacing", [True, False])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_wire_that_could_be_drawn_is_judged_as_if_asked_alone(path, replacing: bool) -> None:
    graph = Graph.model_validate_json(path.read_text())
    offers = Offers(graph, library.ports_of, replacing)
    answers = []
    for source in graph.nodes:
        begin = library.ports_of(source)
        for target in graph.nodes:
            if source.id == target.id:
                continue
            end = library.ports_of(target)
            for output in (*begin.outputs, *begin.inner_outputs):
                for given in (*end.inputs, *end.inner_inputs):
                    edge = Edge(source=source.id, source_port=output.name, target=target.id, target_port=given.name)
                    alone = allowed(graph, edge, replacing)
                    assert (offers.leaves(edge), offers.enters(edge)) == (alone, alone), edge
                    answers.append(alone)
    assert {True, False} == set(answers) or not replacing
