"""Where runs wait for people: a question stays in the journal, the answer finds whoever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from studio.engine.errors import BadParameter
from studio.engine.text import Text
from studio.engine.workflows.doubt import is_doubt, taken_as_done

Where = tuple[str, tuple[int, ...]]
Changed = Callable[[str, bool], None]


class Desk:
    """The open questions of the runs that are alive. `changed(execution, waits)` is told for each that comes or goes: whether
    the run waits for a person then."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._open: dict[str, dict[Where, asyncio.Future[Any]]] = {}
        self._standing: dict[tuple[str, str], Any] = {}

    def waits_for(self, execution: str) -> bool:
        return bool(self._open.get(execution))

    async def wait(self, execution: str, where: Where, question: dict[str, Any], seconds: float | None) -> Any:
        """The answer; None when nobody gave one in time."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        waiting = self._open.setdefault(execution, {})
        waiting[where] = answer
        self._changed(execution, True)
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            return None
        finally:
            if not _being_cancelled():
                self._leave(execution, where)

    def give(self, execution: str, where: Where, answer: Any) -> bool:
        """Hand an answer to whoever waits for it; False when nobody does here."""
        found = self._open.get(execution, {}).get(where)
        if found is None or found.done():
            return False
        found.set_result(answer)
        return True

    def stand(self, execution: str, step: str, answer: Any) -> None:
        """One answer for whatever that step asks in doubt until the run ends."""
        self._standing[execution, step] = answer

    def standing(self, execution: str, step: str) -> Any:
        return self._standing.get((execution, step))

    def forget(self, execution: str) -> None:
        self._open.pop(execution, None)
        for key in [key for key in self._standing if key[0] == execution]:
            del self._standing[key]

    def _leave(self, execution: str, where: Where) -> None:
        waiting = self._open.get(execution, {})
        waiting.pop(where, None)
        if not waiting:
            self._open.pop(execution, None)
        self._changed(execution, bool(waiting))


def _being_cancelled() -> bool:
    """A run that ends while it waits goes on waiting when it is taken up again."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def check_answer(question: dict[str, Any], answer: Any) -> Any:
    """The answer as the question wants it, or `BadParameter` that says what it wants."""
    choices = question.get("choices") or []
    fields = question.get("fields") or []
    if choices and not fields:
        chosen = answer.get("choice") if isinstance(answer, dict) else answer
        if chosen not in choices:
            known = ", ".join(map(str, choices))
            raise BadParameter(Text(f"The answer has to be one of: {known}.", f"回答必须是以下之一：{known}。"))
        found = {"choice": chosen, "text": answer.get("text", "") if isinstance(answer, dict) else ""}
        return {**found, "outputs": taken_as_done(question, answer)} if is_doubt(question) else found
    if fields:
        missing = [name for name in fields if not isinstance(answer, dict) or answer.get(name) in (None, "")]
        if missing:
            raise BadParameter(Text(f"The answer lacks: {', '.join(missing)}.", f"回答缺少：{'、'.join(missing)}。"))
    return answer
