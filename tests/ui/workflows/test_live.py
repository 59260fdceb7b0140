"""A run as it is shown, told event by event as the journal tells it."""

from __future__ import annotations

from studio.engine.text import Text
from studio.engine.workflows.run_event import RunEvent
from studio.ui.views.workflows_parts.live import RunState


class Told:
    """A run that is told what happens; `seq` and the time go on by themselves."""

    def __init__(self) -> None:
        self.run, self.seq = RunState("exec-1"), 0

    def __call__(self, kind: str, step: str = "", **data) -> RunState:
        self.seq += 1
        self.run.take(RunEvent(self.seq, 1000.0 + self.seq, kind, step, data))
        return self.run


def error(words: str, repair: str = "") -> dict:
    return {
        "kind": "Invalid", "code": 42201, "message": Text.same(words).as_dict(),
        "repair": Text.same(repair).as_dict() if repair else None, "details": "",
    }  # fmt: skip


def test_steps_wait_run_and_are_done():
    tell = Told()
    run = tell("run_started", steps=["a", "b"], resumed=False)
    assert {live.state for live in run.lives.values()} == {"waiting"}
    assert tell("started", "a").live("a").state == "running"
    run = tell("finished", "a", seconds=0.5, cached=False, tokens=0, outputs={})
    assert (run.live("a").state, run.live("a").seconds) == ("done", 0.5)
    assert run.live("b").state == "waiting"


def test_a_step_that_was_tried_again_warns_and_one_that_failed_says_its_repair():
    tell = Told()
    tell("run_started", steps=["a", "b"])
    tell("started", "a")
    for attempt in (1, 2):
        tell("retry", "a", attempt=attempt, of=3, wait=0.1, error=error("503"))
    live = tell("finished", "a", seconds=0.5, cached=False, tokens=0, outputs={}).live("a")
    assert (live.state, live.note) == ("warning", "2 retried")
    gone = {**error("There is no model."), "fix": {"kind": "model", "target": ""}}
    assert tell("failed", "b", error=gone, seconds=0.1).live("b").fix == ("model", "")
    assert tell("failed", "b", error=error("Odd."), seconds=0.1).live("b").fix == ("edit", "")
    tell("started", "a")
    assert tell("finished", "a", seconds=0.5, cached=False, tokens=0, outputs={}).live("a").state == "done"


def test_streamed_text_grows_and_begins_anew_with_each_row():
    tell = Told()
    tell("run_started", steps=["a"])
    tell("token", "a", text="one ", row=0)
    assert tell("token", "a", text="two", row=0).live("a").text == "one two"
    assert tell("token", "a", text="three", row=1).live("a").text == "three"


def test_what_was_heard_already_is_passed_over():
    run = Told()("run_started", steps=["a"])
    run.take(RunEvent(2, 1.0, "token", "a", {"text": "x"}))
    run.take(RunEvent(2, 1.0, "token", "a", {"text": "x"}))
    assert run.live("a").text == "x"


def test_a_failure_says_why_and_the_way_out():
    tell = Told()
    tell("run_started", steps=["a", "b"])
    tell("failed", "a", error=error("No column “x”", "Name another"), seconds=0.1)
    run = tell("run_failed", error=error("No column “x”"))
    assert (run.live("a").state, run.live("a").message, run.live("a").repair) == (
        "failed",
        "No column “x”",
        "Name another",
    )
    assert run.live("b").state == "unreached"
    assert run.status == "failed" and not run.running
    assert [line.tone for line in run.lines if line.step == "a"] == ["danger"]


def test_a_failed_row_is_a_warning_and_the_map_goes_on():
    tell = Told()
    tell("run_started", steps=["m", "a"])
    tell("progress", "a", done=1, total=3, failed=0)
    run = tell("failed", "a", error=error("bad row"), row=1, seconds=0.1)
    assert run.live("a").state == "running"
    assert tell("finished", "a", seconds=1.0, rows=3, failed=1).live("a").state == "warning"


def test_stopping_leaves_nothing_running():
    tell = Told()
    tell("run_started", steps=["a", "b"])
    tell("started", "a")
    run = tell("run_stopped")
    assert {name: live.state for name, live in run.lives.items()} == {"a": "stopped", "b": "unreached"}


def test_a_run_that_is_resumed_keeps_what_was_done():
    tell = Told()
    tell("run_started", steps=["a", "b"])
    tell("finished", "a", seconds=0.1)
    tell("run_interrupted")
    run = tell("run_started", steps=["a", "b"], resumed=True)
    assert (run.live("a").state, run.live("b").state) == ("done", "waiting")
    assert run.running


def test_touched_steps_are_told_once_and_running_ones_with_their_time():
    tell = Told()
    run = tell("run_started", steps=["a", "b"])
    assert set(run.take_touched(1001.0)) == {"a", "b"}
    assert run.take_touched(1001.0) == {}
    tell("started", "a")
    run.take_touched(1002.0)
    assert run.take_touched(1007.0)["a"].seconds == 5.0


def test_the_log_tells_times_as_the_timeline_does():
    tell = Told()
    tell("run_started", steps=["a", "b"])
    tell("finished", "a", seconds=0.0391, cached=False)
    tell("finished", "b", seconds=75.0, cached=False)
    run = tell("run_finished", seconds=75.04)
    said = [str(line.words) for line in run.lines][-3:]
    assert said == ["39 ms", "1:15", "run finished in 1:15"]


def test_the_log_is_one_line_each_and_does_not_grow_without_end():
    tell = Told()
    for _ in range(6000):
        run = tell("log", "a", line="first\nsecond")
    assert run.lines[-1].words == "first second"
    assert len(run.lines) <= 5000
