"""Tables of names and values, and fields with their schema behind them."""

import json

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from studio.engine.workflows.nodes.http import HttpParams
from studio.engine.workflows.nodes.start import StartParams
from studio.ui.forms import ParamsForm
from studio.ui.widgets.fields_field import SchemaField
from studio.ui.widgets.pairs import PairsField
from studio.ui.widgets.schema_entries import entries_of, schema_of

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "title": {"type": ["string", "null"], "description": "as printed", "maxLength": 80},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]},
        },
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["title"],
}


def test_headers_are_typed_pasted_and_taken_away_by_keyboard(app, qtbot):
    form = ParamsForm(HttpParams, {"headers": {"Accept": "text/csv"}})
    qtbot.addWidget(form)
    form.show()
    table = form.fields["headers"].control
    assert isinstance(table, PairsField) and [row.name.text() for row in table.rows] == ["Accept", ""]
    QTest.keyClicks(table.rows[1].name, "X-Key")
    QTest.keyClicks(table.rows[1].held, "a")
    assert form.values()["headers"] == {"Accept": "text/csv", "X-Key": "a"} and len(table.rows) == 3
    QGuiApplication.clipboard().setText("Host: a:1\nFrom: me@example.org")
    QTest.keySequence(table.rows[2].name, "Ctrl+V")
    assert list(form.values()["headers"]) == ["Accept", "X-Key", "Host", "From"]
    assert form.values()["headers"]["Host"] == "a:1"
    QTest.keyClicks(table.rows[-1].name, "Host")
    assert not table.warning.isHidden()
    table.rows[0].cross.click()
    assert "Accept" not in form.values()["headers"]


def test_a_schema_comes_back_as_it_was_and_changes_only_where_it_is_edited(app, qtbot):
    assert schema_of(entries_of(SCHEMA), SCHEMA) == SCHEMA
    field = SchemaField()
    qtbot.addWidget(field)
    field.set_value(json.dumps(SCHEMA))
    field.show()
    rows = field.fields.rows
    assert [(row.entry.name, row.entry.kind) for row in rows] == [
        ("title", "string"), ("lines", "objects"), ("sku", "string"), ("tags", "strings"),
    ]  # fmt: skip
    field.fields.add(rows[1].entry.children)
    inner = next(row for row in field.fields.rows if row.entry.name == "")
    QTest.keyClicks(inner.name, "price")
    QTest.keyClicks(inner.about, "with tax")
    inner.needed.click()
    field.fields.retype(inner.entry, "number")
    now = json.loads(field.value())
    items = now["properties"]["lines"]["items"]
    assert items["properties"]["price"] == {"type": "number", "description": "with tax"}
    assert items["required"] == ["sku"]
    assert now["properties"]["title"] == SCHEMA["properties"]["title"] and now["additionalProperties"] is False

    field.way.set_value("json")
    field._turn("json")
    field.code.set_text('{"properties": {"a": ')
    assert field.problem.isVisible() and field.value() == '{"properties": {"a": '
    field.code.set_text('{"properties": {"a": {"type": "boolean"}}}')
    assert not field.problem.isVisible() and [row.entry.name for row in field.fields.rows] == ["a"]


def test_the_fields_of_a_form_keep_their_types_and_defaults(app, qtbot):
    form = ParamsForm(StartParams, {"fields": [{"name": "n", "type": "number", "default": 3.0, "title": None}]})
    qtbot.addWidget(form)
    form.show()
    control = form.fields["fields"].control
    row = control.rows[0]
    row.about.setFocus()
    row.about.selectAll()
    QTest.keyClicks(row.about, "5")
    control.add_button.click()
    QTest.keyClicks(control.rows[1].name, "question")
    QTest.keyClick(control.rows[1].needed, Qt.Key.Key_Space)
    assert form.values()["fields"] == [
        {"name": "n", "type": "number", "default": 5, "title": None}, {"name": "question", "required": False},
    ]  # fmt: skip
    assert form.validate()
