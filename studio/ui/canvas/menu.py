"""The canvas's menus: what can be done here, and connecting from lists, for the keyboard."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from studio.engine.text import Text
from studio.engine.workflows.graph import Edge, Node, Port, fits
from studio.engine.workflows.links import BadLink
from studio.engine.workflows.offers import Offers
from studio.ui.canvas import aligning, bends, editing, swapping, tidying
from studio.ui.canvas.document import Document
from studio.ui.canvas.ends import End
from studio.ui.canvas.faces import title_of
from studio.ui.language import tr
from studio.ui.widgets.menus import Menu, escaped

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView

TIDY = Text("Tidy up", "自动排列")
NEW_SOURCE = Text("A new node…", "新建节点…")
NO_SOURCE = Text("No output here fits", "没有可连接的输出")
IN_PLACE = Text("in place of “{title}”", "替换“{title}”")
FURTHER, NO_FURTHER = Text("Further ones…", "更多…"), Text("No further ones", "没有更多")
NEAREST, ASKED, LEFT_OF = 16, 120, 48.0  # entries of a menu; steps that are asked about for one
Target = tuple[str, Edge]
INSERT = Text("Insert “{title}” between them", "在中间插入“{title}”")


def context_menu(canvas: CanvasView, place: QPointF) -> QMenu:
    """For what is chosen, or for the empty sheet."""
    menu = QMenu(canvas)
    chosen = canvas.sheet.chosen_ids()
    wires = [i for i in chosen if i in canvas.document.edges]
    if len(wires) == len(chosen) == 1:
        _for_wire(menu, canvas, wires[0], place)
    elif chosen:
        _for_chosen(menu, canvas, chosen, place)
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


def _for_chosen(menu: QMenu, canvas: CanvasView, chosen: list[str], place: QPointF) -> None:
    nodes = [i for i in chosen if i in canvas.document.nodes]
    for part in canvas.extra_entries(nodes, place):
        _entry(menu, *part)
    if nodes:
        _entry(menu, Text("Mute", "停用或启用"), "M", lambda: editing.switch(canvas, "mute"))
        if len(nodes) == 1:
            _entry(menu, Text("Add a variant", "添加变体"), "", lambda: editing.add_variant(canvas, nodes[0]))
            _entry(menu, swapping.REPLACE, "", lambda: canvas.replace_wanted.emit(nodes[0]))
        _entry(menu, Text("Bypass", "旁路或恢复"), "B", lambda: editing.switch(canvas, "bypass"))
        _entry(menu, Text("Connect to…", "连接到…"), "C", lambda: pop_connect(canvas))
    _entry(menu, Text("Frame", "分组框"), "G", lambda: editing.write_frame(canvas))
    if len(chosen) > 1:
        _arranging(menu, canvas)
    menu.addSeparator()
    _entry(menu, Text("Copy", "复制"), "Ctrl+C", lambda: editing.copy(canvas))
    _entry(menu, Text("Duplicate", "复制一份"), "D", lambda: editing.duplicate(canvas))
    if nodes:
        _entry(menu, swapping.DISSOLVE, "Ctrl+Del", lambda: swapping.dissolve(canvas))
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
    _entry(menu, Text("Add comment", "添加注释"), "N", lambda: editing.write_note(canvas, place))
    _entry(menu, Text("Add frame", "添加分组框"), "G", lambda: editing.write_frame(canvas, place))
    _entry(menu, Text("Paste", "粘贴"), "Ctrl+V", lambda: editing.paste(canvas, place))
    extra = canvas.extra_entries([], place)
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
    reason = menu.addAction(escaped(tr(why.message)))
    reason.setEnabled(False)
    _entry(menu, INSERT.format(title=tr(kind.title)), "", lambda: editing.convert(canvas, edge, kind.name))
    menu.setActiveAction(menu.actions()[-1])
    return menu


def connect_menu(canvas: CanvasView) -> QMenu | None:
    """The outputs of the chosen step; below each, the inputs that the engine would let it be wired to, the nearest first."""
    chosen = [i for i in canvas.sheet.chosen_ids() if i in canvas.document.nodes]
    if len(chosen) != 1:
        return None
    menu = QMenu(canvas)
    node = canvas.document.nodes[chosen[0]]
    ports = canvas.document.ports(node)
    offers = canvas.document.offers(replacing=True)
    for port in (*ports.outputs, *ports.inner_outputs):
        targets = menu.addMenu(escaped(tr(port.title)))
        _page(canvas, targets, _targets(canvas, node, port, offers))
        targets.setEnabled(not targets.isEmpty())
    return menu


def _page(canvas: CanvasView, menu: QMenu, found: Iterator[Target | None]) -> None:
    """Some of the ports, and an entry that shows the next; a sheet of thousands is never asked about at once."""
    for asked, target in enumerate(found, 1):
        if target is not None:
            _entry(menu, target[0], "", lambda wire=target[1]: editing.connect(canvas.document, wire))
        if asked == ASKED or len(menu.actions()) == NEAREST:
            _entry(menu, FURTHER, "", lambda: _next_page(canvas, found))
            return


def _next_page(canvas: CanvasView, found: Iterator[Target | None]) -> None:
    menu = Menu(canvas)
    _page(canvas, menu, found)
    if menu.isEmpty():
        menu.addAction(tr(NO_FURTHER)).setEnabled(False)
    menu.open_at(canvas.viewport().mapToGlobal(canvas.menu_place()))
    menu.setActiveAction(menu.actions()[0])


def sources_menu(canvas: CanvasView, node_id: str, port: str) -> Menu:
    """What may be wired to an input: the outputs of other steps, the nearest first, and a new step."""
    menu = Menu(canvas)
    _page(canvas, menu, _sources(canvas, node_id, port))
    if menu.isEmpty():
        menu.addAction(tr(NO_SOURCE)).setEnabled(False)
    spot = canvas.sheet.nodes[node_id].layout.spot(port, False)
    spot = spot or canvas.sheet.nodes[node_id].layout.spot(port, False, True)
    if spot is not None:
        place = canvas.sheet.nodes[node_id].pos() + spot.at - QPointF(LEFT_OF, 0)
        menu.addSeparator()
        _entry(menu, NEW_SOURCE, "", lambda: canvas.add_wanted.emit(place, End(node_id, spot)))
    return menu


def _sources(canvas: CanvasView, node_id: str, port: str) -> Iterator[Target | None]:
    """The outputs that an input may be wired to; None, as below, for each step that has none."""
    document = canvas.document
    here, offers = document.nodes[node_id], document.offers()
    wanted = document.ports(here)
    kind = next((p.type for p in (*wanted.inputs, *wanted.inner_inputs) if p.name == port), "any")
    for node in _nearest(document, here):
        ports, found = document.ports(node), False
        for output in (*ports.outputs, *ports.inner_outputs):
            edge = Edge(source=node.id, source_port=output.name, target=node_id, target_port=port)
            if fits(output.type, kind) and offers.enters(edge):
                found = True
                yield f"{title_of(node, document.type_of(node))} · {tr(output.title)}", edge
        if not found:
            yield None


def _targets(canvas: CanvasView, here: Node, output: Port, offers: Offers) -> Iterator[Target | None]:
    """The inputs that an output may be wired to; None for each step that has none, so that whoever asks can pause."""
    document = canvas.document
    for node in _nearest(document, here):
        ports, found = document.ports(node), False
        for target in (*ports.inputs, *ports.inner_inputs):
            edge = Edge(source=here.id, source_port=output.name, target=node.id, target_port=target.name)
            if fits(output.type, target.type) and offers.leaves(edge):
                found = True
                yield _said(document, edge, tr(target.title)), edge
        if not found:
            yield None


def _nearest(document: Document, here: Node) -> list[Node]:
    others = (node for node in document.nodes.values() if node.id != here.id)
    return sorted(others, key=lambda node: math.dist(node.position, here.position))


def _said(document: Document, edge: Edge, port: str) -> str:
    node, occupant = document.nodes[edge.target], document.occupant(edge)
    words = f"{title_of(node, document.type_of(node))} · {port}"
    if occupant is None:
        return words
    before = document.nodes[occupant.source]
    return f"{words} · {tr(IN_PLACE.format(title=title_of(before, document.type_of(before))))}"


def _entry(menu: QMenu, title: Text | str, keys: str, run: Callable[[], object]) -> None:
    words = escaped(tr(title))
    action = QAction(f"{words}\t{keys}" if keys else words, menu)
    action.triggered.connect(lambda _=False: run())
    menu.addAction(action)


def pop_connect(canvas: CanvasView) -> None:
    menu = connect_menu(canvas)
    if menu is not None:
        menu.popup(canvas.viewport().mapToGlobal(canvas.menu_place()))
