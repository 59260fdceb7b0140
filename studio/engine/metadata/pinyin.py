"""Chinese as a person types it without an input method: whole syllables and first letters."""

from __future__ import annotations

import re
from functools import lru_cache

CHINESE = re.compile(r"[\u3400-\u9fff]")


def has_chinese(text: str) -> bool:
    return CHINESE.search(text) is not None


@lru_cache(maxsize=100_000)
def spelled(text: str) -> tuple[str, str]:
    """The syllables and the first letters of a text with Chinese in it, all else as it is; ("", "") without any.

    `spelled("订单 2024")` is ("dingdan 2024", "dd 2024"). The first call loads pypinyin.
    """
    if not has_chinese(text):
        return "", ""
    from pypinyin import Style, lazy_pinyin

    def letters(style: Style) -> str:
        return "".join(lazy_pinyin(text, style=style)).lower()

    return letters(Style.NORMAL), letters(Style.FIRST_LETTER)
