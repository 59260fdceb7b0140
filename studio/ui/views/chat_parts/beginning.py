"""The way from an empty home to the first question: a model, documents or data, or the sample project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.engine.errors import StudioError
from studio.engine.text import Text
from studio.ui.making import MAKERS, make
from studio.ui.views.chat_parts.around import Around
from studio.ui.views.chat_parts.examples import Examples, Step
from studio.ui.views.chat_parts.using import Using

if TYPE_CHECKING:
    from studio.ui.studio import Studio

MODEL = Text("Add a model: the tiny demo is often wrong", "添加模型：微型演示模型经常答错")
NO_MODEL = Text("Add a model that answers", "添加一个用于回答的模型")
DOCUMENTS = Text("Add documents to ask about", "添加要提问的文档")
DATA = MAKERS["dataset"].title
SAMPLE = Text("Open the sample project, with questions to try", "打开示例项目，附带可以试问的问题")
PREPARING = Text("The sample project is being put in place…", "正在准备示例项目…")


class Beginning(QObject):
    """Shows what is left to bring, each time that the rooms were read."""

    def __init__(self, studio: Studio, using: Using, examples: Examples) -> None:
        super().__init__(using)
        self._studio, self._using, self._examples = studio, using, examples
        self._preparing = False
        using.looked.connect(self.show)

    def show(self) -> None:
        self._examples.show_steps(self.steps(self._using.around))

    def steps(self, around: Around) -> list[Step]:
        """None once there is something to ask about: then the questions stand there."""
        if around.collections or around.datasets:
            return []
        steps = []
        if all(model.demo for model in around.models.values()):
            words = MODEL if around.models else NO_MODEL
            steps.append(Step("box", words, lambda: make(self._studio, "model")))
        sample = Step("folder-open", PREPARING if self._preparing else SAMPLE, self._open_sample)
        data = Step("database", DATA, lambda: make(self._studio, "dataset"))
        return [*steps, Step("file-plus", DOCUMENTS, self._add_documents), data, sample]

    def _add_documents(self) -> None:
        if not (self._studio.actions.has("knowledge.add") and self._studio.actions.trigger("knowledge.add")):
            self._studio.window.show_view("knowledge")

    def _open_sample(self) -> None:
        if self._preparing:
            return
        engine = self._studio.engine
        self._preparing = True
        self.show()

        async def work() -> None:
            await (await engine.sample.prepare()).wait()

        self._studio.bridge.run(self, work(), lambda _: self._prepared(), self._failed)

    def _prepared(self) -> None:
        self._preparing = False
        self._using.look()

    def _failed(self, error: StudioError) -> None:
        self._preparing = False
        self.show()
        self._studio.bridge.unhandled(error)
