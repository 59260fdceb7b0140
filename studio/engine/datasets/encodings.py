"""Which encoding a text file has, and the same text as UTF-8."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

SAMPLE = 1 << 20  # bytes that are looked at
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def encoding_of(path: Path) -> str:
    """The encoding by its mark, else by what decodes: UTF-8, UTF-16, GB18030, at last Windows-1252; or “binary”."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    marked = next((name for mark, name in MARKS if sample.startswith(mark)), None)
    return marked or _wide(sample) or _narrow(sample)


def is_utf8(encoding: str) -> bool:
    return encoding in ("utf-8", "utf-8-sig")


def to_utf8(path: Path, encoding: str, target: Path) -> list[dict[str, Any]]:
    """Write the text as UTF-8. Bytes that are no text in that encoding become U+FFFD; the answer lists those lines."""
    bad = []
    with (
        path.open(encoding=encoding, errors="replace", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        for number, line in enumerate(source, 1):
            out.write(line)
            if "\ufffd" in line:
                bad.append({"line": number, "reason": f"not {encoding}", "text": line.rstrip("\r\n")[:500]})
    return bad


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: Latin letters and commas leave every other byte zero."""
    half = max(len(sample) // 2, 1)
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) < half * 0.2:
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    return encoding if sum(map(_writable, text)) > len(text) * 0.95 else None


def _writable(character: str) -> bool:
    return character.isprintable() or character in "\r\n\t"


def _narrow(sample: bytes) -> str:
    if b"\0" in sample:
        return "binary"
    if _decodes(sample, "utf-8"):
        return "utf-8"
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample)
    wrong = text.count("\ufffd")
    right = sum(character > "\x7f" for character in text) - wrong
    if _decodes(sample, "gb18030") and right <= wrong:
        return "gb18030"
    return "utf-8" if right > wrong or b"\xff" in sample else "cp1252"


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample)
    except UnicodeDecodeError:
        return False
    return True
