"""What the Models view has the engine do: load and unload, download, install, keep a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QWidget

from studio.engine.models.budget import DoesNotFit
from studio.engine.models.trust import Untrusted
from studio.engine.text import Text
from studio.ui.bridge import Handle
from studio.ui.studio import Studio
from studio.ui.views.models_parts import adding
from studio.ui.views.models_parts.asking import MemoryDialog
from studio.ui.views.models_parts.load_tab import LoadTab
from studio.ui.views.models_parts.snapshot import Snapshot

if TYPE_CHECKING:
    from studio.engine.errors import StudioError
    from studio.engine.models.download import Download


class Host(Protocol):
    """The view that the work is done for."""

    studio: Studio
    snapshot: Snapshot

    def refresh(self) -> None: ...

    def open_model(self, model_id: str, tab: str = "load") -> None: ...


class ModelWork:
    """Runs what is asked for and has the view read anew; `form` holds the settings of the model that is in it."""

    def __init__(self, view: QWidget, host: Host, form: LoadTab) -> None:
        self._view, self._host, self._form = view, host, form
        self._studio = host.studio
        self._loading: dict[str, Handle] = {}

    def run(self, work: object, done: Callable[[object], object] | None = None) -> None:
        def over(result: object) -> None:
            self._host.refresh()
            if done is not None:
                done(result)

        def failed(error: StudioError) -> None:
            self._host.refresh()
            self._studio.bridge.unhandled(error)

        self._studio.bridge.run(self._view, work, over, failed)

    def do(self, model_id: str, wanted: str) -> None:
        """One of the words that a row, the inspector and the menu use."""
        models = self._studio.engine.models
        deeds: dict[str, Callable[[], object]] = {
            "load": lambda: self._load(model_id),
            "save": lambda: self.run(models.keep_settings(model_id, self._form.settings())),
            "unload": lambda: self.run(models.unload(model_id)),
            "cancel": lambda: self._cancel(model_id),
            "why": lambda: self._host.open_model(model_id),
            "remove": lambda: self.run(models.remove(model_id)),
            "refresh": self._host.refresh,
            "star": lambda: self.run(models.star(model_id)),
            "unstar": lambda: self.run(models.star(model_id, on=False)),
        }
        deeds[wanted]()

    def delete(self, model_id: str) -> None:
        """Its files too; they go to the trash."""
        self.run(self._studio.engine.models.remove(model_id, file=True))

    def set_alias(self, alias: str, target: str) -> None:
        self.run(self._studio.engine.models.set_alias(alias, target or None))

    def install(self, name: str) -> None:
        self.run(self._studio.engine.engines.install(name))

    def download(self, repository: str, wanted: str, begun: Callable[[], object]) -> None:
        def said(download: Download) -> None:
            self._studio.window.toast(Text(f"Downloading {download.name}", f"正在下载 {download.name}"))
            begun()

        self.run(self._studio.engine.downloads.start(repository, wanted), said)

    def change_download(self, download_id: str, wanted: str) -> None:
        downloads = self._studio.engine.downloads
        if wanted == "resume":
            self.run(downloads.get(download_id), self._go_on)
        else:
            self.run({"pause": downloads.pause, "cancel": downloads.cancel}[wanted](download_id))

    def _go_on(self, one: Download) -> None:
        """One that waits for trust shows what for, and goes on once it is given."""
        resume = self._studio.engine.downloads.resume
        if (one.error or {}).get("kind") == Untrusted.__name__:
            adding.add_path(self._view, self._studio, one.folder, lambda _: self.run(resume(one.id)))
        else:
            self.run(resume(one.id))

    def _load(self, model_id: str, *, force: bool = False) -> None:
        """With the settings of the form, where this model is in it. A failure stands in the row and in the inspector; what
        does not fit asks."""
        in_form = self._form.model is not None and self._form.model.id == model_id
        settings = self._form.settings() if in_form else None
        work = self._studio.engine.models.load(model_id, settings, force=force)
        self._loading[model_id] = self._studio.bridge.run(
            self._view, work, lambda _: self._over(model_id), lambda error: self._failed(model_id, error)
        )

    def _cancel(self, model_id: str) -> None:
        handle = self._loading.pop(model_id, None)
        if handle is not None:
            handle.cancel()
        else:
            self.run(self._studio.engine.models.unload(model_id))
        self._host.refresh()

    def _over(self, model_id: str) -> None:
        self._loading.pop(model_id, None)
        self._host.refresh()

    def _failed(self, model_id: str, error: StudioError) -> None:
        self._over(model_id)
        self._host.open_model(model_id)
        snapshot = self._host.snapshot
        model = snapshot.model(model_id)
        if not isinstance(error, DoesNotFit) or model is None:
            return

        def unload(ids: list[str]) -> None:
            self.run(self._unload_all(ids), lambda _: self._load(model_id))

        MemoryDialog(self._view, model, error, snapshot, unload, lambda: self._load(model_id, force=True)).open()

    async def _unload_all(self, ids: list[str]) -> None:
        for model_id in ids:
            await self._studio.engine.models.unload(model_id)
