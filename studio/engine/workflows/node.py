"""A node is a typed function: its signature gives the ports, its `Params` the form, its docstring the help.

```python
@node(title=Text("Retriever", "检索"), category="retrieve", icon="text-search", doc=Text("…", "…"))
async def retriever(query: Annotated[str, Text("Query", "问题")], context: Context, params: RetrieverParams) -> Chunks:
    \"\"\"Find the chunks that answer a query best.\"\"\"
```

Everything before `context` is an input port; a default makes it optional; `Many()` lets it take several wires and hands
over a list. A NamedTuple as the answer is one output port per field; any other answer is one port named for its type. `**values` takes the ports that `inputs=` computes from the
parameters (write `context` and `params` positional-only there, so that a value may have their names). An async generator streams: it yields text pieces and last its answer (`Result(value)`).
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from studio.engine import params as declared
from studio.engine.params import Params
from studio.engine.text import Text
from studio.engine.workflows.bound import bound_ports, fixed_params
from studio.engine.workflows.graph import PORT_TITLES, Node, Port, Ports, PortType

Category = Literal["sources", "retrieve", "generate", "transform", "control", "output"]

CATEGORIES: dict[str, Text] = {
    "sources": Text("Sources", "数据来源"),
    "retrieve": Text("Retrieve", "检索"),
    "generate": Text("Generate", "生成"),
    "transform": Text("Transform", "转换"),
    "control": Text("Control", "控制"),
    "output": Text("Output", "输出"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """Marks an annotation with the port type it stands for, where the Python type does not say it."""

    type: PortType


@dataclass(frozen=True, slots=True)
class Many:
    """Marks an input that takes several wires; the function gets a list."""


Table = Annotated[Any, Kind("table")]  # a pyarrow.Table, not imported here
Chunks = Annotated[list[dict[str, Any]], Kind("chunks")]  # see context.chunk_of for the fields
Documents = Annotated[list[dict[str, Any]], Kind("docs")]
Messages = Annotated[list[dict[str, Any]], Kind("messages")]
Json = Annotated[Any, Kind("json")]
Anything = Annotated[Any, Kind("any")]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result(Generic[T]):
    """The last thing that a streaming node yields: what goes out of its ports."""

    value: T


FieldType = Literal["text", "number", "boolean", "json", "file", "files", "any"]

FIELD_TITLES: dict[str, Text] = {
    kind: PORT_TITLES.get(kind, Text("files", "多个文件")) for kind in typing.get_args(FieldType)
}
FIELD_SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "file": {"type": "string", "description": "an s3:// or https:// address"},
    "files": {"type": "array", "items": {"type": "string"}, "description": "s3:// or https:// addresses"},
}


class StartField(BaseModel):
    """One thing that whoever starts the run fills in."""

    model_config = ConfigDict(extra="forbid")

    name: str
    type: FieldType = "text"
    title: Text | None = None
    default: Any = None
    required: bool = True

    @property
    def needed(self) -> bool:
        """Whether there is no run without it."""
        return self.required and self.default is None

    @property
    def port_type(self) -> PortType:
        return "file" if self.type == "files" else self.type

    def schema_of_value(self) -> dict[str, Any]:
        """As a model is told of it that gives the value."""
        return dict(FIELD_SCHEMAS.get(self.type, {}))


@dataclass(frozen=True)
class Asked:
    """What a run is asked for: its fields, words that guide whoever fills them in, and questions to begin with."""

    fields: list[StartField]
    guide: str = ""
    questions: tuple[str, ...] = ()


class Absent:
    """What a port carries when its branch was not taken. There is one, `absent`."""

    def __repr__(self) -> str:
        return "absent"


absent = Absent()

Migrator = Callable[[dict[str, Any]], dict[str, Any]]
Function = Callable[..., Awaitable[Any] | AsyncIterator[Any]]


@dataclass(frozen=True)
class NodeType:
    """One kind of step, as the palette, the inspector, the judge of links and the scheduler see it.

    `side_effect`: running it twice would matter, so a resumed run never repeats it and no cache serves it.
    `cached`: worth keeping the answer of; one that is `light` costs less than a look into the cache and is kept only on the sheet,
    not for each row of a frame. `fingerprint` names the state of the outside world that
    the answer depends on (a dataset's version), as a part of the cache's key. `frame`: other steps lie in it.
    `effect` tells by the parameters whether one with side effects has any; one that `asks_first` has it once, after its own question
    to a person. `asks` says what whoever starts a run is asked for. `packages` are those that its code imports. `migrators` turn parameters that were written for an older `version` into those of the next one.
    """

    name: str
    title: Text
    category: Category
    icon: str
    doc: Text
    function: Function
    params: type[Params]
    fixed: Ports
    version: int = 1
    side_effect: bool = False
    asks_first: bool = False
    streams: bool = False
    cached: bool = True
    light: bool = False
    frame: bool = False
    takes_any_name: bool = False
    parameterised: Callable[[Any], Ports] | None = field(default=None, compare=False)
    fingerprint: Callable[[Any, Any], Awaitable[str]] | None = field(default=None, compare=False)
    summary: Callable[[Any], str] | None = field(default=None, compare=False)
    migrators: dict[int, Migrator] = field(default_factory=dict, compare=False)
    effect: Callable[[Any], bool] | None = field(default=None, compare=False)
    asks: Callable[[Any], Asked] | None = field(default=None, compare=False)
    packages: Callable[[Any], Sequence[str]] | None = field(default=None, compare=False)
    _plain: Any = field(default=None, compare=False)  # the parameters of a step that sets none

    @property
    def inputs(self) -> list[Port]:
        """The ports that every step of this type has; `ports` knows those that depend on its parameters."""
        return self.fixed.inputs

    @property
    def outputs(self) -> list[Port]:
        return self.fixed.outputs

    def read(self, values: dict[str, Any]) -> Any:
        """The parameters as the function takes them, or None where they do not hold."""
        if not values and self._plain is not None:
            return self._plain
        try:
            return self.params.model_validate(values)
        except ValidationError:
            return None

    def ports(self, values: dict[str, Any]) -> Ports:
        """The ports of a step with these parameters; half-typed parameters give what can be told."""
        if self.parameterised is None:
            return self.fixed
        params = self.read(values)
        more = self.parameterised(params if params is not None else self.half(values))
        return Ports(
            inputs=_joined(self.fixed.inputs, more.inputs),
            outputs=_joined(self.fixed.outputs, more.outputs),
            inner_outputs=_joined(self.fixed.inner_outputs, more.inner_outputs),
            inner_inputs=_joined(self.fixed.inner_inputs, more.inner_inputs),
        )

    def ports_of(self, node: Node) -> Ports:
        """The ports of one step: those of its parameters, inputs for what is bound, `error` where it branches on errors."""
        ports = self.ports(fixed_params(self, node))
        if node.bound:
            more = bound_ports(self, node, ports.inputs)
            ports = ports.model_copy(update={"inputs": [*ports.inputs, *more]})
        if node.on_error != "branch":
            return ports
        error = Port(name="error", type="json", title=Text("Error", "错误"))
        return ports.model_copy(update={"outputs": [*ports.outputs, error]})

    def half(self, values: dict[str, Any]) -> Any:
        """The parameters with defaults in place of what does not hold."""
        bad = declared.problems_in_words(self.params, values)
        sound = {name: value for name, value in values.items() if name not in bad}
        found = self.read(sound)
        return self.params.model_construct(**sound) if found is None else found

    def line(self, values: dict[str, Any]) -> str:
        """One line that tells this step's work apart on the canvas: the dataset's name, the condition."""
        params = self.read(values)
        return self.summary(params) if self.summary and params is not None else ""

    def call(self, context: Any, params: Any, inputs: dict[str, Any]) -> Any:
        """Start the function with the values of its input ports, whatever they are named."""
        if self.takes_any_name:
            return self.function(context, params, **inputs)
        return self.function(**inputs, context=context, params=params)

    def __call__(self, *values: Any, **named: Any) -> Any:
        """A node is called as the function that it is; tests do."""
        return self.function(*values, **named)


F = TypeVar("F", bound=Callable[..., Any])


def node(
    *,
    title: Text,
    category: Category,
    icon: str,
    doc: Text,
    name: str = "",
    version: int = 1,
    side_effect: bool = False,
    asks_first: bool = False,
    cached: bool = True,
    light: bool = False,
    frame: bool = False,
    ports: Callable[[Any], Ports] | None = None,
    fingerprint: Callable[[Any, Any], Awaitable[str]] | None = None,
    summary: Callable[[Any], str] | None = None,
    migrators: dict[int, Migrator] | None = None,
    effect: Callable[[Any], bool] | None = None,
    asks: Callable[[Any], Asked] | None = None,
    packages: Callable[[Any], Sequence[str]] | None = None,
) -> Callable[[F], NodeType]:
    """Make a node type of an async function or an async generator. `ports` gives the ports that depend on the parameters;
    one that has the name of a fixed one stands in its place."""

    def declare(function: F) -> NodeType:
        hints = typing.get_type_hints(function, include_extras=True)
        made = NodeType(
            name=name or function.__name__.rstrip("_"),
            title=title,
            category=category,
            icon=icon,
            doc=doc,
            function=cast(Function, function),
            params=hints.get("params", Params),
            fixed=Ports(inputs=_inputs(function, hints), outputs=_outputs(hints.get("return"))),
            version=version,
            side_effect=side_effect,
            asks_first=asks_first,
            streams=inspect.isasyncgenfunction(function),
            cached=cached and not side_effect,
            light=light,
            frame=frame,
            takes_any_name=_positional(function),
            parameterised=ports,
            fingerprint=fingerprint,
            summary=summary,
            migrators=migrators or {},
            effect=effect,
            asks=asks,
            packages=packages,
        )
        object.__setattr__(made, "_plain", made.read({}))
        object.__setattr__(made, "__doc__", function.__doc__)
        object.__setattr__(made, "__module__", function.__module__)
        return made

    return declare


def _joined(fixed: list[Port], more: list[Port]) -> list[Port]:
    """The fixed ports, then those of the parameters; one that has a fixed one's name stands in its place."""
    if not more:
        return fixed
    named = {port.name: port for port in more}
    return [*(named.pop(port.name, port) for port in fixed), *named.values()]


def _positional(function: Callable[..., Any]) -> bool:
    return inspect.signature(function).parameters["context"].kind is inspect.Parameter.POSITIONAL_ONLY


def _inputs(function: Callable[..., Any], hints: dict[str, Any]) -> list[Port]:
    found = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in ("context", "params") or parameter.kind is parameter.VAR_KEYWORD:
            continue
        found.append(_port(parameter.name, hints[parameter.name], parameter.default is not parameter.empty))
    return found


def _outputs(answer: Any) -> list[Port]:
    answer = _streamed(answer)
    if answer is None or answer is type(None):
        return []
    if isinstance(answer, type) and issubclass(answer, tuple) and hasattr(answer, "_fields"):
        hints = typing.get_type_hints(answer, include_extras=True)
        return [_port(name, hint, False) for name, hint in hints.items()]
    kind = port_type(answer)
    named = "value" if kind == "any" else kind
    marks = getattr(answer, "__metadata__", ())
    title = next((mark for mark in marks if isinstance(mark, Text)), PORT_TITLES[kind])
    return [Port(name=named, type=kind, title=title)]


def _streamed(answer: Any) -> Any:
    """What a streaming node ends with: the T of `AsyncIterator[str | Result[T]]`."""
    if typing.get_origin(answer) not in (AsyncGenerator, AsyncIterator):
        return answer
    for part in typing.get_args(typing.get_args(answer)[0]):
        if typing.get_origin(part) is Result:
            return typing.get_args(part)[0]
    return None


def _port(name: str, hint: Any, optional: bool) -> Port:
    marks = list(getattr(hint, "__metadata__", ()))
    title = next((mark for mark in marks if isinstance(mark, Text)), Text.same(name))
    many = any(isinstance(mark, Many) for mark in marks)
    return Port(name=name, type=port_type(hint), title=title, many=many, optional=optional)


PLAIN: dict[Any, PortType] = {str: "text", int: "number", float: "number", bool: "boolean", dict: "json", list: "json"}


def port_type(hint: Any) -> PortType:
    """The port type that an annotation stands for."""
    for mark in getattr(hint, "__metadata__", ()):
        if isinstance(mark, Kind):
            return mark.type
    base = getattr(hint, "__origin__", hint) if hasattr(hint, "__metadata__") else hint
    parts = [part for part in typing.get_args(base) if part is not type(None)]
    if typing.get_origin(base) in (typing.Union, types.UnionType):
        return port_type(parts[0]) if len(parts) == 1 else "any"
    if typing.get_origin(base) is list and parts and hasattr(parts[0], "__metadata__"):
        return port_type(parts[0])
    return PLAIN.get(typing.get_origin(base) or base, "any")
