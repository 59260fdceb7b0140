"""What of Chat is pictured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.workflows.graphs import field, graph, step


def chat_scenes(photo: Any) -> Iterator[str]:
    """A new thread, the list that “/” opens, its form and result, a run under way, and a published workflow that waits for leave."""
    view = photo.window.current_view()
    view.new_thread()
    photo.settle(0.6)
    yield "chat-new"
    view.middle.composer.input.setPlainText("/")
    view.middle.composer.input.moveCursor(view.middle.composer.input.textCursor().MoveOperation.End)
    photo.settle(0.4)
    yield "chat-slash"
    view.middle.composer.input.clear()
    there = {each.name: each for each in photo.result(photo.engine.workflows.list())}
    for name, kept, about in _chat_workflows():
        if name not in there:
            there[name] = photo.result(photo.engine.workflows.create(name, kept, about))
            photo.result(photo.engine.workflows.publish(there[name].id))
    photo.settle(0.8)
    from studio.ui.views.chat_parts.mentions import Mention

    greeting = there["Greeting 问候"]
    view.running.form = None  # that of the round before
    view.running.ask(Mention("workflow", greeting.id, greeting.name))
    photo.wait(lambda: view.running.form is not None)
    view.running.form.set_value("who", "Ada")
    photo.settle(0.4)
    photo.shown = view.running.form
    yield "chat-form"
    photo.shown = None
    view.running.form.run()
    photo.wait(lambda: view.middle.views() and not view.lives)
    photo.settle(0.6)
    yield "chat-run"
    view.running.run(there["Rest 休息"], {"who": "Ada"})
    photo.wait(lambda: view.middle.views() and getattr(view.middle.views()[-1], "working", None) is not None)
    photo.settle(2.2)
    yield "chat-working"
    view.stop()
    photo.settle(0.6)
    yield "chat-stopped"
    view.new_thread()
    composer = view.middle.composer
    for picker in (composer.knowledge, composer.datasets):
        for value in picker.values():
            picker.pick(value)
    composer.tools.pick(f"workflow:{there['Keep a note 记录'].id}")
    view.ask("Save a note: the K7 needs a new seal.")
    photo.wait(lambda: view.middle.views() and getattr(view.middle.views()[-1], "approval", None) is not None)
    photo.settle(0.6)
    yield "chat-leave"
    view.middle.views()[-1].approval.buttons["once"].click()
    photo.wait(lambda: not view.lives)
    photo.settle(0.6)
    yield "chat-tool"


def _chat_workflows() -> list[tuple[str, Any, str]]:
    """One that greets, one that writes: to be published."""
    greet = graph(
        step("in", "start", fields=[field("who")]), step("say", "prompt", template="Good day, {{who}}."),
        step("out", "output"), "in.who > say.who", "say.text > out.result",
    )  # fmt: skip
    keep = graph(
        step("in", "start", fields=[field("note")]), step("row", "python", code="return [{'note': value}]", output="table"),
        step("save", "save_dataset", name="notes"), "in.note > row.value", "row.value > save.rows",
    )  # fmt: skip
    rest = graph(
        step("in", "start", fields=[field("who")]), step("wait", "wait", seconds=600), step("out", "output"),
        "in.who > wait.value", "wait.value > out.result",
    )  # fmt: skip
    return [
        ("Rest 休息", rest, "Wait for ten minutes. 等待十分钟。"),
        ("Greeting 问候", greet, "Greet a person by name. 向某人问好。"),
        ("Keep a note 记录", keep, "Save a note for later. 保存一条备注。"),
    ]
