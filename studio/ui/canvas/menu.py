"""The canvas's menus: what can be done here, and connecting from lists, for the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from studio.engine.text import Text
from studio.engine.workflows.graph import BadLink, Edge
from studio.ui.canvas import aligning, bends, editing, tidying
from studio.ui.canvas.faces import title_of
from studio.ui.language import tr

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView

TIDY = Text("Tidy up", "自动排列")
INSERT = Text("Insert “{title}” between them", "在中间插入“{title}”")


def context_menu(canvas: CanvasView, place: QPointF) -> QMenu:
    """For what is chosen, or for the empty sheet."""
    menu = QMenu(canvas)
    chosen = canvas.sheet.chosen_ids()
    wires = [i for i in chosen if i in canvas.document.edges]
    if len(wires) == len(chosen) == 1:
        _for_wire(menu, canvas, wires[0], place)
    elif chosen:
        _for_chosen(menu, canvas, chosen)
    else:
        _for_sheet(menu, canvas, place)
    return menu


def _for_wire(menu: QMenu, canvas: CanvasView, edge_id: str, place: QPointF) -> None:
    edge = canvas.document.edges[edge_id]
    _entry(menu, Text("Insert a node…", "插入节点…"), "", lambda: canvas.insert_wanted.emit(place, edge_id))
    _entry(menu, Text("Add a bend here", "在此处添加拐点"), "", lambda: bends.add_bend(canvas, edge_id, place))
    if edge.via:
        _entry(menu, Text("Take its bends away", "移除拐点"), "", lambda: bends.straighten(canvas, edge_id))
    menu.addSeparator()
    _entry(menu, Text("Delete", "删除"), "Del", lambda: editing.delete(canvas))


def _for_chosen(menu: QMenu, canvas: CanvasView, chosen: list[str]) -> None:
    nodes = [i for i in chosen if i in canvas.document.nodes]
    for part in canvas.extra_entries(nodes):
        _entry(menu, *part)
    if nodes:
        _entry(menu, Text("Mute", "停用或启用"), "M", lambda: editing.mute(canvas))
        _entry(menu, Text("Connect to…", "连接到…"), "C", lambda: _pop(canvas))
    _entry(menu, Text("Frame", "分组框"), "G", lambda: editing.add_frame(canvas))
    if len(chosen) > 1:
        _arranging(menu, canvas)
    menu.addSeparator()
    _entry(menu, Text("Copy", "复制"), "Ctrl+C", lambda: editing.copy(canvas))
    _entry(menu, Text("Duplicate", "复制一份"), "D", lambda: editing.duplicate(canvas))
    _entry(menu, Text("Delete", "删除"), "Del", lambda: editing.delete(canvas))


def _arranging(menu: QMenu, canvas: CanvasView) -> None:
    align = menu.addMenu(tr(Text("Align", "对齐")))
    for way, title in aligning.WAYS.items():
        _entry(align, title, "", lambda way=way: aligning.align(canvas, way))
    align.addSeparator()
    for way, title in aligning.SPREADS.items():
        _entry(align, title, "", lambda way=way: aligning.spread(canvas, way))
    _entry(menu, Text("Tidy up these", "排列所选节点"), "", lambda: tidying.tidy(canvas))


def _for_sheet(menu: QMenu, canvas: CanvasView, place: QPointF) -> None:
    _entry(menu, Text("Add node…", "添加节点…"), "/", lambda: canvas.add_wanted.emit(place, None))
    _entry(menu, Text("Add comment", "添加注释"), "N", lambda: editing.add_note(canvas, place))
    _entry(menu, Text("Add frame", "添加分组框"), "G", lambda: editing.add_frame(canvas))
    _entry(menu, Text("Paste", "粘贴"), "Ctrl+V", lambda: editing.paste(canvas, place))
    extra = canvas.extra_entries([])
    if extra:
        below = menu.addMenu(tr(Text("Templates", "模板")))
        for part in extra:
            _entry(below, *part)
    menu.addSeparator()
    _entry(menu, Text("Find…", "查找…"), "Ctrl+F", canvas.find_wanted.emit)
    _entry(menu, TIDY, "", lambda: tidying.arrange_all(canvas))
    _entry(menu, Text("Show all", "显示全部"), "Shift+F", canvas.show_all)


def converter_menu(canvas: CanvasView, edge: Edge, why: BadLink) -> QMenu:
    """Offers the step that would stand between two ports that do not fit; the reason stands above."""
    menu = QMenu(canvas)
    kind = canvas.document.types[str(why.converter)]
    reason = menu.addAction(tr(why.message))
    reason.setEnabled(False)
    _entry(menu, INSERT.format(title=tr(kind.title)), "", lambda: editing.convert(canvas, edge, kind.name))
    menu.setActiveAction(menu.actions()[-1])
    return menu


def connect_menu(canvas: CanvasView) -> QMenu | None:
    """The outputs of the chosen step; below each, every input that the engine would let it be wired to."""
    chosen = [i for i in canvas.sheet.chosen_ids() if i in canvas.document.nodes]
    if len(chosen) != 1:
        return None
    menu = QMenu(canvas)
    node = canvas.document.nodes[chosen[0]]
    ports = canvas.document.ports(node)
    for port in (*ports.outputs, *ports.inner_outputs):
        targets = menu.addMenu(tr(port.title))
        for words, edge in _targets(canvas, node.id, port.name):
            targets.addAction(words, lambda wire=edge: editing.connect(canvas.document, wire))
        targets.setEnabled(not targets.isEmpty())
    return menu


def _targets(canvas: CanvasView, source: str, port: str) -> list[tuple[str, Edge]]:
    document, found = canvas.document, []
    graph = document.graph
    for node in document.nodes.values():
        ports = document.ports(node)
        for target in (*ports.inputs, *ports.inner_inputs):
            edge = Edge(source=source, source_port=port, target=node.id, target_port=target.name)
            occupant = document.occupant(edge)
            if document.refusal(edge, [occupant.id] if occupant else [], graph) is None:
                found.append((f"{title_of(node, document.type_of(node))} · {tr(target.title)}", edge))
    return found


def _entry(menu: QMenu, title: Text, keys: str, run: Callable[[], object]) -> None:
    action = QAction(tr(title), menu)
    if keys:
        action.setText(f"{tr(title)}\t{keys}")
    action.triggered.connect(lambda _=False: run())
    menu.addAction(action)


def _pop(canvas: CanvasView) -> None:
    menu = connect_menu(canvas)
    if menu is not None:
        menu.popup(canvas.viewport().mapToGlobal(canvas.viewport().rect().center()))
