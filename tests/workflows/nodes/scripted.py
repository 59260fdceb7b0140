"""A chat model that says what a test wrote for it, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy

from studio.engine.workflows.context import Context, Services


class Cut(str):
    """An answer that ended because it had as many tokens as it may."""


class Reasoned(str):
    """An answer that the model thought about first, as it says."""


class Scripted:
    """Says `answers` in their order: a text, or a list of (tool, arguments) to call."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[list[dict[str, Any]]] = []
        self.options: list[dict[str, Any]] = []
        self.budget = SimpleNamespace(holding=lambda name, needed: nullcontext())

    async def get(self, name: str) -> Any:
        return SimpleNamespace(id=name, demo=False, kind="embedding")

    async def chat(self, model: str, messages: list[dict[str, Any]], **options: Any) -> AsyncIterator[Any]:
        self.asked.append([*messages])
        self.options.append(options)
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            reason = "length" if isinstance(answer, Cut) else "stop"
            if isinstance(answer, Reasoned):
                yield SimpleNamespace(text="", usage=None, reasoning="It says so.")
            yield SimpleNamespace(text=answer, usage=None, finish_reason=reason)
        else:
            for number, (name, arguments) in enumerate(answer):
                head = {"index": number, "id": f"c{number}", "function": {"name": name, "arguments": arguments[:3]}}
                yield SimpleNamespace(text="", tool_calls=[head], usage=None)
                tail = {"index": number, "function": {"arguments": arguments[3:]}}
                yield SimpleNamespace(text="", tool_calls=[tail], usage=None)
        yield SimpleNamespace(text="", usage={"completion_tokens": 10})

    async def embed(self, model: str, texts: list[str], **options: Any) -> Any:
        return numpy.array([[float(len(text)), 1.0] for text in texts])


def scripted(*answers: Any, **services: Any) -> tuple[Context, Scripted]:
    model = Scripted(*answers)
    return Context(services=Services(models=model, **services)), model
