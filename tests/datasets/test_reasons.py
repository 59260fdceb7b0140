"""Why a line is none, in both languages: over what DuckDB and Python really say."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from studio.engine.datasets.format import bad_lines
from studio.engine.datasets.reasons import chinese

WRONG_JSON = [
    '{"a":',
    "{a:1}",
    '{"a" 1}',
    '{"a":1 "b":2}',
    "{} x",
    '{"a":"x',
    '{"a":"\x01"}',
    '{"a":"\\q"}',
    "[" * 99_999,
]


def untold(words: str) -> bool:
    return words.startswith("无法读取")


def test_all_that_duckdb_says_of_a_line_is_known_in_chinese(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("a,b\n" + "1,2\n" * 3000 + 'x,3\n1\n4,5,6\n"un,3\n')
    database = duckdb.connect()
    database.execute(f"SELECT * FROM read_csv('{file}', store_rejects=true, columns={{'a':'BIGINT','b':'BIGINT'}})")
    database.fetchall()
    said = [row[0] for row in database.execute("SELECT error_message FROM reject_errors").fetchall()]
    assert len(said) >= 4 and not [each for each in said if untold(chinese(each))]
    assert chinese(said[0]) == "列“a”的值“x”不是 BIGINT" and "应有 2 列，实有 1 列" in map(chinese, said)


@pytest.mark.parametrize("text", WRONG_JSON, ids=range(len(WRONG_JSON)))
def test_all_that_python_says_of_json_is_known_in_chinese(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)) as said:
        json.loads(text)
    assert not untold(chinese(str(said.value)))


def test_a_listed_line_carries_both_and_a_reason_nobody_foresaw_stays_as_it_is() -> None:
    first = bad_lines(1, [{"line": 3, "reason": "it holds a NUL byte", "text": ""}])["bad_lines"]["first"][0]
    assert (first["reason"], first["reason_zh"]) == ("it holds a NUL byte", "包含 NUL 字节")
    assert chinese("the moon is full") == "无法读取：the moon is full"
