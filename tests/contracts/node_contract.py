"""What every node type keeps to. A node's test inherits `NodeContract` and names its type."""

from __future__ import annotations

import inspect
import re
from typing import ClassVar

from studio.engine.params import Params, fields_of
from studio.engine.paths import resource
from studio.engine.text import Text
from studio.engine.workflows import library
from studio.engine.workflows.graph import PORT_TITLES, Port
from studio.engine.workflows.node import CATEGORIES, NodeType

CHINESE = re.compile(r"[\u4e00-\u9fff]")


class NodeContract:
    """`name` is the node's; `example` are parameters with which it could run."""

    name: str
    example: ClassVar[dict[str, object]] = {}

    @property
    def type(self) -> NodeType:
        return library.nodes.get(self.name)

    def ports(self) -> list[Port]:
        ports = self.type.ports(dict(self.example))
        return [*ports.inputs, *ports.outputs, *ports.inner_inputs, *ports.inner_outputs]

    def test_it_speaks_both_languages(self) -> None:
        for text in (self.type.title, self.type.doc):
            assert isinstance(text, Text) and text.en.strip() and CHINESE.search(text.zh)
        for field in fields_of(self.type.params):
            assert field.title.en and field.title.zh
            assert field.help is None or CHINESE.search(field.help.zh)

    def test_its_docstring_says_what_cannot_be_seen(self) -> None:
        assert len((inspect.getdoc(self.type.function) or "").strip()) > 30

    def test_its_ports_are_typed_and_named_once(self) -> None:
        assert all(port.type in PORT_TITLES for port in self.ports())
        ports = self.type.ports(dict(self.example))
        for side in (ports.inputs, ports.outputs, ports.inner_inputs, ports.inner_outputs):
            assert len({port.name for port in side}) == len(side)

    def test_it_has_its_place_in_the_palette_and_an_icon(self) -> None:
        assert self.type.category in CATEGORIES
        folder = resource("icons")
        assert not folder.is_dir() or (folder / f"{self.type.icon}.svg").exists(), self.type.icon

    def test_its_parameters_are_declared_and_its_example_holds(self) -> None:
        assert issubclass(self.type.params, Params)
        assert self.type.read(dict(self.example)) is not None

    def test_half_typed_parameters_never_break_its_ports(self) -> None:
        for field in fields_of(self.type.params):
            if field.kind != "list":
                self.type.ports({**self.example, field.name: ""})
        self.type.ports({})

    def test_the_line_on_the_canvas_is_short_text(self) -> None:
        assert isinstance(self.type.line(dict(self.example)), str)
