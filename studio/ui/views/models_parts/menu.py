"""The menu of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from studio.engine.text import Text
from studio.ui.icons import icon
from studio.ui.language import tr
from studio.ui.studio import Studio
from studio.ui.views.models_parts.pricing import ask_prices
from studio.ui.views.models_parts.work import ModelWork
from studio.ui.widgets import figures
from studio.ui.widgets.ask import ask_before

if TYPE_CHECKING:
    from studio.engine.models.model import Model

Entry = tuple[str, Text, Callable[[], object]]


def open_menu(view: QWidget, studio: Studio, work: ModelWork, model: Model, place: QPoint) -> None:
    menu = QMenu(view)
    for name, words, run in _entries(view, studio, work, model):
        menu.addAction(icon(name), tr(words)).triggered.connect(lambda _=False, run=run: run())
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(place)


def _entries(view: QWidget, studio: Studio, work: ModelWork, model: Model) -> list[Entry]:
    def deed(name: str, words: Text, wanted: str) -> Entry:
        return name, words, lambda: work.do(model.id, wanted)

    loaded = model.state == "loaded"
    entries = [
        deed("power", Text("Unload", "卸载"), "unload") if loaded else deed("power", Text("Load", "加载"), "load")
    ]
    if model.kind == "chat":
        default = Text("Use as default", "设为默认")
        entries.append(("message-square", default, lambda: work.set_alias("default", model.id)))
    if model.starred:
        entries.append(deed("star", Text("Take the star away", "取消星标"), "unstar"))
    else:
        entries.append(deed("star", Text("Star", "加星标"), "star"))
    entries.append(
        ("receipt", Text("Price of its tokens…", "词元价格…"), lambda: ask_prices(view, studio, work, model))
    )
    entries += [
        ("file-text", Text("Show log", "查看日志"), lambda: studio.open("model", model.id, tab="log")),
        ("copy", Text("Copy its place", "复制位置"), lambda: QGuiApplication.clipboard().setText(model.location)),
    ]
    if studio.engine.models.is_ours(model):
        delete = Text("Delete the files…", "删除文件…")
        entries.append(("trash-2", delete, lambda: _ask_delete(view, work, model)))
    if not model.included:
        entries.append(deed("x", Text("Remove from the library", "从库中移除"), "remove"))
    return entries


def _ask_delete(view: QWidget, work: ModelWork, model: Model) -> None:
    """Only what the studio downloaded; it goes to the trash."""
    size = figures.size(model.size_bytes)
    ask_before(
        view,
        Text(f"Delete {model.name}?", f"删除 {model.name}？"),
        Text(
            f"Its files ({size}) go to the trash of the models folder and are deleted for good after 30 days.",
            f"其文件（{size}）将移入模型文件夹的回收站，30 天后永久删除。",
        ),
        Text(f"Delete {size}", f"删除 {size}"),
        lambda: work.delete(model.id),
    )
