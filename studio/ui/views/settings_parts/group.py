"""A page made from a group of declared settings."""

from __future__ import annotations

from typing import Any

from studio.engine.errors import StudioError
from studio.engine.params import fields_of
from studio.engine.settings import Group, SettingsChanged
from studio.ui.forms import ParamsForm
from studio.ui.studio import Studio
from studio.ui.views.settings_parts.page import Page


class GroupPage(Page):
    """Each change is kept at once; one that cannot be is explained at its field."""

    def __init__(self, studio: Studio, group: Group) -> None:
        super().__init__(group.title)
        self._studio, self._group = studio, group
        self.form = ParamsForm(group.params, self._values(), studio, wide=True)
        self.form.changed.connect(self._keep)
        self.column.addWidget(self.form)
        self.end()
        studio.bridge.listen(self, SettingsChanged, self._changed)

    def _values(self) -> dict[str, Any]:
        settings, name = self._studio.settings, self._group.name
        return {field.name: settings.value(f"{name}.{field.name}") for field in fields_of(self._group.params)}

    def _keep(self, name: str, value: Any) -> None:
        def failed(error: StudioError) -> None:
            self.form.fields[name].show_problem(error.message)

        key = f"{self._group.name}.{name}"
        self._studio.bridge.run(self, self._studio.settings.set(key, value), failed=failed)

    def _changed(self, event: SettingsChanged) -> None:
        group, _, name = event.key.partition(".")
        if group == self._group.name and self.form.values().get(name) != event.value:
            self.form.set_values({**self.form.values(), name: event.value})
