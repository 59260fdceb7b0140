"""What the tokens of a model cost: said by a person, used where runs show their cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from studio.engine.models.prices import Prices
from studio.engine.text import Text
from studio.ui.forms import ParamsForm
from studio.ui.studio import Studio
from studio.ui.views.models_parts.work import ModelWork
from studio.ui.widgets.ask import Ask
from studio.ui.widgets.buttons import Button

if TYPE_CHECKING:
    from studio.engine.models.model import Model

SAVE, FORGET = Text("Save", "保存"), Text("Forget the price", "清除价格")
WHY = Text(
    "Runs show what they cost by it. Models without a price show tokens only.",
    "运行记录据此显示费用；未设置价格的模型只显示词元数。",
)


def ask_prices(view: QWidget, studio: Studio, work: ModelWork, model: Model) -> Ask:
    """Ask for the price of a million tokens; what was set before can be forgotten."""
    dialog = Ask(Text(f"Price of {model.name}", f"{model.name} 的价格"), SAVE, WHY, parent=view)
    form = ParamsForm(Prices, model.prices.model_dump() if model.prices else {}, studio)
    dialog.body.addWidget(form)
    models = studio.engine.models

    def save() -> None:
        if form.validate():
            work.run(models.set_prices(model.id, Prices.model_validate(form.values())))
            dialog.accept()

    dialog.when_agreed(save)
    if model.prices is not None:
        forget = Button(FORGET, kind="ghost", size="sm")
        forget.clicked.connect(lambda: (work.run(models.set_prices(model.id, None)), dialog.accept()))
        dialog.body.addWidget(forget)
    dialog.open()
    return dialog
