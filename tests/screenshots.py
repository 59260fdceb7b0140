"""A PNG of every view on the sample project: `python tests/screenshots.py FOLDER`.

In both themes and both languages, at 100 % and (with --scale 150) larger, by the real window on a real engine. Look at them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("ONE_DATA_KEYRING", "file")
os.environ["ONE_DATA_SERVER__ENABLED"] = "false"
sys.path.insert(0, str(Path(__file__).parents[1]))

QUESTION = "How long is the warranty on the K7 pump, and how many K7 were returned in 华南?"
SIZES = (("Q2_K", 9), ("Q4_K_M", 14), ("Q5_K_M", 16), ("Q8_0", 22))  # MB in place of GB
RETURNS = """-- Return rate by region
SELECT region,
       count(*) AS orders,
       round(100.0 * avg((status = 'returned')::INT), 2) AS return_pct,
       round(sum(amount) / 1000000, 1) AS rev_m
FROM orders
WHERE ordered_at >= DATE '2024-11-01'
GROUP BY region
ORDER BY return_pct DESC"""
PATIENCE = 600  # seconds for the slowest thing: the first answer of the demo model


class Photographer:
    """Opens the window once and walks through it."""

    def __init__(self, home: Path, size: tuple[int, int]) -> None:
        from studio.engine.paths import Paths
        from studio.ui.app import make_app, open_window
        from studio.ui.bridge import bridge

        self.app = make_app()
        self.window = open_window(Paths.under(home))
        self.window.resize(*size)
        self.bridge = bridge
        self.wait(lambda: bridge.engine is not None)
        self.engine: Any = bridge.engine
        self.shown: Any = None  # the window to picture, where it is not the main one

    def wait(self, ready: Callable[[], bool], seconds: float = PATIENCE) -> None:
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise TimeoutError
            self.settle(0.02)

    def settle(self, seconds: float = 1.2) -> None:
        """Let the window paint what is under way."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.app.processEvents()
            time.sleep(0.005)

    def result(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something on the engine's thread and wait for it."""
        found: list[Any] = []
        failed: list[Any] = []
        self.bridge.run(self.window, work, found.append, failed.append)
        self.wait(lambda: bool(found or failed))
        if failed:
            raise failed[0]
        return found[0]

    def exhaust(self, events: Any) -> None:
        """Wait until an answer or a run has told all it has to tell."""
        self.result(_exhaust(events))

    def dress(self, theme: str, language: str, scale: int) -> None:
        for key, value in (("theme", theme), ("language", language), ("scale", scale)):
            self.result(self.engine.settings.set(f"appearance.{key}", value))
        self.settle(0.6)

    def prepare(self, views: list[str]) -> None:
        """The sample project, and for the views that show them a cited answer and a finished run."""
        self.result(_wait(self.result(self.engine.sample.prepare())))
        if views in (["data"], ["knowledge"]):
            return
        collections = [one.id for one in self.result(self.engine.knowledge.collections())]
        if not self.result(self.engine.chat.threads()):
            thread = self.result(self.engine.chat.create(knowledge=collections, datasets=["ds-001"]))
            self.exhaust(self.engine.chat.ask(thread.id, QUESTION))
        for workflow in self.result(self.engine.workflows.list()):
            if not self.result(self.engine.workflows.executions(workflow.id)):
                run = self.result(self.engine.workflows.start(workflow.id, {}))
                self.exhaust(self.engine.workflows.events(run.id))

    def scenes(self, views: list[str]) -> Iterator[str]:
        """Walk through the views; each time a name is given, its picture is due."""
        from tests.chat_scenes import chat_scenes
        from tests.dialog_scenes import (
            cluster_dialogs,
            data_dialogs,
            frame_scenes,
            model_dialogs,
            run_dialogs,
            settings_pages,
            workflow_dialogs,
        )
        from tests.flow_scenes import run_scenes, workflow_scenes
        from tests.node_scenes import node_scenes

        window, studio = self.window, self.window.studio
        for name in (each for each in window.view_names() if not views or each in views):
            window.show_view(name)
            self.settle()
            if name == "data":
                studio.open("dataset", "ds-001")
            elif name == "knowledge":
                documents = self.result(self.engine.knowledge.documents())
                document = next(one for one in documents if one.format == "pdf")
                studio.open("document", document.id, page=13)
            elif name == "workflows":
                workflow = self.result(self.engine.workflows.list())[0]
                run = self.result(self.engine.workflows.executions(workflow.id))[0]
                studio.open("workflow", workflow.id, execution=run.id)
            elif name == "chat":
                studio.open("thread", self.result(self.engine.chat.threads())[0].id)
            elif name == "runs":
                studio.open("run", self.result(self.engine.workflows.executions())[0].id)
            self.settle(2)
            yield name
            if name == "data":
                yield from self.cells()
                yield from self.queries()
                yield from self.versions()
                yield from self.adding_data()
                yield from data_dialogs(self)
            if name == "workflows":
                yield from self.workflows()
            if name == "chat":
                yield from chat_scenes(self)
            if name == "models":
                yield from self.models()
                yield from model_dialogs(self)
            if name == "knowledge":
                yield from self.knowledge()
            if name == "workflows":
                yield from workflow_scenes(self)
                yield from node_scenes(self)
                yield from workflow_dialogs(self)
            if name == "runs":
                yield from run_scenes(self)
                yield from run_dialogs(self)
            if name == "clusters":
                yield from cluster_dialogs(self)
            if name == "settings":
                yield from settings_pages(self)
            if name == "home":
                yield from frame_scenes(self)

    def empty(self, views: list[str]) -> Iterator[str]:
        """The views as a new home shows them."""
        for name in (each for each in self.window.view_names() if not views or each in views):
            self.window.show_view(name)
            self.wait(lambda name=name: getattr(self.window.current_view(), "name", "") == name)
            self.settle(2)
            yield f"empty-{name}"

    def workflows(self) -> Iterator[str]:
        """Every state of a step on one sheet, then the settings of several steps."""
        from tests.screenshot_workflow import after_sales

        view: Any = self.window.current_view()
        known = {one.name: one for one in self.result(self.engine.workflows.list())}
        collection = self.result(self.engine.knowledge.collections())[0].id
        graph = after_sales(collection)
        made = known.get(graph.name) or self.result(self.engine.workflows.create(graph.name, graph))
        view.open_workflow(made.id)
        self.wait(lambda: view.sheet is not None and view.sheet.workflow.id == made.id)
        if view.sheet.run is None:
            view.starting.start({})
        self.wait(lambda: view.sheet.settled)
        view.sheet.canvas.show_all()
        self.settle()
        yield "workflows-states"
        view.sheet.canvas.set_zoom(1.0)
        view.sheet.canvas.show_item("draft_14b")
        self.settle()
        yield "workflows-near"
        for step in ("ask", "draft", "shape", "order", "start"):
            view.sheet.canvas.sheet.choose([step])
            view.inspector.choose([step])
            self.settle()
            yield f"workflows-{step}"
        view.inspector.tabs.set_value("output")
        view.sheet.canvas.sheet.choose(["draft_14b"])
        view.inspector._turn("output")
        self.settle()
        yield "workflows-failed"
        view.inspector.tabs.set_value("settings")
        view.inspector._turn("settings")
        view.sheet.canvas.sheet.choose([])
        self.settle()
        yield "workflows-about"
        view.centre.tabs.move(made.id)
        view.sheet.canvas.show_all()
        self.settle()
        yield "workflows-split"
        view.centre.tabs.move(made.id)

    def cells(self) -> Iterator[str]:
        """A sorted table with its SQL, and a cell looked at closely."""
        tab = self.window.current_view().centre.tables["ds-001"]
        self.wait(lambda: tab.dataset is not None)
        tab.table.order_requested.emit(tab.table.model.names[1], False)
        tab.bar.sql.setChecked(True)
        self.settle()
        tab.table.set_current(3, 1)
        self.wait(lambda: tab.table.model.cell(3, 1) is not None)
        tab.table.view_cell()
        self.settle()
        yield "data-cell"
        tab.cell.pane.closed.emit()
        tab.bar.sql.setChecked(False)
        tab.bar.set_orders([])
        tab.bar.ordered.emit()

    def queries(self) -> Iterator[str]:
        """A query's result, chart, measured plan and history, and a mistake."""
        view: Any = self.window.current_view()
        self.wait(lambda: bool(view.queries.panes))
        pane = view.queries.pane("returns_by_region.sql", RETURNS)
        view.open_dataset("ds-001")
        view.below.setCurrentWidget(pane)
        for tab in ("result", "chart", "plan", "history"):
            pane.editor.set_text(RETURNS)
            pane.measure(RETURNS) if tab == "plan" else pane.run()
            self.wait(lambda: pane._running is None)
            pane.results.tabs.set_value(tab)
            pane.results.tabs.changed.emit(tab)
            self.settle()
            yield f"data-{tab}"
        pane.editor.set_text(RETURNS.replace("orders\nWHERE", "order_list\nWHERE"))
        pane.run()
        self.wait(lambda: pane._running is None)
        yield "data-mistake"

    def versions(self) -> Iterator[str]:
        """Two versions of the sample's products, compared; and what is known of them."""
        view = self.window.current_view()
        path = self.window.studio.engine.paths.data / "products-2.csv"
        if not path.exists():
            rows = self.result(self.engine.datasets.page("ds-003", 0, 10_000)).to_pylist()
            self.result(self.engine.datasets.create_version("ds-003", _changed(rows, path)))
            self.result(self.engine.datasets.history.settled())
        self.window.studio.open("dataset", "ds-003")
        self.settle(2)
        yield "data-known"
        view.compare("ds-003", 1, 2)
        self.settle(2)
        yield "data-difference"
        view.side.search.setText("dd")
        view.side.search.searched.emit("dd")
        self.settle(1)
        yield "data-search"
        view.side.search.setText("")
        view.side.search.searched.emit("")
        view.close_tab()

    def knowledge(self) -> Iterator[str]:
        """The search test with its reasons, labelled queries with figures, rows of a dataset beside their text."""
        from studio.ui.views.knowledge_parts.bench import Answer

        view: Any = self.window.current_view()
        knowledge = self.engine.knowledge
        chosen = self.result(knowledge.collections())[0]
        view.centre.tabs.set_value("search")
        view.centre.show_tab("search")
        view.centre.bench.field.setText("How long is the warranty on the K7 pump?")
        self.wait(lambda: bool(view.centre.bench.findChildren(Answer)))
        self.settle(0.6)
        yield "knowledge-search"
        queries = [
            {
                "query": "How long is the warranty on the K7 pump?",
                "relevant": [{"document": "handbook.pdf", "page": 13}],
            },
            {"query": "K7 水泵保修多久？", "relevant": [{"document": "handbook.pdf", "page": 13}]},
            {"query": "Who answers at night?", "relevant": [{"document": "handbook.pdf", "page": 99}]},
        ]
        self.result(knowledge.evaluations.add(chosen.id, queries))
        self.result(knowledge.evaluations.run(chosen.id))
        view.centre.evaluation.reload()
        view.centre.tabs.set_value("evaluation")
        view.centre.show_tab("evaluation")
        self.settle(2)
        yield "knowledge-evaluation"
        view.centre.bench.field.setText("")
        if not any(one.name == "Tickets 工单" for one in self.result(knowledge.collections())):
            made = self.result(knowledge.create("Tickets 工单"))
            job = self.result(knowledge.add_dataset(made.id, "ds-002", ["subject", "body"]))
            self.result(self.engine.jobs.wait(job.id))
        document = self.result(knowledge.documents("Tickets 工单"))[0]
        chunk = self.result(knowledge.chunks(document.id))[2]
        self.window.studio.open("document", document.id, page=chunk.page, span=(chunk.start, chunk.end))
        self.settle(2)
        yield "knowledge-rows"
        yield from self.dialogs_of_knowledge(view)

    def dialogs_of_knowledge(self, view: Any) -> Iterator[str]:
        """Files looked at before they are added, one of them broken; a chunk's words; rows of a dataset; the settings."""
        from studio.engine.paths import resource
        from studio.ui.views.knowledge_parts.adding import AskDataset, AskPage
        from studio.ui.views.knowledge_parts.collection_work import CollectionSettings
        from studio.ui.views.knowledge_parts.edit_chunk import EditChunk
        from studio.ui.views.knowledge_parts.look_first import LookFirst

        chosen = self.result(self.engine.knowledge.collections())[0]
        broken = self.window.studio.engine.paths.cache / "broken.pdf"
        broken.write_bytes(b"%PDF-1.7 nothing")
        files = [resource("sample/handbook.pdf"), broken]
        self.shown = look = LookFirst(view, self.window.studio, chosen, files)
        look.open()
        self.wait(lambda: len(look.list.rows()) > 3)
        look.exclude(look.list.rows()[1].id)
        look.list.select(look.list.rows()[2].id)
        look.cut.characters.set_value(900)
        look.cut.characters.changed.emit(900)
        self.settle(4)
        yield "knowledge-look"
        look.files.select(str(broken))
        self.settle(2)
        yield "knowledge-broken"
        look.reject()
        self.wait(lambda: view.findChild(LookFirst) is None)
        folder = self.window.studio.engine.paths.cache / "papers 资料"
        (folder / "2024").mkdir(parents=True, exist_ok=True)
        for name, words in (
            ("read me.md", "# Pumps\n\nThe K7 is quiet. K7 运行安静。\n"),
            ("2024/价目.txt", "Lamps: 12 yuan."),
        ):
            (folder / name).write_text(words)
        (folder / "scan.pdf").write_bytes(b"%PDF-1.7 nothing")
        view.look_first([folder])
        self.wait(lambda: bool((look := view.findChild(LookFirst)) and look.list.rows()))
        self.shown = look = view.findChild(LookFirst)
        self.settle()
        yield "knowledge-folder"
        look.follow.setChecked(True)
        look.files.select(str(folder / "scan.pdf"))
        self.settle(2)
        yield "knowledge-followed"
        look.reject()
        words = "The warranty on the K7 pump is 24 months. K7 水泵保修期为 24 个月。"
        for name, dialog in (
            ("edit", EditChunk(view, words, lambda *_: None)),
            ("settings", CollectionSettings(view, self.window.studio, chosen)),
            ("page", AskPage(view, self.window.studio, chosen.id)),
            ("dataset", AskDataset(view, self.window.studio, chosen.id)),
        ):
            self.shown = dialog
            dialog.open()
            self.settle()
            yield f"knowledge-{name}"
            dialog.reject()
        self.shown = None

    def models(self) -> Iterator[str]:
        """A hub on loopback with a download under way, what it offers, and a model that does not fit."""
        from tests.models.hub_server import serving
        from tests.models.tiny_gguf import make_tiny_gguf

        view = self.window.current_view()
        with serving() as hub:
            content = make_tiny_gguf(self.window.studio.engine.paths.cache / "Hub.gguf").read_bytes()
            files = {f"Qwen3-8B-{kind}.gguf": content + bytes(size * 1_000_000) for kind, size in SIZES}
            hub.add("Qwen/Qwen3-8B-GGUF", files, downloads=812_000)
            hub.add("meta/Llama-3.3-70B-GGUF", files, downloads=99_000, gated=True, licence="llama3.3")
            hub.bytes_per_second = 1_000_000
            self.result(self.engine.settings.set("models.hub", hub.url))
            download = self.result(self.engine.downloads.start("Qwen/Qwen3-8B-GGUF", "Q8_0"))
            self.result(self.engine.models.load("demo-smollm2"))
            view.open_model("demo-smollm2")
            view.show_panel("bottom")
            self.settle(2)
            yield "models-coming"
            view.show_discover()
            view.discover.look("qwen")
            self.wait(lambda: bool(view.discover.cards))
            view.discover.cards[0].open.click()
            self.wait(lambda: bool(view.discover.cards[0].choices))
            self.settle(2)
            yield "models-discover"
            view.discover.look("")
            self.settle(1)
            yield "models-recommended"
            self.result(self.engine.downloads.forget(download.id))
        self.result(self.engine.settings.reset("models.hub"))

    def adding_data(self) -> Iterator[str]:
        """The dialog for several tables, a long file that is being read, one with bad lines, one that is gone."""
        folder = self.engine.paths.cache / "pictures"
        if not folder.exists():
            _odd_files(folder)
        view, datasets = self.window.current_view(), self.engine.datasets
        self.shown = dialog = view.add(str(folder / "销售 book.xlsx"))
        self.wait(lambda: dialog.preview.isVisible() and dialog.preview.model.cell(0, 0) is not None)
        self.settle()
        yield "data-adding"
        dialog.path.setText(str(folder / "half.csv"))
        self.wait(lambda: "CSV" in dialog.found.text() and dialog.preview.model.cell(0, 0) is not None)
        self.settle()
        yield "data-adding-csv"
        dialog.reject()
        self.shown = None
        known = {each.name for each in self.result(datasets.list())}
        for name in ("half.csv", "gone.csv", "broken.parquet"):
            if name.split(".")[0] not in known:
                self.result(datasets.register(folder / name))
        (folder / "gone.csv").unlink(missing_ok=True)
        (folder / "broken.parquet").write_bytes(b"PAR1 and no more")
        view.refresh_all()
        self.window.studio.open("dataset", self.result(datasets.get("half")).id)
        self.settle(2)
        yield "data-bad-lines"
        self.window.studio.open("dataset", self.result(datasets.get("gone")).id)
        self.settle(2)
        yield "data-gone"
        if "long" not in known:
            self.window.studio.open("dataset", self.result(datasets.register(folder / "long.csv")).id)
            self.settle(2)
            yield "data-reading"
        self.window.studio.open("dataset", "ds-001")


def _changed(rows: list[dict[str, Any]], path: Path) -> Path:
    """The same rows with some changed, one gone and one new, as CSV."""
    import csv

    for row in rows[::7]:
        number = next(name for name, value in row.items() if isinstance(value, (int, float)))
        row[number] = row[number] + 10
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows[1:])
    return path


def _odd_files(folder: Path) -> None:
    """A workbook of three sheets, a CSV file with bad lines, a long one, and two that will be gone and broken."""
    import pyarrow
    import pyarrow.parquet
    import xlsxwriter

    folder.mkdir(parents=True)
    with xlsxwriter.Workbook(folder / "销售 book.xlsx") as book:
        for name in ("华南 2025", "North 2025", "Returns"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["order", "city", "amount", "paid"])
            for row in range(1, 40):
                sheet.write_row(row, 0, [row, ["广州", "深圳", "Lyon"][row % 3], row * 12.5, row % 4 > 0])
    lines = [f"{n};{['广州', '深圳'][n % 2]};{n * 1.5}" if n % 50 else f"{n};too few" for n in range(1, 4000)]
    (folder / "half.csv").write_bytes(("编号;城市;金额\n" + "\n".join(lines) + "\n").encode("gb18030"))
    (folder / "gone.csv").write_text("id\n1\n")
    pyarrow.parquet.write_table(pyarrow.table({"n": [1, 2, 3]}), folder / "broken.parquet")
    with (folder / "long.csv").open("w") as file:
        file.write("id,customer,amount,at\n")
        file.writelines(f"{n},customer {n % 999},{n / 8},2025-01-{n % 28 + 1:02} 10:00:00\n" for n in range(12_000_000))


async def _wait(job: Any) -> bool:
    await job.wait()
    return True


async def _exhaust(items: Any) -> int:
    return len([item async for item in items])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path, help="a home to use (default: a new one in the folder)")
    parser.add_argument("--themes", default="dark,light")
    parser.add_argument("--languages", default="en,zh")
    parser.add_argument("--scale", type=int, default=100)
    parser.add_argument("--size", default="1600x1000")
    parser.add_argument("--views", default="", help="only these")
    parser.add_argument("--empty", action="store_true", help="without the sample project: what each view says at first")
    given = parser.parse_args()
    width, height = (int(part) for part in given.size.split("x"))
    given.folder.mkdir(parents=True, exist_ok=True)
    photographer = Photographer((given.home or given.folder / "home").resolve(), (width, height))
    views = [name for name in given.views.split(",") if name]
    if not given.empty:
        photographer.prepare(views)
    scenes = photographer.empty if given.empty else photographer.scenes
    for theme in given.themes.split(","):
        for language in given.languages.split(","):
            photographer.dress(theme, language, given.scale)
            for name in scenes(views):
                file = given.folder / f"{name}-{theme}-{language}-{given.scale}-{width}.png"
                (photographer.shown or photographer.window).grab().save(str(file))
                print(file.name, flush=True)
    from studio.ui.app import _close_engine

    photographer.window.close()
    _close_engine()
    return 0


if __name__ == "__main__":
    sys.exit(main())
