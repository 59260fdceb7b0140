"""Chinese as it is typed without an input method."""

from __future__ import annotations

import itertools

import pytest
from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT

from studio.engine.pinyin import spelled


@pytest.mark.parametrize(
    ("text", "syllables", "letters"),
    [
        ("订单 2024", "dingdan 2024", "dd 2024"),
        ("银行行长", "yinhanghangzhang", "yhhz"),
        ("重庆的重量", "chongqingdezhongliang", "cqdzl"),
        ("SQL 查询", "sql chaxun", "sql cx"),
        ("绿色", "lvse", "ls"),
        ("orders", "", ""),
    ],
)
def test_a_text_is_spelled_as_a_person_types_it(text: str, syllables: str, letters: str) -> None:
    assert spelled(text) == (syllables, letters)


def test_phrases_are_read_as_pypinyin_reads_them() -> None:
    """Every twentieth of its dictionary, and two in a row."""
    for phrase in itertools.islice(PHRASES_DICT, 0, None, 20):
        letters = "".join(lazy_pinyin(phrase, style=Style.FIRST_LETTER))
        assert spelled(phrase) == ("".join(lazy_pinyin(phrase)), letters), phrase
