"""The panel at the right: the chosen step's settings, output and notes; the workflow itself when none is chosen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.execution import Execution
from studio.engine.workflows.graph import Node
from studio.ui.canvas.commands import Edit, Rename
from studio.ui.canvas.faces import tile_of, title_of
from studio.ui.canvas.look import LOOKS
from studio.ui.canvas.model import STATE_ICONS, Live
from studio.ui.canvas.node_paint import STATE_WORDS
from studio.ui.canvas.times import seconds_in_words, shape_in_words
from studio.ui.forms import ParamsForm
from studio.ui.frame.focus import tab_through
from studio.ui.language import tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.workflows_parts import again
from studio.ui.views.workflows_parts.bindings import Bindings
from studio.ui.views.workflows_parts.preview import preview_words
from studio.ui.views.workflows_parts.sheet import Sheet
from studio.ui.views.workflows_parts.step_params import StepParams, read_step, with_step
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import empty
from studio.ui.widgets.inputs import LineField, TextArea
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Glyph, Header, Section, Surface, scroll
from studio.ui.widgets.rows import Row, RowList
from studio.ui.widgets.tabs import PanelTabs

TONES = {
    "done": "success", "cached": "cached", "running": "info", "failed": "danger", "warning": "warning",
}  # fmt: skip
NO_FILE = Text("This studio has no such node. The step is kept as it is.", "本程序没有此类节点，该节点将原样保留。")
SHORT = 600


class Inspector(Surface):
    """Edits are undo commands of the document; typing in one field merges into one step."""

    retry = Signal(str)
    show_data = Signal(str)
    open_run = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self.studio = studio
        self.sheet: Sheet | None = None
        self.node_id = ""
        self.form: ParamsForm | None = None
        self.step_form: ParamsForm | None = None
        self.bindings: Bindings | None = None
        self._editing = False
        self.about = AboutWorkflow(studio)
        self.step = QWidget()
        self.pages = QStackedWidget()
        self._build_step()
        for page in (self.about, self.step):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 0, 0)
        layout.addWidget(self.pages)
        self.about.open_run.connect(self.open_run)

    def show_sheet(self, sheet: Sheet | None) -> None:
        if self.sheet is not None:
            self.sheet.document.replaced.disconnect(self._replaced)
        self.sheet = sheet
        if sheet is not None:
            sheet.document.replaced.connect(self._replaced)
        self.about.show_sheet(sheet)
        self.choose(sheet.canvas.sheet.chosen_ids() if sheet else [])

    def choose(self, ids: list[str]) -> None:
        """Show the one chosen step; with none or several, the workflow."""
        nodes = [i for i in ids if self.sheet and i in self.sheet.document.nodes]
        node_id = nodes[0] if len(nodes) == 1 else ""
        if node_id and node_id == self.node_id and self.pages.currentWidget() is self.step:
            self.show_live()
            return
        self.node_id = node_id
        self.pages.setCurrentWidget(self.step if node_id else self.about)
        if node_id:
            self._show_step()

    def show_live(self) -> None:
        """The state badge and the outputs of the run."""
        node = self._node()
        if node is None or self.sheet is None:
            return
        live = self.sheet.lives().get(node.id, Live())
        self.try_row.setVisible(bool(again.frame_of(self.sheet, node.id)))
        self.run_from.setEnabled(not self.sheet.running)
        self.try_row.setEnabled(not self.sheet.running and self.sheet.run is not None)
        self.state.setVisible(live.state != "idle")
        self.state.say(STATE_WORDS[live.state])
        self.state.set_tone(TONES.get(live.state, "neutral"))
        if self.tabs.value() == "output":
            self._show_output(live)

    def focus_title(self) -> None:
        self.title.setFocus()
        self.title.selectAll()

    # building

    def _build_step(self) -> None:
        self.tile = Glyph("square", "text.secondary", 12, tile=20)
        self.title = LineField(name=Text("Title", "标题"), bare=True)
        self.title.editingFinished.connect(self._rename)
        self.state = Badge("", "neutral")
        self.help = IconButton("circle-help", Text("What this node does", "节点说明"))
        self.help.clicked.connect(lambda: self.doc.setVisible(not self.doc.isVisible()))
        self.doc = Label("", "body", "text.secondary", wrap=True)
        self.doc.hide()
        self.tabs = PanelTabs(
            [
                ("settings", Text("Settings", "设置")),
                ("output", Text("Output", "输出")),
                ("notes", Text("Notes", "备注")),
            ]
        )
        self.tabs.changed.connect(self._turn)
        self.notes = TextArea(
            Text("What the next reader should know", "写给后来的人"), name=Text("Notes", "备注"), rows=8
        )
        self.notes.changed.connect(self._note)
        self.retry_button = Button(Text("Run again", "重新运行"), "refresh-cw")
        self.retry_button.clicked.connect(lambda: self.retry.emit(self.node_id))
        self._lay_out_step()

    def _lay_out_step(self) -> None:
        head = Header(40)
        for widget, stretch in ((self.tile, 0), (self.title, 1), (self.state, 0), (self.help, 0)):
            head.row.addWidget(widget, stretch)
        tabs = Header(32)
        tabs.row.addWidget(self.tabs, 1)
        self.settings, self.output = _page(), _page()
        notes = _page()
        notes.layout().addWidget(self.notes)
        notes.layout().addStretch(1)
        self.body = QStackedWidget()
        for page in (self.settings, self.output, notes):
            self.body.addWidget(scroll(page))
        column = QVBoxLayout(self.step)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (head, tabs):
            column.addWidget(widget)
        column.addWidget(self.body, 1)
        self.try_row = Button(again.ONE_ROW, "flask-conical")
        self.run_from = Button(again.FROM_HERE, "list-start")
        self.try_row.clicked.connect(lambda: self.sheet and again.try_row(self.sheet, self.node_id))
        self.run_from.clicked.connect(lambda: self.sheet and again.run_from(self.sheet, self.node_id))
        foot = Surface("panel")
        row = QHBoxLayout(foot)
        gap = theme.size("space.2")
        row.setContentsMargins(theme.size("space.3"), gap, theme.size("space.3"), gap)
        row.setSpacing(gap)
        row.addWidget(self.try_row, 1)
        row.addWidget(self.run_from, 1)
        column.addWidget(foot)

    # showing

    def _node(self) -> Node | None:
        return self.sheet.document.nodes.get(self.node_id) if self.sheet else None

    def _show_step(self) -> None:
        node = self._node()
        if node is None or self.sheet is None:
            return
        kind = self.sheet.document.type_of(node)
        tile = tile_of(kind)
        self.tile.set(kind.icon if kind else "circle-help", f"port.{LOOKS.get(tile, tile)}")
        self.title.setText(title_of(node, kind))
        self.title.setCursorPosition(0)
        self.doc.say(kind.doc if kind else NO_FILE)
        self.notes.blockSignals(True)
        self.notes.setPlainText(node.notes)
        self.notes.blockSignals(False)
        self._fill_settings(node)
        self.show_live()
        self._turn(self.tabs.value())

    def _fill_settings(self, node: Node) -> None:
        assert self.sheet is not None
        kind = self.sheet.document.type_of(node)
        column = self.settings.layout()
        empty(column, keep=self.doc)
        column.addWidget(self.doc)
        if kind is not None:
            self.form = ParamsForm(kind.params, node.params, self.studio)
            self.form.changed.connect(self._set_param)
            column.addWidget(self.form)
            self.bindings = Bindings()
            self.bindings.show_node(self.sheet.document, node)
            column.addWidget(self.bindings)
        self.step_form = ParamsForm(StepParams, read_step(node), self.studio)
        self.step_form.changed.connect(self._set_step)
        more = Section(Text("How it runs", "运行方式"), collapsible=True, open=False)
        more.body.setContentsMargins(0, theme.size("space.2"), 0, 0)
        more.body.addWidget(self.step_form)
        column.addWidget(more)
        column.addStretch(1)
        tab_through(self.tabs, self.settings, self.output, self.notes, self.try_row, self.run_from)

    def _show_output(self, live: Live) -> None:
        column = self.output.layout()
        outputs = self.sheet.run.outputs.get(self.node_id, []) if self.sheet and self.sheet.run else []
        empty(column)
        if live.message:
            column.addWidget(
                Label(live.message, "dense", "danger.text" if live.state == "failed" else "text.secondary", wrap=True)
            )
        if live.repair:
            column.addWidget(Label(live.repair, "dense", "text.secondary", wrap=True))
        if live.state == "failed":
            again = Button(Text("Run again", "重新运行"), "refresh-cw")
            again.clicked.connect(lambda: self.retry.emit(self.node_id))
            column.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)
        for output in outputs:
            column.addWidget(Label(output.port, "denseStrong"))
            column.addWidget(_output_words(output.preview))
        if outputs:
            whole = Button(Text("Show in data preview", "在数据预览中查看"), "table", "link", "sm")
            whole.clicked.connect(lambda: self.show_data.emit(self.node_id))
            column.addWidget(whole, 0, Qt.AlignmentFlag.AlignLeft)
        elif live.text:
            column.addWidget(_selectable(live.text[-SHORT * 4 :]))
        elif not live.message:
            column.addWidget(
                Label(Text("Nothing yet. Queue a run.", "还没有输出，请先运行。"), "dense", "text.tertiary", wrap=True)
            )
        column.addStretch(1)

    def _turn(self, name: object) -> None:
        self.body.setCurrentIndex(["settings", "output", "notes"].index(str(name)))
        self.show_live()

    # changing

    def _rename(self) -> None:
        node = self._node()
        if node is None or self.sheet is None:
            return
        kind = self.sheet.document.type_of(node)
        words = self.title.text().strip()
        if words and words != title_of(node, kind):
            self._push(node.model_copy(update={"title": words}), "title")

    def _set_param(self, name: str, value: Any) -> None:
        node = self._node()
        if node is not None and node.params.get(name, ...) != value:
            self._push(node.model_copy(update={"params": {**node.params, name: value}}), f"params.{name}")

    def _set_step(self, name: str, value: Any) -> None:
        node = self._node()
        if node is not None:
            self._push(with_step(node, name, value), f"step.{name}")

    def _note(self, words: str) -> None:
        node = self._node()
        if node is not None and node.notes != words:
            self._push(node.model_copy(update={"notes": words}), "notes")

    def _push(self, node: Node, what: str) -> None:
        assert self.sheet is not None
        self._editing = True
        try:
            self.sheet.document.undo.push(Edit(self.sheet.document, node, what))
        finally:
            self._editing = False

    def _replaced(self, part_id: str) -> None:
        """An undo, or a change made elsewhere: the form shows it. A change made here is shown already."""
        if part_id != self.node_id:
            return
        if not self._editing:
            self._show_step()
        else:
            self._show_bindings()

    def _show_bindings(self) -> None:
        node = self._node()
        if node is not None and self.sheet is not None and self.bindings is not None:
            self.bindings.show_node(self.sheet.document, node)


class AboutWorkflow(QWidget):
    """The workflow itself: name, description, its latest runs."""

    open_run = Signal(str)
    duplicate = Signal()
    delete = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.sheet: Sheet | None = None
        self.name = LineField(name=Text("Name", "名称"))
        self.description = TextArea(Text("What it is for", "用途"), name=Text("Description", "描述"), rows=3)
        self.description.setFixedHeight(theme.scaled(72))
        self.figures = Label("", "dense", "text.tertiary")
        self.runs = RowList(Text("Latest runs", "最近的运行"), height=44, activate_on_click=True)
        self.runs.activated.connect(self.open_run)
        self.name.editingFinished.connect(self._rename)
        self.description.changed.connect(self._describe)
        self._lay_out()

    def show_sheet(self, sheet: Sheet | None) -> None:
        self.sheet = sheet
        self.setEnabled(sheet is not None)
        graph = sheet.document.graph if sheet else None
        self.name.setText(graph.name if graph else "")
        self.description.blockSignals(True)
        self.description.setPlainText(graph.description if graph else "")
        self.description.blockSignals(False)
        self.refresh()

    def refresh(self) -> None:
        """Figures, and the latest runs from the engine."""
        if self.sheet is None:
            self.runs.set_rows([])
            return
        document = self.sheet.document
        figures = Text("{nodes} steps · {edges} wires", "{nodes} 个节点 · {edges} 条连线")
        self.figures.setText(tr(figures.format(nodes=len(document.nodes), edges=len(document.edges))))
        work = self.studio.engine.workflows.executions(self.sheet.workflow.id, 20)
        self.studio.bridge.run(self, work, self._show_runs)

    def _show_runs(self, executions: list[Execution]) -> None:
        self.runs.set_rows(_run_row(execution) for execution in executions)

    def _rename(self) -> None:
        words = self.name.text().strip()
        if self.sheet is not None and words and words != self.sheet.document.graph.name:
            self._push(words, self.sheet.document.description)

    def _describe(self, words: str) -> None:
        if self.sheet is not None and words != self.sheet.document.graph.description:
            self._push(self.sheet.document.name, words)

    def _push(self, name: str, description: str) -> None:
        assert self.sheet is not None
        self.sheet.document.undo.push(Rename(self.sheet.document, name, description))

    def show_names(self) -> None:
        """What an undo has brought back, unless it is being typed here."""
        document = self.sheet.document if self.sheet else None
        if document is None:
            return
        if not self.name.hasFocus():
            self.name.setText(document.name)
        if self.description.toPlainText() != document.description and not self.description.hasFocus():
            self.description.blockSignals(True)
            self.description.setPlainText(document.description)
            self.description.blockSignals(False)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = Header(40)
        head.row.addWidget(Label(Text("Workflow", "工作流"), "bodyStrong"), 1)
        copy = IconButton("copy", Text("Duplicate this workflow", "复制此工作流"))
        away = IconButton("trash-2", Text("Delete this workflow", "删除此工作流"))
        copy.clicked.connect(self.duplicate)
        away.clicked.connect(self.delete)
        head.row.addWidget(copy)
        head.row.addWidget(away)
        column.addWidget(head)
        page = _page()
        for title, widget in ((Text("Name", "名称"), self.name), (Text("Description", "描述"), self.description)):
            page.layout().addWidget(Label(title, "dense", "text.secondary"))
            page.layout().addWidget(widget)
        page.layout().addWidget(self.figures)
        column.addWidget(page)
        head = Header(32)
        head.row.addWidget(Label(Text("Latest runs", "最近的运行"), "denseStrong"), 1)
        column.addWidget(head)
        column.addWidget(self.runs, 1)


def _run_row(execution: Execution) -> Row:
    states = {"completed": "done", "failed": "failed", "running": "running", "pending": "waiting"}
    icon, colour = STATE_ICONS[states.get(execution.status, "skipped")]
    when = datetime.fromtimestamp(execution.created_at).strftime("%m-%d %H:%M")
    took = seconds_in_words(execution.seconds) if execution.seconds is not None else ""
    subject = " · ".join(str(value) for value in execution.inputs.values() if isinstance(value, str))
    return Row(execution.id, when, subject[:80], icon, trailing=took, colour=colour)


def _page() -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    gap = theme.size("space.3")
    column.setContentsMargins(gap, gap, gap, gap)
    column.setSpacing(theme.size("space.2"))
    return page


def _output_words(preview: dict[str, Any]) -> QWidget:
    if preview.get("type") == "table":
        words = shape_in_words(preview["rows"], len(preview["columns"]))
        return Label(words, "dense", "text.secondary")
    return _selectable(preview_words(preview)[:SHORT])


def _selectable(words: str) -> Label:
    label = Label(words, "dense", "text.primary", wrap=True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
