"""Rows that the tests of data steps share."""

from __future__ import annotations

ROWS = [
    {"id": 1, "region": "南", "n": 5},
    {"id": 2, "region": "北", "n": 3},
    {"id": 3, "region": "南", "n": None},
    {"id": 3, "region": "南", "n": None},
]
