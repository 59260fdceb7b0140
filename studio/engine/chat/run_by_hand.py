"""A workflow that a person runs from a chat: its result is the answer, and the next question reads it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from studio.engine.chat.answering import Answering
from studio.engine.chat.at_work import AtWork
from studio.engine.chat.message import Answered, ChatEvent, Piece, Step, Worked, Working
from studio.engine.chat.workflow_tool import WORKFLOW, as_markdown
from studio.engine.errors import Unavailable
from studio.engine.text import Text
from studio.engine.workflows.execution import Workflow


def asking_for(workflow: Workflow, inputs: dict[str, Any]) -> tuple[str, Step]:
    """The words of a question that runs a workflow, and the step that says so: asked again, it runs again."""
    lines = [f"{name}: {value if isinstance(value, str) else _json(value)}" for name, value in inputs.items()]
    step = Step(kind="tool", title=Text.same(workflow.name), tool=f"{WORKFLOW}{workflow.id}", arguments=inputs)
    return "\n".join([f"/{workflow.name}", *lines]), step


class RunByHand(Answering):
    """Nothing is asked of a model, and no leave is needed: whoever would give it has started the run."""

    async def _work(self) -> AsyncGenerator[ChatEvent, None]:
        asked = self._asked.steps[0]
        workflow = asked.tool.removeprefix(WORKFLOW)
        run = AtWork(asked, lambda tell: self._desk.toolbox.run(workflow, asked.arguments, tell), self._evidence.add)
        async with aclosing(run.cards()) as cards:
            async for card in cards:
                yield Working(card)
        step, outputs = run.result()
        self._evidence.add(step)
        words = "" if step.failed else as_markdown(outputs)
        self._now(content=words, steps=self._evidence.steps, usage={"seconds": round(step.seconds, 3)})
        await self._desk.threads.keep(self.message)
        yield Worked(step)
        if step.failed:
            raise Unavailable(
                step.detail or Text(f"{step.title.en} did not end.", f"{step.title.zh}，但未完成。"),
                Text("The run is under Runs, step by step.", "可在“运行”中逐步查看。"),
            )
        yield Piece(words)
        self._now(status="done")
        await self._desk.threads.keep(self.message)
        yield Answered(self.message)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
