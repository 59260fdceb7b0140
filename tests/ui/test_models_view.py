"""The Models view over a real engine, with tiny random models that really load."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from studio.engine.models.model import LoadSettings
from studio.engine.status import Gpu
from studio.engine.text import Text
from studio.ui.language import language
from studio.ui.theme import theme
from studio.ui.views.models import ModelsView
from tests.models.tiny_gguf import make_tiny_gguf
from tests.ui.real import desk_with


@pytest.fixture
def desk(tmp_path, app, bridge, qtbot, monkeypatch):
    with desk_with(ModelsView, tmp_path / "home", bridge, qtbot, monkeypatch) as desk:
        desk.until(lambda: desk.window.current_view() is not None and desk.window.current_view().snapshot.models)
        yield desk


@pytest.fixture
def tiny(desk, view, tmp_path):
    model = desk.wait(desk.engine.models.add(make_tiny_gguf(tmp_path / "Tiny-F32.gguf")))
    desk.until(lambda: model.id in view.table.rows)
    return model


def row_of(view, model):
    return view.table.rows[model.id]


def test_the_demo_says_what_it_is_and_the_computer_shows_real_figures(desk, view):
    row = view.table.rows["demo-smollm2"]
    assert "Tiny demo" in row.under.whole()
    view.open_model("demo-smollm2")
    assert "often wrong" in view.inspector.load.note.words.whole()
    assert "2 cores" in view.strip.processor.figure.whole() or "cores" in view.strip.processor.figure.whole()
    assert "free" in view.strip.memory.figure.whole()


def test_a_model_is_loaded_from_its_row_and_unloaded_again(desk, view, tiny):
    row_of(view, tiny).button.click()
    desk.until(lambda: row_of(view, tiny).button.text() == "Unload")
    assert "in memory" in row_of(view, tiny).fit.text()
    assert desk.engine.models.process_id(tiny.id)
    row_of(view, tiny).button.click()
    desk.until(lambda: row_of(view, tiny).button.text() == "Load")
    assert desk.engine.models.process_id(tiny.id) is None


def test_the_forms_settings_are_what_the_worker_gets(desk, view, tiny):
    view.open_model(tiny.id)
    desk.until(lambda: view.inspector.model_id == tiny.id)
    page = view.inspector.load
    page.form.set_values({**page.form.values(), "context_length": 512, "slots": 1})
    assert page.settings() == LoadSettings(context_length=512, slots=1)
    page.first.click()
    desk.until(lambda: row_of(view, tiny).model.state == "loaded")
    assert desk.engine.models.settings_in_force(tiny.id) == LoadSettings(context_length=512, slots=1)


def test_a_model_that_does_not_load_says_why_in_the_inspector(desk, view, tmp_path):
    odd = tmp_path / "odd.gguf"
    odd.write_bytes(make_tiny_gguf(tmp_path / "good.gguf").read_bytes().replace(b"llama", b"lxxma"))
    model = desk.wait(desk.engine.models.add(odd))
    desk.until(lambda: model.id in view.table.rows)
    row_of(view, model).button.click()
    desk.until(lambda: row_of(view, model).button.text() == "Why?")
    assert row_of(view, model).state.whole() == "Load failed"
    desk.until(lambda: view.inspector.model_id == model.id)
    desk.until(lambda: "unknown model architecture" in view.inspector.load.trouble.words.whole())
    view.inspector.load.second.click()
    desk.until(lambda: "lxxma" in view.inspector.log.body.text())


def test_a_broken_file_becomes_a_notice_that_names_it(desk, view, tmp_path):
    (tmp_path / "holiday.gguf").write_bytes(b"no model" * 50)
    view.search.setText(str(tmp_path / "holiday.gguf"))
    view.search.returnPressed.emit()
    desk.until(lambda: desk.window.notices)
    assert "holiday.gguf is not a GGUF model" in desk.window.notices[-1].notice.title.en


def test_a_pasted_path_is_added_and_chosen(desk, view, tmp_path):
    path = make_tiny_gguf(tmp_path / "Pasted-F32.gguf")
    view.search.setText(str(path))
    view.search.returnPressed.emit()
    desk.until(lambda: any(model.name == "Pasted" for model in view.snapshot.models))
    desk.until(lambda: view.inspector.title.whole() == "Pasted")


def test_an_alias_is_pointed_at_a_model_and_a_new_one_added(desk, view, tiny):
    row = view.aliases._rows["qwen"]
    row.changed.emit("qwen", tiny.id)
    desk.until(lambda: view.snapshot.aliases["qwen"] == tiny.id)
    assert row.target.value() == tiny.id
    view.aliases.name.setText("my-model")
    view.aliases.target.set_value(tiny.id)
    view.aliases.plus.click()
    desk.until(lambda: "my-model" in view.snapshot.aliases)
    assert desk.wait(desk.engine.models.get("my-model")).id == tiny.id
    view.aliases._rows["my-model"].changed.emit("my-model", "")
    desk.until(lambda: "my-model" not in view.snapshot.aliases)


def test_the_library_is_narrowed_by_kind_and_by_words(desk, view, tiny):
    view.side.library.select("embedding")
    desk.until(lambda: list(view.table.rows) == ["usem3"])
    view.side.library.select("all")
    view.search.setText("smol")
    desk.until(lambda: list(view.table.rows) == ["demo-smollm2"])


def test_arrow_keys_move_through_the_table(desk, view, tiny, qtbot):
    ids = list(view.table.rows)
    view._choose(ids[0])
    view.table.rows[ids[0]].setFocus()
    qtbot.keyClick(view.table.rows[ids[0]], Qt.Key.Key_Down)
    assert view.table.current() == ids[1]


def test_better_models_are_offered_and_at_most_one_as_the_best(desk, view):
    view.show_discover()
    desk.until(lambda: view.discover.offers)
    best = [offer for offer in view.snapshot.better if offer.best]
    assert len(best) <= 1 and len(view.discover.offers) == len(view.snapshot.better)


def test_a_remote_server_is_listed_and_added(desk, view, tiny):
    desk.wait(desk.engine.models.load(tiny.id))
    worker = desk.engine.models._pool.place(tiny.id).worker
    view.search.setText(worker.base_url + "/v1")
    view.search.returnPressed.emit()
    dialog = view.findChild(QDialog)
    dialog.look.click()
    desk.until(lambda: dialog.problem.isVisible())
    assert "key" in dialog.problem.whole()
    dialog.key.setText(worker.key)
    dialog.look.click()
    desk.until(lambda: dialog.model.value() == "Tiny")
    dialog.name.setText("Elsewhere")
    dialog.agree.click()
    desk.until(lambda: any(model.name == "Elsewhere" and model.remote for model in view.snapshot.models))


def test_everything_is_said_in_chinese_too(desk, view):
    language.set("zh")
    assert view.add.text() == "获取模型"
    assert view.side.library.rows()[0].title.zh == "全部模型"
    language.set("en")


def test_a_star_puts_a_model_first_and_stays(desk, view, tiny):
    demo = "demo-smollm2"
    assert next(iter(view.table.rows)) != demo
    view.open_model(demo)
    desk.until(lambda: view.inspector.model_id == demo)
    view.inspector.star.click()
    desk.until(lambda: next(iter(view.table.rows)) == demo and not view.table.rows[demo].star.isHidden())
    assert desk.wait(desk.engine.models.get(demo)).starred
    desk.until(lambda: view.inspector.starred)
    view.inspector.star.click()
    desk.until(lambda: next(iter(view.table.rows)) != demo and view.table.rows[demo].star.isHidden())


def test_what_uses_a_model_is_listed_and_opened(desk, view, tiny):
    made = desk.wait(desk.engine.chat.create(model=tiny.id))
    desk.wait(desk.engine.models.set_alias("mine", tiny.id))
    view.open_model(tiny.id, "details")
    details = view.inspector.details
    desk.until(lambda: {button.text() for button in details.uses} >= {"1 thread", "mine"})
    opened = []
    view.studio.opener("thread", lambda thread_id, **_: opened.append(thread_id))
    next(button for button in details.uses if button.text() == "1 thread").click()
    assert opened == [made.id]


def test_measuring_shows_how_far_it_is_in_the_row_and_what_came_out(desk, view, tiny):
    view.open_model(tiny.id)
    desk.until(lambda: view.inspector.model_id == tiny.id)
    seen = []  # a small model is measured in less time than some computers take to look twice
    show = view._show_measuring

    def note(job) -> None:
        show(job)
        row = row_of(view, tiny)
        seen.append((job.progress, row.measuring.isHidden(), view.speed.isEnabled(), "measuring" in row.speed.whole()))

    view._show_measuring = note
    view.speed.click()
    desk.until(lambda: seen and seen[-1][1])
    assert {each[1:] for each in seen[:-1]} == {(False, False, True)}
    shares = [each[0] or 0.0 for each in seen[:-1]]
    assert shares == sorted(shares) and shares[-1] > 0
    desk.until(lambda: "tok/s" in row_of(view, tiny).speed.whole())
    desk.until(view.speed.isEnabled)


def test_an_engine_is_chosen_for_a_model(desk, view, tiny):
    view.open_model(tiny.id)
    desk.until(lambda: view.inspector.model_id == tiny.id)
    form = view.inspector.load.form
    form.engine.changed.emit("llama_cpp")
    assert view.inspector.load.settings().engine == "llama_cpp"


def test_the_gpus_memory_is_shown_by_model(desk, view, tiny):
    gpu = Gpu(name="NVIDIA RTX 4090", used=10 * 10**9, total=24 * 10**9, percent=5)
    computer = view.snapshot.computer.model_copy(update={"gpus": [gpu]})
    view.strip.show_snapshot(replace(view.snapshot, computer=computer, gpu_memory={tiny.id: 6 * 10**9}))
    shares = [round(share, 3) for share, _, _ in view.strip.gpu.meter._parts]
    assert shares == [0.25, 0.167]


def test_the_memory_of_the_computer_is_said_whole_where_there_is_little_room(desk, view):
    part = view.strip.memory
    view.strip.show_snapshot = lambda _: None  # which comes every few seconds, with what this computer has
    part.say(Text("Memory", "内存"), Text("24.1 GB free of 25.3 GB", "24.1 GB / 25.3 GB 可用"))
    line = theme.line("dense")
    part.setFixedWidth(140)
    desk.until(lambda: part.figure.height() >= 2 * line - 2)
    assert part.figure.text() == "24.1 GB free of 25.3 GB"
    part.setFixedWidth(400)
    desk.until(lambda: part.figure.height() < 2 * line - 2)
