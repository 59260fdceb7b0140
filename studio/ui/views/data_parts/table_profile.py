"""The profile above a table: strips in its header, dots before its states, a popup for each column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer, Signal

from studio.ui.bridge import bridge
from studio.ui.views.data_parts.profile_popup import ProfilePopup
from studio.ui.widgets.cells import kind_of
from studio.ui.widgets.dots import dots_of
from studio.ui.widgets.strip import Strip

if TYPE_CHECKING:
    from studio.engine.datasets.dataset import ColumnProfile
    from studio.engine.jobs import JobState
    from studio.ui.studio import Studio
    from studio.ui.widgets.table import VirtualTable

WIDE = 64  # columns; of wider tables only those in view are profiled
PAUSE = 300  # ms after scrolling across, before columns that came into view are profiled


class TableProfile(QObject):
    """Asks for profiles when they are wanted, once for each column."""

    changed = Signal()
    filter_wanted = Signal(str, object)

    def __init__(self, studio: Studio, dataset_id: str, table: VirtualTable) -> None:
        super().__init__(table)
        self._studio, self._dataset_id, self._table = studio, dataset_id, table
        self.found: dict[str, ColumnProfile] = {}
        self.on = False
        self._asked: set[str] = set()
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._ask)
        table.columns.seen.connect(self._seen)
        table.columns.changed.connect(self._seen)
        table.profile_requested.connect(self.open_popup)

    def set_on(self, on: bool) -> None:
        self.on = on
        self._show()
        self._seen()

    def start_anew(self) -> None:
        """The table's content is another."""
        self.found, self._asked = {}, set()
        self._table.set_profile(None)
        self._seen()

    def open_popup(self, column: str, place: QPoint) -> None:
        """All that is known of a column; when nothing is yet, it is asked for first."""
        if column not in self.found:
            datasets = self._studio.engine.datasets
            work = datasets.profile(self._dataset_id, columns=[column])
            bridge.run(self, work, lambda found: (self._keep(found), self._popup(column, place)), lambda _error: None)
        else:
            self._popup(column, place)

    def profile_all(self) -> None:
        """Profile all rows, as a job; the strips change when it is done."""
        columns = None if len(self._table.model.columns) <= WIDE else self._table.columns.in_view()
        bridge.run(self, self._all(columns), self._keep)

    async def _all(self, columns: list[str] | None) -> dict[str, ColumnProfile]:
        engine = self._studio.engine
        job: JobState = await engine.datasets.profile_all(self._dataset_id, columns=columns)
        found: dict[str, ColumnProfile] = await engine.jobs.wait(job.id)
        return found or {}

    def _popup(self, column: str, place: QPoint) -> None:
        popup = ProfilePopup(self.found[column], self._table)
        popup.filter_wanted.connect(self.filter_wanted)
        popup.all_wanted.connect(self.profile_all)
        popup.open_at(place)

    def _seen(self) -> None:
        if self.on:
            self._pause.start()

    def _ask(self) -> None:
        names = [name for name, _ in self._table.model.columns]
        wanted = names if len(names) <= WIDE else self._table.columns.in_view()[:WIDE]
        new = [name for name in wanted if name not in self._asked]
        if not new or bridge.engine is None:  # it was closed while the pause went by
            return
        self._asked.update(new)
        work = self._studio.engine.datasets.profile(self._dataset_id, columns=new)
        bridge.run(self, work, self._keep, lambda _error: self._asked.difference_update(new))

    def _keep(self, found: dict[str, ColumnProfile]) -> None:
        self.found.update(found)
        self._asked.update(found)
        self._table.set_dots({name: dots for name, each in self.found.items() if (dots := states(each))})
        self._show()

    def _show(self) -> None:
        self._table.set_profile({name: Strip.read(each) for name, each in self.found.items()} if self.on else None)
        self.changed.emit()


def states(found: ColumnProfile) -> dict[str, str]:
    """The dots of a column's values, when they are states."""
    if kind_of(found.type) not in ("text", "category"):
        return {}
    return dots_of([bar.label for bar in found.top], found.distinct)
