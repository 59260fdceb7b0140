"""What a bypassed step lets through: for each output the input whose value stands in for it, judged by type."""

from __future__ import annotations

from collections.abc import Sequence

from studio.engine.workflows.graph import Port, Ports, PortType, fits

Through = dict[str, tuple[str, PortType | None]]


def through(ports: Ports) -> Through:
    """By output: the input that passes to it, and the type that its value is converted to (None: as it is).

    An input of the same type comes first, then one that takes or gives anything; one that only converts without loss stands
    in where the step has one output. An output without such an input carries nothing, and what needs it is skipped.
    """
    found: Through = {}
    for output in ports.outputs:
        source = _same(output, ports.inputs) or _any(output, ports.inputs)
        if source is None and len(ports.outputs) == 1:
            source = next((port for port in ports.inputs if fits(port.type, output.type)), None)
        if source is not None:
            found[output.name] = (source.name, None if output.type in (source.type, "any") else output.type)
    return found


def _same(output: Port, inputs: Sequence[Port]) -> Port | None:
    return next((port for port in inputs if port.type == output.type), None)


def _any(output: Port, inputs: Sequence[Port]) -> Port | None:
    return next((port for port in inputs if "any" in (port.type, output.type)), None)
