"""Forms from declared parameters."""

from typing import Literal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.engine.params import DatasetRef, LongText, Params, param
from studio.engine.text import Text
from studio.ui.forms import ParamsForm
from studio.ui.language import language
from studio.ui.widgets.buttons import Segmented, Toggle
from studio.ui.widgets.inputs import Choice, NumberField


class Sampling(Params):
    name: str = param(..., Text("Name", "名称"), min_length=1)
    temperature: float = param(0.3, Text("Temperature", "温度"), ge=0, le=2)
    limit: int = param(512, Text("Max new tokens", "最大新词元数"), ge=1, le=100_000)
    format: Literal["text", "json", "schema"] = param(
        "text",
        Text("Answer format", "回答格式"),
        choices={"text": Text("Text", "文本"), "json": Text.same("JSON"), "schema": Text.same("Schema")},
    )
    schema_text: LongText = param("{}", Text("Schema", "结构"), when=("format", "schema"))
    mood: Literal["a", "b", "c", "d"] = param("a", Text("Mood", "语气"))
    cache: bool = param(True, Text("Reuse cached results", "复用缓存结果"), help=Text("Saves time.", "节省时间。"))
    stops: list[str] = param([], Text("Stop words", "停止词"))
    note: LongText = param("", Text("Note", "备注"))
    dataset: DatasetRef = param("", Text("Dataset", "数据集"))
    seed: int = param(42, Text("Seed", "随机种子"), advanced=True)


@pytest.fixture
def form(app, qtbot):
    one = ParamsForm(Sampling, {"name": "reply"})
    qtbot.addWidget(one)
    one.show()
    return one


def test_each_field_gets_the_control_of_its_kind(form):
    control = {name: row.control for name, row in form.fields.items()}
    assert isinstance(control["cache"], Toggle)
    assert isinstance(control["format"], Segmented)
    assert isinstance(control["mood"], Choice)
    assert isinstance(control["limit"], NumberField)
    assert hasattr(control["temperature"], "slider")
    assert isinstance(control["dataset"], Choice)


def test_a_change_is_told_and_kept(form):
    told = []
    form.changed.connect(lambda name, value: told.append((name, value)))
    form.fields["cache"].control.click()
    form.fields["limit"].control.step_by(1)
    QTest.keyClick(form.fields["temperature"].control.slider, Qt.Key.Key_Right)
    assert told == [("cache", False), ("limit", 513), ("temperature", 0.31)]
    assert form.values() == {"name": "reply", "cache": False, "limit": 513, "temperature": 0.31}


def test_a_missing_value_is_explained_at_its_field_in_the_language_in_force(form):
    form.fields["name"].control.clear()
    form._take("name", "")
    problem = form.fields["name"].problem
    assert problem.isVisible() and problem.text() == "A value is needed."
    language.set("zh")
    assert problem.text() == "此项必填。"
    form._take("name", "again")
    assert not problem.isVisible()


def test_a_changed_value_shows_reset_and_reset_brings_the_default_back(form):
    row = form.fields["cache"]
    assert not row.reset.isVisible()
    row.control.click()
    assert row.reset.isVisible()
    row.reset.click()
    assert row.control.isChecked() and form.values()["cache"] is True
    assert not row.reset.isVisible()


def test_advanced_fields_wait_behind_the_fold(form):
    assert form.fields["limit"].isVisible()
    assert not form.fields["seed"].isVisible()


def test_values_from_outside_are_shown_without_being_told(form):
    told = []
    form.changed.connect(lambda *change: told.append(change))
    form.set_values(
        {"name": "x", "cache": False, "limit": 7, "stops": ["a", "b"], "format": "json", "dataset": "ds-001"}
    )
    assert form.fields["limit"].control.value() == 7
    assert form.fields["format"].control.value() == "json"
    assert form.fields["stops"].control.toPlainText() == "a\nb"
    assert form.fields["dataset"].control.value() == "ds-001"
    assert told == []


def test_a_picker_offers_what_the_studio_holds(app, bridge, qtbot):
    from types import SimpleNamespace

    async def choices(kind):
        return [("ds-001", "orders"), ("ds-002", Text("tickets", "工单"))] if kind == "dataset" else []

    bridge.engine = object()
    form = ParamsForm(Sampling, {"name": "x", "dataset": "ds-002"}, SimpleNamespace(bridge=bridge, choices=choices))
    qtbot.addWidget(form)
    form.show()
    picker = form.fields["dataset"].control
    qtbot.waitUntil(lambda: picker.count() == 2)
    assert [picker.itemText(0), picker.currentText()] == ["orders", "tickets"]


def test_typing_a_number_outside_its_bounds_takes_the_nearest(form):
    number = form.fields["limit"].control
    number.line.setText("999,999,999")
    number.line.editingFinished.emit()
    assert form.values()["limit"] == 100_000


def test_a_field_that_counts_with_one_choice_is_shown_with_it(form):
    row = form.fields["schema_text"]
    assert row.isHidden()
    for _ in range(2):
        QTest.keyClick(form.fields["format"].control, Qt.Key.Key_Right)
    assert not row.isHidden()
    form.set_values({"name": "reply"})
    assert row.isHidden()
    form.set_values({"name": "reply", "schema_text": 7})
    assert not form.validate() and not row.isHidden()  # what keeps the form from being right is seen


def test_a_port_is_written_without_thousands_apart(app, qtbot):
    class Place(Params):
        port: int = param(3306, Text("Port", "端口"), ge=1, le=65_535)
        rows: int = param(10_000, Text("Rows", "行数"), ge=1, le=9_000_000)

    form = ParamsForm(Place)
    qtbot.addWidget(form)
    assert [form.fields[name].control.line.text() for name in ("port", "rows")] == ["3306", "10,000"]
