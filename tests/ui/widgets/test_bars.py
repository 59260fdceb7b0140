"""The room after the bars of a timeline."""

from __future__ import annotations

from typing import Any

from studio.ui.language import language
from studio.ui.widgets.bars import RoomAfter


def test_the_words_after_bars_are_made_again_only_when_what_they_tell_of_is_another(app: Any) -> None:
    room, asked = RoomAfter(10, "space.4"), []

    def words(*given: str) -> Any:
        for one in given:
            asked.append(one)
            yield one

    narrow = room.of(1, words("1 s"))
    assert room.of(1, words("1 s")) == narrow and len(asked) == 1
    assert room.of(2, words("1 s", "1 min 20 s · failed")) > narrow and len(asked) == 3
    language.set("zh")
    room.of(2, words("1 s"))
    assert len(asked) == 4
