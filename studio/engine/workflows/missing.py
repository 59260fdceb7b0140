"""What a graph names that is not there: a step that reads it would fail, so whoever draws is told before a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from studio.engine import params as declared
from studio.engine.errors import BadParameter, Fix, StudioError
from studio.engine.workflows import library, packages
from studio.engine.workflows.graph import Graph, Node, Problem
from studio.engine.workflows.packages import FOLDER
from studio.engine.workflows.rooms import Rooms

Look = Callable[[str], Awaitable[Any]]


async def missing(graph: Graph, rooms: Rooms, workflow: Look) -> list[Problem]:
    """A warning for each setting that names a dataset, collection, model, workflow or connection which cannot be had; each is looked up once."""
    looks: dict[str, Look] = {
        "dataset": rooms.datasets.get,
        "collection": rooms.knowledge.collection,
        "model": rooms.models.get,
        "workflow": workflow,
    }
    if (connections := getattr(rooms, "connections", None)) is not None:
        looks["service"] = connections.get
    known: dict[tuple[str, str], StudioError | None] = {}
    found = []
    for node in graph.nodes:
        for name, kind, value in _named(node, looks):
            if (kind, value) not in known:
                known[kind, value] = await _why_not(looks[kind], value)
            why = known[kind, value]
            if why is not None:
                fix = Fix(kind, name)
                found.append(Problem(node_id=node.id, message=why.message, level="warning", fix=fix))
    return found + await asyncio.to_thread(_without_packages, graph, rooms.paths.data / FOLDER)


def _without_packages(graph: Graph, folder: Path) -> list[Problem]:
    """A warning for each step whose code imports what is not installed."""
    found = []
    for node in graph.nodes:
        kind = library.nodes.all().get(node.type)
        params = kind.read(node.params) if kind and kind.packages and not (node.mute or node.bypass) else None
        try:
            packages.check(kind.packages(params) if params is not None else (), folder)  # type: ignore[misc, union-attr]
        except BadParameter as error:
            found.append(Problem(node_id=node.id, message=error.message, level="warning", fix=error.fix))
    return found


def _named(node: Node, looks: dict[str, Look]) -> Iterator[tuple[str, str, str]]:
    """The settings of a step that name something, with its kind and the name."""
    kind = library.nodes.all().get(node.type)
    if kind is None or node.mute or node.bypass:
        return
    for field in declared.fields_of(kind.params):
        value = node.params.get(field.name, field.default)
        if field.ref in looks and isinstance(value, str) and value and field.name not in node.bound:
            yield field.name, field.ref, value


async def _why_not(look: Look, name: str) -> StudioError | None:
    try:
        await look(name)
    except StudioError as error:
        return error
    return None
