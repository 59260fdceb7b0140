"""The workflows view over a real engine with an empty home."""

import pytest

from studio.ui.views.workflows import Workflows
from tests.ui.real import desk_with


@pytest.fixture
def desk(bridge, qtbot, tmp_path, monkeypatch, request):
    with desk_with(getattr(request, "param", Workflows), tmp_path, bridge, qtbot, monkeypatch) as made:
        yield made
