"""Runs a plan: a step starts when what it needs is there.

The scheduler holds no queue to scan. A step that ends counts its followers down, and its task goes on with those that are
ready; another task is there to take them over the moment that it has to wait. So steps that never wait share one task,
however wide the graph is, and each that waits has one of its own. What happened goes to the journal as it happens; a run that goes on
after a crash is given what was recorded and does not repeat it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.engine.errors import BadState, Unavailable, from_unexpected
from studio.engine.text import Text
from studio.engine.workflows.bound import resolved
from studio.engine.workflows.cache import Cache
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.desk import Desk
from studio.engine.workflows.journal import Journal
from studio.engine.workflows.kept_rows import said_of
from studio.engine.workflows.node import absent
from studio.engine.workflows.outcomes import Outcomes, StepFailed, first_failure
from studio.engine.workflows.outside import Outside
from studio.engine.workflows.people import People
from studio.engine.workflows.place import Place, Rows
from studio.engine.workflows.plan import Scope, Step
from studio.engine.workflows.replay import Recorded
from studio.engine.workflows.step import call
from studio.engine.workflows.step_context import StepContext
from studio.engine.workflows.store import Ref, Store

TURN = 0.01  # seconds that steps which never wait may keep the loop from turning


@dataclass(frozen=True)
class Rules:
    """How a run differs from a plain one. `only`: no other step runs. `played`: answers of the outside world to give again.

    `concurrency` bounds how many steps run at once.
    """

    only: frozenset[str] | None = None
    played: Recorded | None = None
    concurrency: int | None = None


@dataclass
class Parts:
    """What all runs of a room share."""

    services: Services
    journal: Journal
    store: Store
    cache: Cache
    desk: Desk
    folder: Path | None = None
    rules: Rules = field(default_factory=Rules)


class Run(Outcomes):
    """One execution. Make it, `announce()`, then `await run.go()`; cancelling that stops every step."""

    def __init__(
        self,
        execution: str,
        scope: Scope,
        inputs: dict[str, Any],
        parts: Parts,
        recorded: Recorded | None = None,
        rules: Rules | None = None,
    ) -> None:
        super().__init__(execution, parts.journal)
        self.inputs = inputs
        self.services = parts.services
        self.folder = parts.folder
        self.tokens = 0
        self.recorded = recorded or Recorded()
        self._rules = rules or Rules()
        self.outside = Outside(self.tell, parts.store, self._rules.played)
        self._scope = scope
        self.store = parts.store
        self.cache = parts.cache
        self._desk = parts.desk
        self._people = People(execution, self.recorded, parts.desk, self.tell, parts.journal.flush)
        self._knows = self.recorded.any
        self._begun: set[str] = set()
        self._turned = 0.0
        bound = self._rules.concurrency
        self._turns = asyncio.Semaphore(bound) if bound else None
        self.first_start: float | None = None  # of a run that is not taken up again

    def announce(self) -> None:
        """Note the start, at once: who watches from now on must not take an earlier end for this one's."""
        steps = list(self._scope.everything())
        said = {"steps": [step.id for step in steps], "resumed": self._knows}
        if self._rules.only is not None:
            asked = self._scope.within(self._rules.only)
            said["left_out"] = [step.id for step in steps if step.id not in asked]
        event = self._journal.append(self.execution, "run_started", "", said)
        self.first_start = event.at if event.seq == 1 else None

    async def go(self) -> dict[str, Ref]:
        """Run everything and give the outputs by name. Raises `StepFailed` of the step that ended it."""
        try:
            await self._place(Place(self._scope))
        finally:
            self.teller.close()
        return self.outputs

    @property
    def waiting(self) -> bool:
        """Whether a person is being waited for."""
        return self._desk.waits_for(self.execution)

    def progress(self, step: Step, rows: Rows, data: dict[str, Any]) -> None:
        if step.body is not None and data["done"] == 0:
            self.teller.frame([inner.id for inner in step.body.everything()], data["total"])
        self.teller.progress(step.id, rows, data)

    async def ask(self, step: Step, rows: Rows, question: dict[str, Any], seconds: float | None) -> Any:
        """Wait for a person, through restarts of the studio."""
        return await self._people.ask((step.id, rows), question, seconds)

    async def call_workflow(
        self, step: Step, rows: Rows, workflow: str, version: int | None, inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """Run another workflow inside this one; after a restart the same run goes on."""
        if self.services.workflows is None:
            raise Unavailable(Text("No other workflow can be reached here.", "此处无法调用其他工作流。"))

        async def begun(execution: str) -> None:
            self.tell("called", step.id, {"at": list(rows), "execution": execution})
            await self._journal.flush()

        earlier = self.recorded.called.get((step.id, rows))
        found = await self.services.workflows.run_inside(self.execution, workflow, version, inputs, earlier, begun)
        return dict(found)

    @property
    def replays(self) -> bool:
        """Whether recorded answers are played again, and nothing new is kept."""
        return self._rules.played is not None

    async def row(self, step: Step, place: Place, number: int, row: dict[str, Any]) -> dict[str, Any]:
        """The steps in a frame for one row: what its result ports got, by name."""
        body = step.body
        assert body is not None
        rows = (*place.rows, number)
        if self._knows:
            before = await self._values_of(self.recorded.row(step.id, rows))
            if before is not None:
                for inner_step in body.everything():
                    self.teller.counted(inner_step.id)
                return before
        inner = Place(body, rows, place, True)
        values, name = inner.values, step.id
        for wanted in step.fields:
            values[name, wanted] = row if wanted == "row" else row.get(wanted)
        try:
            await self._place(inner)
        except StepFailed as failure:
            raise failure.error from None
        found, said = {}, {}
        for result in step.results:
            value = found[result.name] = inner.result(result)
            said[result.name] = (self.store.put_now(value) or await self.store.put(value)).as_dict()
        self.teller.row(name, rows, said)
        if self._journal.crowded:
            await self._journal.room()
        return found

    async def item(
        self, step: Step, place: Place, number: int, work: Callable[[Context], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """One of the items that a step goes through by itself, recorded as the rows of a frame are; a step that is tried again
        keeps those it has."""
        inner = Place(place.scope, (*place.rows, number), place, True)
        before = await self._values_of(self.recorded.row(step.id, inner.rows))
        if before is not None:
            return before
        found = await work(StepContext(self, step, inner))
        refs = self.recorded.rows[step.id, inner.rows] = {n: await self.store.put(value) for n, value in found.items()}
        self.teller.row(step.id, inner.rows, said_of(refs))
        return found

    async def _values_of(self, recorded: dict[str, Ref] | None) -> dict[str, Any] | None:
        """What was recorded, where all of it is still there."""
        if recorded is None or not all(self.store.has(ref) for ref in recorded.values()):
            return None
        return {name: await self.store.get(ref) for name, ref in recorded.items()}

    async def _place(self, place: Place) -> None:
        if place.scope.line:
            for step in place.scope.steps:
                await self._step(step, place)
            return
        place.waits = {step.id: step.waits for step in place.scope.steps}
        place.ready.extend(place.scope.ready)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._take_turns(place, group))
        except BaseExceptionGroup as failures:
            raise first_failure(failures) from None

    async def _take_turns(self, place: Place, group: asyncio.TaskGroup) -> None:
        """Run what is ready, each step before its followers. The task that is to take over begins only when this one waits or ends."""
        place.relieved = False
        ready = place.ready
        while ready:
            step: Step | None = ready.popleft()
            while step is not None:
                if ready and not place.relieved:
                    place.relieved = True
                    group.create_task(self._take_turns(place, group))
                await self._step(step, place)
                step = _next_of(step, place)

    async def _step(self, step: Step, place: Place) -> None:
        started = time.perf_counter()
        if started - self._turned > TURN:
            await (self._journal.room() if self._journal.crowded else asyncio.sleep(0))
            self._turned = time.perf_counter()
        try:
            if step.kind is None:
                await self._go_round(step, place)
            elif not self._knows or not await self._known(step, place):
                await self._one(step, place, started)
        except (asyncio.CancelledError, StepFailed):
            raise
        except BaseExceptionGroup as group:
            self._failed(step, place, first_failure(group).error, started)
        except Exception as error:
            self._failed(step, place, from_unexpected(error), started)

    async def _one(self, step: Step, place: Place, started: float) -> None:
        if self._rules.only is not None and step.id not in self._rules.only and not place.quiet:
            self._leave_out(step, place)
            return
        if step.node.mute:
            self._skip(step, place, "mute")
            return
        if step.through is not None:
            self._pass_through(step, place, step.through)
            return
        inputs = place.inputs(step)
        if inputs is None:
            self._skip(step, place)
            return
        if step.bound:
            step, inputs = resolved(step, inputs, {**self._scope.variables, **self.inputs})
        key = await self._key(step, place) if step.keyed and not (place.quiet and step.type.light) else ""
        kept = self.cache.get(key) if key else None
        if kept is not None:
            await self._take(step, place, kept)
            self._finished(step, place, kept, started, cached=True)
        elif self._turns is None or step.body is not None:
            await self._work(step, place, inputs, key, started)
        else:
            await self._in_turn(step, place, inputs, key, started)

    async def _in_turn(self, step: Step, place: Place, inputs: dict[str, Any], key: str, started: float) -> None:
        assert self._turns is not None
        if self._turns.locked() and not place.quiet:
            self.tell("queued", step.id)
        async with self._turns:
            await self._work(step, place, inputs, key, started)

    async def _work(self, step: Step, place: Place, inputs: dict[str, Any], key: str, started: float) -> None:
        effect = step.effect
        found = await self._settled(step, place) if effect and self._knows else None
        if found is None:
            if effect:
                await self._before_effect(step, place)
            self._tell_started(step, place)
            found = await call(step, StepContext(self, step, place), inputs)
        self.teller.flush(step.id, place.rows)
        values = place.values
        for port, value in found.items():
            values[step.id, port] = value
        tokens = _tokens(found) if "usage" in found else 0
        self.tokens += tokens
        if place.quiet and not key and not effect:
            self.teller.counted(step.id, time.perf_counter() - started)
            return
        refs: dict[str, Ref] = {}
        for port, value in found.items():
            if value is not absent:
                refs[port] = self.store.put_now(value) or await self.store.put(value)
        self._note_digests(step, place, refs)
        if key:
            self.cache.put(key, refs)
        self._finished(step, place, refs, started, cached=False, tokens=tokens)
        if effect:
            await self._journal.flush()

    def _tell_started(self, step: Step, place: Place) -> None:
        if not place.quiet:
            self.tell("started", step.id, {"pass": place.rows[-1]} if place.rows else None)
        elif step.id not in self._begun:
            self._begun.add(step.id)
            self.tell("started", step.id, {"row": place.rows[-1]})

    async def _settled(self, step: Step, place: Place) -> dict[str, Any] | None:
        """The values of a side effect that was interrupted and that a person takes as done; None when it is to be done. What
        still waits for a person's leave has not begun."""
        waits = step.type.asks_first and (step.id, place.rows) in self.recorded.asked
        if waits or not self.recorded.in_doubt(step.id, place.rows):
            return None
        return await self._people.settle((step.id, place.rows), step.node.title or step.id, [*step.outputs])

    async def _before_effect(self, step: Step, place: Place) -> None:
        """A side effect is announced on disk first: a run that goes on later must know that it may have happened."""
        if self._rules.played is not None:
            title = step.node.title or step.id
            raise BadState(
                Text(f"“{title}” has no recorded outcome to replay.", f"“{title}”没有可回放的记录。"),
                Text("A replay has no effects of its own.", "回放不会产生任何实际操作。"),
            )
        self.tell("effect_started", step.id, {"row": list(place.rows)} if place.rows else {})
        await self._journal.flush()

    async def _key(self, step: Step, place: Place) -> str:
        if self._rules.played is not None:
            return ""
        fingerprint = step.type.fingerprint
        state = await fingerprint(StepContext(self, step, place), step.params) if fingerprint else ""
        return Cache.key(step.type.name, step.type.version, step.said, place.digests_of(step), state)

    async def _known(self, step: Step, place: Place) -> bool:
        """Whether the step was recorded; its values are put in place then."""
        recorded = self.recorded.outputs(step.id, place.rows)
        if recorded is None or not all(self.store.has(ref) for ref in recorded.values()):
            return False
        await self._take(step, place, recorded)
        return True

    async def _take(self, step: Step, place: Place, refs: dict[str, Ref]) -> None:
        """Put values that were kept into their slots. A port without one belongs to a branch that was not taken."""
        for port in step.outputs:
            place.values[step.id, port] = absent
        for port, ref in refs.items():
            place.values[step.id, port] = await self.store.get(ref)
        self._note_digests(step, place, refs)
        if not place.quiet:
            self._give(step, refs)

    @staticmethod
    def _note_digests(step: Step, place: Place, refs: dict[str, Ref]) -> None:
        for port, ref in refs.items():
            if ref.kind != "inline":
                place.digests[step.id, port] = ref.digest

    async def _go_round(self, loop: Step, place: Place) -> None:
        """The steps between the ends of loop-backs, again while one of those carries a value."""
        assert loop.body is not None
        carried: dict[Any, Any] = {}
        most = max(edge.passes or 0 for edge in loop.backs)
        for number in range(most + 1):
            inner = Place(loop.body, (*place.rows, number), place, place.quiet, carried=carried)
            await self._place(inner)
            found = {(edge.source, edge.source_port): None for edge in loop.backs}
            carried = {slot: value for slot in found if (value := inner.value(slot)) is not absent}
            if not carried:
                place.values.update(inner.values)
                place.digests.update(inner.digests)
                return
        source = loop.backs[0].source
        raise StepFailed(
            source,
            Unavailable(
                Text(f"“{source}” went round {most} times without an end.", f"“{source}”循环了 {most} 次仍未结束。"),
                Text("Raise the limit of passes, or mend its condition.", "请提高最多循环次数，或修改其条件。"),
            ),
        )


def _next_of(step: Step, place: Place) -> Step | None:
    """The first that became ready by a step; the others wait in line."""
    first = None
    for after in step.next:
        place.waits[after.id] -= 1
        if place.waits[after.id]:
            continue
        if first is None:
            first = after
        else:
            place.ready.append(after)
    return first


def _tokens(outputs: dict[str, Any]) -> int:
    usage = outputs.get("usage")
    return int(usage.get("completion_tokens") or 0) if isinstance(usage, dict) else 0
