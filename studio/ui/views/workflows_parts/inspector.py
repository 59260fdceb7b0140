"""The panel at the right: the chosen step's settings, output and notes; the workflow itself when none is chosen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.engine.text import Text
from studio.engine.workflows.binding import Binding
from studio.engine.workflows.graph import Node
from studio.ui.canvas.commands import Edit, Remove
from studio.ui.canvas.document import Parts
from studio.ui.canvas.faces import tile_of, title_of
from studio.ui.canvas.fixes import words_of
from studio.ui.canvas.look import LOOKS
from studio.ui.canvas.model import Live
from studio.ui.canvas.node_paint import STATE_WORDS
from studio.ui.forms import ParamsForm
from studio.ui.frame.focus import tab_through
from studio.ui.language import language, tr
from studio.ui.studio import Studio
from studio.ui.theme import theme
from studio.ui.views.workflows_parts import again
from studio.ui.views.workflows_parts.about import AboutWorkflow, page_of
from studio.ui.views.workflows_parts.binding_rows import BindingRows
from studio.ui.views.workflows_parts.bindings import Bindings
from studio.ui.views.workflows_parts.context_bar import ContextBar, colours_of, prompt_fields
from studio.ui.views.workflows_parts.output_words import SHORT, output_words, selectable
from studio.ui.views.workflows_parts.sheet import Sheet
from studio.ui.views.workflows_parts.step_params import StepParams, read_step, with_step
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.discard import empty
from studio.ui.widgets.inputs import LineField, TextArea
from studio.ui.widgets.labels import Badge, Label
from studio.ui.widgets.panel import Glyph, Header, Section, Surface, scroll
from studio.ui.widgets.panel_tabs import PanelTabs
from studio.ui.widgets.prompt_editor import PromptEditor
from studio.ui.widgets.states import Empty

TONES = {
    "asking": "warning", "done": "success", "cached": "cached", "running": "info", "failed": "danger", "warning": "warning",
}  # fmt: skip
NO_FILE = Text("This studio has no such node. The step is kept as it is.", "本程序没有此类节点，该节点将原样保留。")


class Inspector(Surface):
    """Edits are undo commands of the document; typing in one field merges into one step."""

    retry = Signal(str)
    repair = Signal(str)
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
        self.rows: BindingRows | None = None
        self.context_bar: ContextBar | None = None
        self._editing = False
        self.about = AboutWorkflow(studio)
        self.step = QWidget()
        self.pages = QStackedWidget()
        self._build_step()
        self.nothing = Empty(
            "workflow",
            Text("No workflow open", "未打开工作流"),
            Text("Its settings and those of its steps appear here.", "工作流及其节点的设置会显示在这里。"),
        )
        for page in (self.nothing, self.about, self.step):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 0, 0)
        layout.addWidget(self.pages)
        self.about.open_run.connect(self.open_run)
        language.changed.connect(self._show_title)

    def show_sheet(self, sheet: Sheet | None) -> None:
        for signal, hear in self._heard():
            signal.disconnect(hear)
        self.sheet = sheet
        for signal, hear in self._heard():
            signal.connect(hear)
        self.about.show_sheet(sheet)
        self.choose(sheet.canvas.sheet.chosen_ids() if sheet else [])

    def _heard(self) -> list[tuple[Any, Any]]:
        if self.sheet is None:
            return []
        document = self.sheet.document
        return [
            (document.replaced, self._replaced),
            (document.inserted, self._rewired),
            (document.removed, self._rewired),
        ]

    def choose(self, ids: list[str]) -> None:
        """Show the one chosen step; with none or several, the workflow."""
        nodes = [i for i in ids if self.sheet and i in self.sheet.document.nodes]
        node_id = nodes[0] if len(nodes) == 1 else ""
        if node_id and node_id == self.node_id and self.pages.currentWidget() is self.step:
            self.show_live()
            return
        self.node_id = node_id
        self.pages.setCurrentWidget(self.step if node_id else self.about if self.sheet else self.nothing)
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
        self.settings, self.output = page_of(), page_of()
        notes = page_of()
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
        self._show_title()
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
            self._add_context_bar(node)
            self.rows = BindingRows(self.form, self._bind)
            self.rows.show_node(self.sheet.document, node)
            self.bindings = Bindings()
            column.addWidget(self.bindings)
            self.bindings.show_node(self.sheet.document, node)
        self.step_form = ParamsForm(StepParams, read_step(node), self.studio)
        self.step_form.changed.connect(self._set_step)
        more = Section(Text("How it runs", "运行方式"), collapsible=True, open=False, flush=True)
        more.body.setContentsMargins(0, theme.size("space.2"), 0, 0)
        more.body.addWidget(self.step_form)
        column.addWidget(more)
        column.addStretch(1)
        tab_through(self.tabs, self.settings, self.output, self.notes, self.try_row, self.run_from)

    def _add_context_bar(self, node: Node) -> None:
        """Under the prompt: what it takes of the model's context; its variables in the colours of their ports."""
        assert self.sheet is not None and self.form is not None
        fields = prompt_fields(self.sheet.document, node)
        self.context_bar = ContextBar(self.studio) if fields else None
        if self.context_bar is not None:
            row = self.form.fields[fields[-1].name]
            row.add_tool(self.context_bar.tokens)
            row.add_below(self.context_bar)
            self._count(node)

    def _count(self, node: Node) -> None:
        if self.context_bar is None or self.sheet is None or self.form is None:
            return
        document, run = self.sheet.document, self.sheet.run
        self.context_bar.show_node(document, node, self.sheet.workflow.id, run.execution_id if run else "")
        for field in prompt_fields(document, node):
            editor = self.form.fields[field.name].control
            if isinstance(editor, PromptEditor):
                editor.set_variables(colours_of(document, node))

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
            column.addWidget(self._ways_out(live))
        for output in outputs:
            column.addWidget(Label(output.port, "denseStrong"))
            if output.preview:
                column.addWidget(output_words(output.preview))
        if outputs:
            whole = Button(Text("Show in data preview", "在数据预览中查看"), "table", "link", "sm")
            whole.clicked.connect(lambda: self.show_data.emit(self.node_id))
            column.addWidget(whole, 0, Qt.AlignmentFlag.AlignLeft)
        elif live.text:
            column.addWidget(selectable(live.text[-SHORT * 4 :]))
        elif not live.message:
            column.addWidget(
                Label(Text("Nothing yet. Queue a run.", "还没有输出，请先运行。"), "dense", "text.tertiary", wrap=True)
            )
        column.addStretch(1)

    def _ways_out(self, live: Live) -> QWidget:
        """The repair of a failure, and trying again."""
        both = QWidget()
        line = QHBoxLayout(both)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.size("space.2"))
        mend = Button(words_of(*live.fix), "wrench")
        mend.clicked.connect(lambda: self.repair.emit(self.node_id))
        again = Button(Text("Run again", "重新运行"), "refresh-cw", "ghost")
        again.clicked.connect(lambda: self.retry.emit(self.node_id))
        for button in (mend, again):
            line.addWidget(button)
        line.addStretch(1)
        return both

    def focus_field(self, name: str) -> None:
        """Put the caret into one setting; without a name, into the first."""
        self.tabs.set_value("settings")
        self._turn("settings")
        forms = [form for form in (self.form, self.step_form) if form is not None]
        rows = [row for form in forms for key, row in form.fields.items() if not name or key == name]
        if rows:
            rows[0].bring_up()

    def _turn(self, name: object) -> None:
        self.body.setCurrentIndex(["settings", "output", "notes"].index(str(name)))
        self.show_live()

    # changing

    def _show_title(self) -> None:
        node = self._node()
        if node is not None and self.sheet is not None:
            self.title.setText(title_of(node, self.sheet.document.type_of(node)))
            self.title.setCursorPosition(0)

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

    def _bind(self, name: str, binding: Binding | None) -> None:
        """A fixed value is kept while something else stands in for it. Taking a port away takes its wires along."""
        node = self._node()
        if node is None or self.sheet is None:
            return
        document = self.sheet.document
        bound = {key: value for key, value in node.bound.items() if key != name}
        after = node.model_copy(update={"bound": {**bound, name: binding} if binding else bound})
        typing = binding is not None and binding.kind == "expression"
        ports = {port.name for port in document.ports_as(after).inputs}
        into = [e for e in document.wires(node.id) if e.target == node.id]
        gone = [e for e in into if e.target_port not in ports and document.nodes[e.source].parent != node.id]
        if not gone:
            self._push(after, f"bound.{name}" if typing else "")
            return
        document.undo.beginMacro(tr(Text("Edit", "修改")))
        document.undo.push(Remove(document, Parts(edges=gone)))
        self._push(after, "")
        document.undo.endMacro()

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

    def _rewired(self, parts: Parts) -> None:
        if parts.edges:
            self._show_bindings()

    def _show_bindings(self) -> None:
        node = self._node()
        if node is not None and self.sheet is not None and self.bindings is not None:
            self.bindings.show_node(self.sheet.document, node)
        if node is not None and self.sheet is not None and self.rows is not None:
            self.rows.show_node(self.sheet.document, node)
        if self.form is not None:
            self.form.validate()
        if node is not None:
            self._count(node)
