"""Runs a plan: a step starts when what it needs is there.

The scheduler holds no queue to scan. A step that ends counts its followers down and goes on itself with the first that
is ready, so a chain of cheap steps stays in one task. What happened goes to the journal as it happens; a run that goes on
after a crash is given what was recorded and does not repeat it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.engine.errors import BadState, StudioError, Unavailable, from_unexpected
from studio.engine.text import Text
from studio.engine.workflows.cache import Cache
from studio.engine.workflows.context import Services
from studio.engine.workflows.desk import Desk
from studio.engine.workflows.journal import EventKind, Journal
from studio.engine.workflows.node import absent
from studio.engine.workflows.outside import Outside
from studio.engine.workflows.place import Place, Rows
from studio.engine.workflows.plan import Scope, Step
from studio.engine.workflows.replay import Recorded
from studio.engine.workflows.step import call
from studio.engine.workflows.step_context import StepContext
from studio.engine.workflows.store import Ref, Store, preview
from studio.engine.workflows.telling import Teller

TURN = 0.01  # seconds that steps which never wait may keep the loop from turning


class StepFailed(Exception):
    """Carries the first failure of a step out of the task group."""

    def __init__(self, step: str, error: StudioError) -> None:
        super().__init__(step)
        self.step = step
        self.error = error


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


class Run:
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
        self.execution = execution
        self.inputs = inputs
        self.services = parts.services
        self.folder = parts.folder
        self.outputs: dict[str, Ref] = {}
        self.tokens = 0
        self.recorded = recorded or Recorded()
        self._rules = rules or Rules()
        self.teller = Teller(self.tell)
        self.outside = Outside(self.tell, parts.store, self._rules.played)
        self._scope = scope
        self._journal = parts.journal
        self._store = parts.store
        self._cache = parts.cache
        self._desk = parts.desk
        self._knows = self.recorded.any
        self._begun: set[str] = set()
        self._turned = 0.0
        bound = self._rules.concurrency
        self._turns = asyncio.Semaphore(bound) if bound else None

    def announce(self) -> None:
        """Note the start, at once: who watches from now on must not take an earlier end for this one's."""
        steps = [step.id for step in self._scope.everything()]
        self.tell("run_started", "", {"steps": steps, "resumed": self._knows})

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

    def tell(self, kind: EventKind, step: str, data: dict[str, Any] | None = None) -> None:
        self._journal.append(self.execution, kind, step, data)

    def progress(self, step: Step, rows: Rows, data: dict[str, Any]) -> None:
        if step.body is not None and data["done"] == 0:
            self.teller.frame([inner.id for inner in step.body.everything()], data["total"])
        self.teller.progress(step.id, rows, data)

    async def ask(self, step: Step, rows: Rows, question: dict[str, Any], seconds: float | None) -> Any:
        """Wait for a person. What was answered before a restart is not asked again; the clock goes on from the first asking."""
        where = (step.id, rows)
        if where in self.recorded.answers:
            return self.recorded.answers[where]
        earlier = self.recorded.asked.get(where)
        since = earlier.at if earlier else time.time()
        if earlier is None:
            self.tell("asked", step.id, {"question": question, "at": list(rows)})
            await self._journal.flush()
        left = None if seconds is None else max(0.0, since + seconds - time.time())
        return await self._desk.wait(self.execution, where, question, left)

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

    async def row(self, step: Step, place: Place, number: int, row: dict[str, Any]) -> dict[str, Any]:
        """The steps in a frame for one row: what its result ports got, by name."""
        body = step.body
        assert body is not None
        rows = (*place.rows, number)
        if self._knows:
            recorded = self.recorded.row(step.id, rows)
            if recorded is not None and all(self._store.has(ref) for ref in recorded.values()):
                for inner_step in body.everything():
                    self.teller.count(inner_step.id).add(0.0)
                return {name: await self._store.get(ref) for name, ref in recorded.items()}
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
            said[result.name] = (self._store.put_now(value) or await self._store.put(value)).as_dict()
        self.teller.row(name, rows, said)
        return found

    async def _place(self, place: Place) -> None:
        if place.scope.line:
            for step in place.scope.steps:
                await self._step(step, place)
            return
        place.waits = {step.id: step.waits for step in place.scope.steps}
        try:
            async with asyncio.TaskGroup() as group:
                for step in place.scope.ready:
                    group.create_task(self._chain(step, place, group))
        except BaseExceptionGroup as failures:
            raise _first(failures) from None

    async def _chain(self, step: Step, place: Place, group: asyncio.TaskGroup) -> None:
        """Run a step, then the first that became ready by it; the others get tasks of their own."""
        following: Step | None = step
        while following is not None:
            await self._step(following, place)
            finished, following = following, None
            for after in finished.next:
                place.waits[after.id] -= 1
                if place.waits[after.id]:
                    continue
                if following is None:
                    following = after
                else:
                    group.create_task(self._chain(after, place, group))

    async def _step(self, step: Step, place: Place) -> None:
        started = time.perf_counter()
        if started - self._turned > TURN:
            await asyncio.sleep(0)
            self._turned = time.perf_counter()
        try:
            if step.kind is None:
                await self._go_round(step, place)
            elif not self._knows or not await self._known(step, place):
                await self._one(step, place, started)
        except (asyncio.CancelledError, StepFailed):
            raise
        except BaseExceptionGroup as group:
            self._failed(step, place, _first(group).error, started)
        except Exception as error:
            self._failed(step, place, from_unexpected(error), started)

    async def _one(self, step: Step, place: Place, started: float) -> None:
        if self._rules.only is not None and step.id not in self._rules.only and not place.quiet:
            self._leave_out(step, place)
            return
        inputs = place.inputs(step)
        if step.node.bypass:
            self._pass_through(step, place, inputs)
            return
        if inputs is None:
            self._skip(step, place)
            return
        key = await self._key(step, place) if step.keyed else ""
        kept = self._cache.get(key) if key else None
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
        if effect:
            await self._before_effect(step, place)
        if not place.quiet:
            self.tell("started", step.id, {"pass": place.rows[-1]} if place.rows else None)
        elif step.id not in self._begun:
            self._begun.add(step.id)
            self.tell("started", step.id, {"row": place.rows[-1]})
        found = await call(step, StepContext(self, step, place), inputs)
        self.teller.flush(step.id, place.rows)
        values = place.values
        for port, value in found.items():
            values[step.id, port] = value
        tokens = _tokens(found) if "usage" in found else 0
        self.tokens += tokens
        if place.quiet and not key and not effect:
            self.teller.count(step.id).add(time.perf_counter() - started)
            return
        refs: dict[str, Ref] = {}
        for port, value in found.items():
            if value is not absent:
                refs[port] = self._store.put_now(value) or await self._store.put(value)
        self._note_digests(step, place, refs)
        if key:
            self._cache.put(key, refs)
        self._finished(step, place, refs, started, cached=False, tokens=tokens)
        if effect:
            await self._journal.flush()

    async def _before_effect(self, step: Step, place: Place) -> None:
        """A side effect is announced on disk first: a run that goes on later must know that it may have happened."""
        title = step.node.title or step.id
        if self._rules.played is not None:
            raise BadState(
                Text(f"“{title}” has no recorded outcome to replay.", f"“{title}”没有可回放的记录。"),
                Text("A replay has no effects of its own.", "回放不会产生任何实际操作。"),
            )
        if self.recorded.in_doubt(step.id, place.rows):
            raise BadState(
                Text(
                    f"“{title}” was interrupted and may have taken effect already.",
                    f"“{title}”曾被中断，可能已经生效。",
                ),
                Text(
                    "Check, then resume with “repeat” or start a new run.", "请核实后选择“重复执行”继续，或重新运行。"
                ),
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
        if recorded is None or not all(self._store.has(ref) for ref in recorded.values()):
            return False
        await self._take(step, place, recorded)
        return True

    async def _take(self, step: Step, place: Place, refs: dict[str, Ref]) -> None:
        """Put values that were kept into their slots. A port without one belongs to a branch that was not taken."""
        for port in step.outputs:
            place.values[step.id, port] = absent
        for port, ref in refs.items():
            place.values[step.id, port] = await self._store.get(ref)
        self._note_digests(step, place, refs)
        if not place.quiet and step.type.category == "output":
            self.outputs.update(refs)

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

    def _finished(
        self, step: Step, place: Place, refs: dict[str, Ref], started: float, *, cached: bool, tokens: int = 0
    ) -> None:
        seconds = time.perf_counter() - started
        said = {port: ref.as_dict() for port, ref in refs.items()}
        if place.quiet:
            if step.effect:
                self.tell("effect", step.id, {"row": list(place.rows), "outputs": said})
            self.teller.count(step.id).add(seconds)
            return
        self._frame_done(step)
        for port, ref in refs.items():
            if ref.kind != "inline":
                shown = preview(place.values.get((step.id, port)))
                self.tell("output", step.id, {"port": port, "ref": said[port], "preview": shown})
        if step.type.category == "output":
            self.outputs.update(refs)
        data = {"seconds": round(seconds, 6), "cached": cached, "tokens": tokens, "outputs": said}
        self.tell("finished", step.id, data if not place.rows else {**data, "at": place.rows})

    def _failed(self, step: Step, place: Place, error: StudioError, started: float) -> None:
        self.teller.flush(step.id, place.rows)
        seconds = time.perf_counter() - started
        data: dict[str, Any] = {"error": error.as_dict(), "seconds": round(seconds, 6)}
        if place.quiet:
            self.teller.count(step.id).add(seconds, failed=True)
            data["row"] = place.rows[-1]
        else:
            self._frame_done(step)
        policy = step.node.on_error
        self.tell("failed", step.id, data if policy == "stop" else {**data, "handled": policy})
        if policy == "stop":
            raise StepFailed(step.id, error)
        for port in step.outputs:
            value = step.node.default.get(port) if policy == "default" else absent
            place.values[step.id, port] = value
        if policy == "branch":
            place.values[step.id, "error"] = error.as_dict()

    def _skip(self, step: Step, place: Place) -> None:
        for port in step.outputs:
            place.values[step.id, port] = absent
        if place.quiet:
            self.teller.count(step.id).add(0.0)
        else:
            self.tell("skipped", step.id)

    def _leave_out(self, step: Step, place: Place) -> None:
        """A step that is not asked for: nothing is told of it."""
        for port in step.outputs:
            place.values[step.id, port] = absent

    def _pass_through(self, step: Step, place: Place, inputs: dict[str, Any] | None) -> None:
        """A muted step hands its first input to each of its outputs."""
        first = next(iter(inputs.values()), absent) if inputs else absent
        for port in step.outputs:
            place.values[step.id, port] = first
        if not place.quiet:
            self.tell("skipped", step.id)

    def _frame_done(self, step: Step) -> None:
        """The steps in a frame have finished when it has; their results are told as counts over all rows."""
        if step.body is None:
            return
        for name, count in self.teller.frame_done(step.id, [inner.id for inner in step.body.everything()]).items():
            if count.get("done"):
                said = {"seconds": count["seconds"], "cached": False, "tokens": 0, "outputs": {}}
                self.tell("finished", name, said | {"rows": count["done"], "failed": count["failed"]})


def _first(group: BaseExceptionGroup[Any]) -> StepFailed:
    """The failure that ended a task group."""
    for error in group.exceptions:
        if isinstance(error, StepFailed):
            return error
        if isinstance(error, BaseExceptionGroup):
            return _first(error)
    return StepFailed("", from_unexpected(group.exceptions[0]))


def _tokens(outputs: dict[str, Any]) -> int:
    usage = outputs.get("usage")
    return int(usage.get("completion_tokens") or 0) if isinstance(usage, dict) else 0
