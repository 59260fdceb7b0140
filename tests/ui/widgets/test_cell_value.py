"""What a cell holds, made ready to be looked at: pictures within limits, trees with exact numbers, bytes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage

from studio.ui.widgets import cell_value
from studio.ui.widgets.cell_value import CellValue, dump, read_value
from studio.ui.widgets.cells import Page
from studio.ui.widgets.dots import dots_of

BIG = 2**53 + 1


def value(array: Any, folder: Path | None = None) -> CellValue:
    return read_value(Page(pa.table({"x": array})), 0, 0, folder)


def png(width: int, height: int) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("blue"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def test_null_and_the_empty_text_are_not_the_same() -> None:
    assert value(pa.array([None], "string")).kind == "null"
    assert value([""]) == CellValue("text", "")


@pytest.mark.parametrize(
    ("array", "tree"),
    [
        (
            [f'{{"id": {BIG}, "price": 0.10000000000000000555}}'],
            {"id": BIG, "price": Decimal("0.10000000000000000555")},
        ),
        (pa.array([{"a": [BIG, None]}]), {"a": [BIG, None]}),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), [["k", 1]]),
    ],
)
def test_numbers_in_a_tree_are_as_they_are_written(array: Any, tree: object) -> None:
    assert (value(array).kind, value(array).tree) == ("tree", tree)


def test_a_text_that_only_looks_like_json_stays_a_text() -> None:
    assert value(["{not json"]) == CellValue("text", "{not json")
    assert value(["[" * 100_000]).kind == "text"


def test_bytes_are_a_picture_or_hexadecimal() -> None:
    assert value(pa.array([png(20, 10)])).image.width() == 20  # type: ignore[union-attr]
    broken = value(pa.array([png(20, 10)[:30]]))
    assert broken.kind == "binary" and broken.text.startswith("0x89504e47")
    assert dump(b"AB\x00") == "00000000  41 42 00                                         AB·"


def test_a_large_picture_is_made_smaller_and_a_vast_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    large = value(pa.array([png(5_000, 10)]))
    assert large.image is not None and large.image.width() == cell_value.SIDE
    assert large.note is not None and "5,000 × 10" in large.note.en
    monkeypatch.setattr(cell_value, "MOST_PIXELS", 100)
    assert value(pa.array([png(20, 10)])).kind == "binary"


def test_a_path_is_a_picture_only_inside_its_own_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "photos", tmp_path / "secret.png"
    inside.mkdir()
    for path in (inside / "a b 图.png", outside):
        path.write_bytes(png(4, 3))
    assert value(["a b 图.png"], inside).kind == "image"
    assert value([str(inside / "a b 图.png")], inside / "a b 图.png").kind == "image"
    assert value(["../secret.png"], inside).kind == value([str(outside)], inside).kind == "text"
    assert value(["a b 图.png"]).kind == "text", "other datasets open no files"
    gone = value(["gone.png"], inside)
    assert gone.kind == "text" and gone.note is not None and "not there" in gone.note.en


def test_dots_are_for_states_and_not_for_names() -> None:
    assert dots_of(["delivered", "Returned", "lost in space"], 3) == {
        "delivered": "success", "Returned": "warning", "lost in space": "neutral",
    }  # fmt: skip
    assert dots_of(["已完成", "失败"], 2) == {"已完成": "success", "失败": "danger"}
    assert dots_of(["华东", "华南", "open"], 3) == {}
    assert dots_of(["done"] * 8, 700) == {}
