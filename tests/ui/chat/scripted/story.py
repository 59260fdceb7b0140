"""What the model says, and what is seen of it in the column."""

from tests.workflows.graphs import field, graph, step

WORDS = [f"word {number} " for number in range(40)]
AT_FIRST = "".join(WORDS[:20])  # what the model says before it waits; of the last of it a reader hears later
SQL = "```sql\nSELECT count(*) AS n FROM orders\n```"
KEEP = graph(
    step("in", "start", fields=[field("note")]),
    step("row", "python", code="return [{'note': value}]", output="table"),
    step("save", "save_dataset", name="notes"),
    "in.note > row.value", "row.value > save.rows", name="Keep a note",
)  # fmt: skip


def say_in_turn(models, *turns):
    """One of these at each time that the model is spoken to, and the last from then on."""
    left, speak, models.stall_after = list(turns), models.chat, None

    async def chat(*asked, **wishes):
        models.words = [left.pop(0)] if left else models.words
        async for piece in speak(*asked, **wishes):
            yield piece

    models.chat = chat


def opened(desk, view, **fields):
    thread = desk.wait(desk.engine.chat.create(**fields))
    view.open_thread(thread.id)
    desk.until(lambda: view.front is not None and view.front.id == thread.id)
    return thread.id


def last(view):
    return view.middle.views()[-1]


def words(view):
    return [each.message.content for each in view.middle.views()]


def begun(view):
    """Whether the last answer shows first words, and no more than the model has said."""
    shown = words(view)[-1] if view.middle.views() else ""
    return shown.startswith(WORDS[0]) and AT_FIRST.startswith(shown)


def as_on_disk(desk, view, thread):
    return [each.message for each in view.middle.views()] == desk.wait(desk.engine.chat.messages(thread))


def go_on(desk, models):
    desk.bridge.on_loop(models.go_on.set)
