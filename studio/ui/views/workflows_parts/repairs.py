"""What the button of a problem or of a failed step does. What can be chosen is chosen in a menu; all of it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint

from studio.engine.params import ParamField, fields_of
from studio.engine.text import Text
from studio.engine.workflows.graph import Node, Problem
from studio.engine.workflows.links import BadLink
from studio.ui.canvas import editing
from studio.ui.canvas.commands import Edit, Remove, SetVariables
from studio.ui.canvas.document import Parts
from studio.ui.canvas.fixes import words_of
from studio.ui.canvas.menu import sources_menu
from studio.ui.canvas.view import Entry
from studio.ui.language import tr
from studio.ui.making import MAKERS, make
from studio.ui.views.workflows_parts.problems import RUN
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.menus import Menu

if TYPE_CHECKING:
    from studio.ui.views.workflows import Workflows
    from studio.ui.views.workflows_parts.sheet import Sheet

ALLOW = Text("Allow workflows to reach {host}?", "允许工作流访问 {host} 吗？")
INSIDE = Text(
    "It lies inside your network. You can take the leave back under Settings › Privacy.",
    "该主机位于内部网络。可在“设置 › 隐私”中撤销。",
)
SMALLER = Text("{name} · {size:.1f} GB", "{name} · {size:.1f} GB")
SETTINGS, YES = Text("Edit its settings", "修改此节点设置"), Text("Allow", "允许")
CHOSEN = Text("“{title}” now takes “{name}”", "“{title}”已改用“{name}”")
WHICH = Text("{repair} · {problem}", "{repair} · {problem}")


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair of a step. `place` is where its menu opens, on the screen; without one, at the step."""

    view: Workflows
    sheet: Sheet
    step: str
    kind: str
    target: str = ""
    place: QPoint | None = None

    @property
    def node(self) -> Node | None:
        return self.sheet.document.nodes.get(self.step)

    def begin(self) -> None:
        """Do it, or ask what it needs to know; a repair that nobody knows here is done in the step's settings."""
        WAYS.get(self.kind, _edit)(self)

    def push(self, **changes: Any) -> None:
        """The step with other values, as one step of undo."""
        assert self.node is not None
        document = self.sheet.document
        document.undo.push(Edit(document, self.node.model_copy(update=changes)))

    def open(self, menu: Menu) -> None:
        """Show a menu of choices, the first one ready for Enter."""
        menu.open_at(self.place or _below(self.sheet, self.step))
        first = next((action for action in menu.actions() if action.isEnabled()), None)
        if first is not None:
            menu.setActiveAction(first)


def entries(view: Workflows, sheet: Sheet, nodes: list[str]) -> list[Entry]:
    """In the menu of one step: the repair of its failure and of each of its problems, for those who do not use the mouse."""
    if len(nodes) != 1:
        return []
    return [(words, "", found.begin) for words, found in _repairs_of(view, sheet, nodes[0])]


def repair(view: Workflows, sheet: Sheet, step: str) -> None:
    """Begin the repair of the error that a step failed with."""
    kind, target = sheet.lives()[step].fix
    Repair(view, sheet, step, kind, target).begin()


def of_problem(view: Workflows, sheet: Sheet, problem: Problem, place: QPoint | None = None) -> Repair | None:
    """The repair of a problem that was found before a run; None where there is none, or the step is gone."""
    if problem.fix is None or problem.node_id not in sheet.document.nodes:
        return None
    return Repair(view, sheet, problem.node_id, problem.fix.kind, problem.fix.target, place)


def offer(view: Workflows, sheet: Sheet, step: str) -> None:
    """What the mark on a step does: its only repair at once, or a menu of what is wrong, each with its repair."""
    found = _before_a_run(view, sheet, step)
    if len(found) == 1 and found[0][1] is not None:
        found[0][1].begin()
        return
    menu = Menu(sheet)
    for problem, way in found:
        if way is None:
            menu.addAction(tr(problem.message)).setEnabled(False)
        else:
            menu.addAction(tr(_named(way, problem.message)), way.begin)
    menu.open_at(_below(sheet, step))


def of_row(view: Workflows, row: str, place: QPoint) -> None:
    """The button of a row in the list of problems; its menu opens there."""
    sheet, (of, _, step) = view.sheet, row.partition(":")
    if sheet is None:
        return
    if of == RUN:
        Repair(view, sheet, step, *sheet.lives()[step].fix, place=place).begin()
    elif (way := of_problem(view, sheet, sheet.problems[int(of)], place)) is not None:
        way.begin()


def edit(view: Workflows, step: str, field: str = "") -> None:
    """Show the settings of a step, the caret in the one that is to be changed."""
    view.choose_step(step)
    view.show_panel("inspector")
    view.inspector.focus_field(field)


def _repairs_of(view: Workflows, sheet: Sheet, step: str) -> list[tuple[Text, Repair]]:
    live = sheet.lives().get(step)
    failed = [Repair(view, sheet, step, *live.fix)] if live is not None and live.state == "failed" else []
    return [
        *((words_of(one.kind, one.target), one) for one in failed),
        *((_named(one, problem.message), one) for problem, one in _before_a_run(view, sheet, step) if one is not None),
    ]


def _before_a_run(view: Workflows, sheet: Sheet, step: str) -> list[tuple[Problem, Repair | None]]:
    """What was found wrong with a step before any run, each with its repair."""
    return [(problem, of_problem(view, sheet, problem)) for problem in sheet.problems if problem.node_id == step]


def _named(way: Repair, problem: Text) -> Text:
    return WHICH.format(repair=words_of(way.kind, way.target), problem=problem)


def _edit(way: Repair) -> None:
    edit(way.view, way.step, way.target if way.kind in ("edit", *MAKERS) else "")


def _reference(way: Repair) -> ParamField | None:
    """The setting of a step that names such a thing: the one that the problem is about, or the first."""
    made = way.sheet.document.type_of(way.node) if way.node else None
    wanted = "model" if way.kind == "smaller" else way.kind
    fields = [field for field in fields_of(made.params) if field.ref == wanted] if made else []
    return next((field for field in fields if field.name == way.target), fields[0] if fields else None)


def _choose(way: Repair) -> None:
    """A menu of what there is; choosing changes the setting, and after a failure tries again."""
    field, node = _reference(way), way.node
    if field is None or node is None:
        _edit(way)
        return
    now = node.params.get(field.name, field.default)
    studio = way.view.studio
    work = _smaller(way.view, str(now)) if way.kind == "smaller" else studio.choices(field.ref)

    def show(choices: list[tuple[Any, Text | str]]) -> None:
        menu = Menu(way.sheet)
        for value, words in choices:
            if value != now:
                menu.addAction(tr(words), lambda value=value: _take(way, field.name, value))
        if menu.actions():
            menu.addSeparator()
        menu.addAction(tr(MAKERS[field.ref].title), lambda: _make(way, field))
        menu.addAction(tr(SETTINGS), lambda: edit(way.view, way.step, field.name))
        way.open(menu)

    studio.bridge.run(way.sheet, work, show)


def _make(way: Repair, field: ParamField) -> None:
    """Begin to make what is missing. The step names it as soon as it is there: undoable, and nothing runs by that, for a new
    collection is empty yet."""
    studio, before = way.view.studio, way.node and way.node.params.get(field.name)

    def made(value: str, words: Text | str) -> None:
        node = way.node
        if node is None or node.params.get(field.name) != before:  # it names another meanwhile
            return
        way.push(params={**node.params, field.name: value})
        title = way.sheet.titles()[way.step]
        names = words if isinstance(words, Text) else Text.same(words)
        studio.window.toast(CHOSEN.format(name=names, title=title), way.sheet.document.undo.undo)

    make(studio, field.ref, way.sheet, made)


async def _smaller(view: Workflows, now: str) -> list[tuple[str, Text | str]]:
    models = view.studio.engine.models
    size = (await models.get(now)).size_bytes or 0
    found = [one for one in await models.list("chat") if 0 < (one.size_bytes or 0) < size]
    found.sort(key=lambda one: -(one.size_bytes or 0))
    return [(one.id, SMALLER.format(name=one.name, size=(one.size_bytes or 0) / 1e9)) for one in found]


def _take(way: Repair, name: str, value: Any) -> None:
    if way.node is None:
        return
    way.push(params={**way.node.params, name: value})
    live = way.sheet.lives().get(way.step)
    if live is not None and live.state == "failed":
        way.sheet.retry(way.step)


def _connect(way: Repair) -> None:
    """A menu of the outputs that may be wired to the input, the nearest first, and of a new step."""
    canvas = way.sheet.canvas
    canvas.show_item(way.step)
    way.open(sources_menu(canvas, way.step, way.target))


def _convert(way: Repair) -> None:
    """Put the step between the two ends that makes one's value into the other's."""
    document = way.sheet.document
    edge = document.edges.get(way.target)
    why = document.refusal(edge) if edge is not None else None
    if edge is not None and isinstance(why, BadLink) and why.converter:
        document.undo.beginMacro(tr(words_of("convert", "")))
        document.undo.push(Remove(document, Parts(edges=[edge])))
        editing.convert(way.sheet.canvas, edge, why.converter)
        document.undo.endMacro()


def _unlink(way: Repair) -> None:
    document = way.sheet.document
    if way.target in document.edges:
        document.undo.push(Remove(document, Parts(edges=[document.edges[way.target]])))


def _variable(way: Repair) -> None:
    """The variable that is spoken of, empty; its value is typed among those of the workflow."""
    document = way.sheet.document
    document.undo.push(SetVariables(document, {**document.variables, way.target: ""}))
    way.sheet.canvas.sheet.choose([])
    way.view.show_panel("inspector")


def _unbind(way: Repair) -> None:
    if way.node is not None:
        way.push(bound={name: binding for name, binding in way.node.bound.items() if name != way.target})


def _free(way: Repair) -> None:
    """A step of its own: no longer in a frame, or the variant of a step, that is gone."""
    way.push(**{way.target: None if way.target == "parent" else ""})


def _allow(way: Repair) -> None:
    settings, bridge = way.view.studio.engine.settings, way.view.studio.bridge
    ask = Ask(ALLOW.format(host=way.target), YES, INSIDE, parent=way.view.window())

    def allowed() -> None:
        bridge.run(way.sheet, settings.allow_hosts(way.target), lambda _: way.sheet.retry(way.step))

    ask.accepted.connect(allowed)
    ask.open()


WAYS: dict[str, Callable[[Repair], None]] = {
    **dict.fromkeys(("smaller", *MAKERS), _choose),
    "connect": _connect,
    "convert": _convert,
    "unlink": _unlink,
    "variable": _variable,
    "unbind": _unbind,
    "free": _free,
    "host": _allow,
    "inputs": lambda way: way.view.run(),
    "settings": lambda way: way.view.studio.open("settings", way.target),
    "plugin": lambda way: way.view.studio.open("settings", "plugins"),
    "connection": lambda way: way.view.studio.open("connection", way.target),
}


def _below(sheet: Sheet, step: str) -> QPoint:
    """Under the step's button, or under the step, on the screen."""
    canvas, item = sheet.canvas, sheet.canvas.sheet.nodes[step]
    button = item.layout.buttons.get("fix") or item.layout.buttons.get("problem")
    corner = item.box.topLeft() + button.bottomLeft() if button else item.box.bottomLeft()
    return canvas.viewport().mapToGlobal(canvas.mapFromScene(corner))
