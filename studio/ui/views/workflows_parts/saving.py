"""Saves a workflow continuously, one save at a time, on disk before anyone says so: a killed studio loses the last second."""

from __future__ import annotations

import time

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from studio.engine.errors import StudioError
from studio.engine.workflows.execution import Workflow
from studio.ui.canvas.document import Document
from studio.ui.studio import Studio

PAUSE, LONGEST = 400, 1_000  # ms after the last change, and after the first one that is not saved


class Saving(QObject):
    """`changed` comes whenever `dirty`, `saved_at` or `error` is another one. `stamp` tells what is on disk from what others
    made of it since. What is saved is a draft, no version."""

    changed = Signal()

    def __init__(self, studio: Studio, workflow: Workflow, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self.studio, self.document = studio, document
        self.workflow_id, self.stamp = workflow.id, workflow.updated_at
        self.saved_at: float = workflow.updated_at
        self.dirty = self.busy = False
        self.error: StudioError | None = None
        self._since = 0.0
        self._then: list = []
        self._soon = QTimer(self, singleShot=True, interval=PAUSE, timeout=self.save)
        document.edited.connect(self._edited)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.save)

    def save(self) -> None:
        """Save now, if anything changed; what changes meanwhile is saved after."""
        self._soon.stop()
        if self.studio.bridge.engine is None:
            return
        if self.busy or not self.dirty:
            self._call_waiting()
            return
        self.busy, self.dirty, self._since = True, False, 0.0
        graph = self.document.graph  # lists of its own; what is in them is replaced, never changed
        work = self.studio.engine.workflows.update(
            self.workflow_id, name=graph.name, description=graph.description, definition=graph, draft=True
        )
        self.studio.bridge.run(self, work, self._saved, self._failed)

    def when_saved(self, call) -> None:
        """Call it once everything so far is on disk: a run starts with what is on the canvas."""
        self._then.append(call)
        self.save()

    def _edited(self) -> None:
        now = time.monotonic()
        self.dirty, self._since = True, self._since or now
        self._soon.start(max(0, min(PAUSE, LONGEST - round((now - self._since) * 1000))))
        self.changed.emit()

    def _saved(self, workflow: Workflow) -> None:
        self.busy, self.error = False, None
        self.stamp, self.saved_at = workflow.updated_at, time.time()
        self.changed.emit()
        if self.dirty:
            self.save()
        else:
            self._call_waiting()

    def _failed(self, error: StudioError) -> None:
        """Kept dirty: the next change tries again, and so does the next run."""
        self.busy, self.dirty, self.error = False, True, error
        self._then.clear()
        self.changed.emit()
        self.studio.bridge.unhandled(error)

    def _call_waiting(self) -> None:
        if self.busy:
            return
        waiting, self._then = self._then, []
        for call in waiting:
            call()
