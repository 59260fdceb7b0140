"""Reads the header of a GGUF file, in a child process: `python -I -S gguf_reader.py FILE`. Standard library only.

Prints one line of JSON: {"header": {…}} or {"problem": kind, "detail": "…"}. Every count, length and offset is checked
against the file before it is believed; no more than the first 256 MB are mapped, and nothing of the tensors' content is read.
Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import json
import mmap
import re
import stat
import struct
import sys
from pathlib import Path
from typing import Any

MAPPED = 256 * 1024 * 1024
MAX_PAIRS = 65_536
MAX_TENSORS = 100_000
MAX_ITEMS = 4_000_000  # strings in all arrays together; the largest vocabularies with merges have about a million
MAX_STRING = 32 * 1024 * 1024
MAX_NAME = 65_535
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9
BLOCKS = {  # tensor type: (values in a block, bytes of a block)
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
KEPT_ARRAYS = 1024  # numbers of a short array are kept, such as one head count for each layer


class Problem(Exception):
    """What is wrong with the file: a kind for the program and a detail for people."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class Cursor:
    """Reads forward through the mapped start of the file and never past its end."""

    def __init__(self, data: mmap.mmap, file_size: int) -> None:
        self.data = data
        self.size = len(data)
        self.file_size = file_size
        self.at = 0
        self.items = 0

    def skip(self, count: int, what: str) -> int:
        """Move on by `count` bytes and return where they begin."""
        start = self.at
        if count < 0 or start + count > self.size:
            if self.size < self.file_size and start + count <= self.file_size:
                raise Problem("too_large", f"the header is larger than {MAPPED >> 20} MB at {what}")
            raise Problem("cut_short", f"it ends inside {what}")
        self.at = start + count
        return start

    def number(self, kind: int, what: str) -> Any:
        start = self.skip(SIZES[kind], what)
        return struct.unpack_from(FORMATS[kind], self.data, start)[0]

    def text(self, what: str, limit: int = MAX_STRING) -> str:
        length = self.number(10, what)
        if length > limit:
            raise Problem("impossible", f"{what} claims {length} bytes")
        start = self.skip(length, what)
        return self.data[start : start + length].decode("utf-8", errors="replace")


def read(path: Path) -> dict[str, Any]:
    """The facts of the header. Raises `Problem` or OSError."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise Problem("not_a_file", "it is not a file")
    if status.st_size < 24:
        raise Problem("not_gguf" if status.st_size < 4 else "cut_short", f"it has {status.st_size} bytes")
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), min(status.st_size, MAPPED), access=mmap.ACCESS_READ)
        with data:
            cursor = Cursor(data, status.st_size)
            values, tensors = _read_header(cursor)
            facts = _facts(values, tensors, status.st_size)
            _check_tensors(cursor, values, tensors)
    _check_parts(path, facts["split_count"])
    return facts


def _read_header(cursor: Cursor) -> tuple[dict[str, Any], list[tuple[list[int], int, int]]]:
    if cursor.data[cursor.skip(4, "the magic") : 4] != b"GGUF":
        raise Problem("not_gguf", "it does not begin with GGUF")
    version = cursor.number(4, "the version")
    if version in (0x02000000, 0x03000000):
        raise Problem("version", "it is written for big-endian computers")
    if version not in (2, 3):
        raise Problem("version", f"version {version} is not known")
    tensor_count, pair_count = cursor.number(10, "the counts"), cursor.number(10, "the counts")
    if tensor_count > MAX_TENSORS or pair_count > MAX_PAIRS:
        raise Problem("impossible", f"it claims {tensor_count} tensors and {pair_count} keys")
    values = dict(_pair(cursor) for _ in range(pair_count))
    return values, [_tensor(cursor) for _ in range(tensor_count)]


def _pair(cursor: Cursor) -> tuple[str, Any]:
    key = cursor.text("a key", MAX_NAME)
    kind = cursor.number(4, f"the type of {key}")
    return key, _value(cursor, kind, key)


def _value(cursor: Cursor, kind: int, key: str) -> Any:
    if kind == STRING:
        return cursor.text(key)
    if kind == ARRAY:
        return _array(cursor, key)
    if kind not in SIZES:
        raise Problem("impossible", f"{key} has the unknown type {kind}")
    return cursor.number(kind, key)


def _array(cursor: Cursor, key: str) -> Any:
    """Skips the content of long arrays; the answer is the numbers of a short one, or how many strings there are."""
    kind, count = cursor.number(4, key), cursor.number(10, key)
    if kind == STRING:
        return _skip_strings(cursor, count, key)
    if kind not in SIZES:
        raise Problem("impossible", f"{key} is an array of the type {kind}")
    if count > cursor.file_size:
        raise Problem("impossible", f"{key} claims {count} values")
    start = cursor.skip(count * SIZES[kind], key)
    if count > KEPT_ARRAYS:
        return count
    return list(struct.unpack_from(f"<{count}{FORMATS[kind][1]}", cursor.data, start))


def _skip_strings(cursor: Cursor, count: int, key: str) -> int:
    cursor.items += count
    if cursor.items > MAX_ITEMS:
        raise Problem("impossible", f"{key} claims {count} strings")
    data, at, end, unpack = cursor.data, cursor.at, cursor.size, struct.Struct("<Q").unpack_from
    for _ in range(count):
        if at + 8 > end:
            break
        at += 8 + unpack(data, at)[0]
    cursor.skip(at - cursor.at, key)
    return int(count)


def _tensor(cursor: Cursor) -> tuple[list[int], int, int]:
    """Dimensions, type and offset of one tensor."""
    name = cursor.text("a tensor's name", MAX_NAME)
    dimensions = cursor.number(4, name)
    if dimensions > 4:
        raise Problem("impossible", f"{name} claims {dimensions} dimensions")
    shape = [cursor.number(10, name) for _ in range(dimensions)]
    return shape, cursor.number(4, name), cursor.number(10, name)


def _check_tensors(cursor: Cursor, values: dict[str, Any], tensors: list[tuple[list[int], int, int]]) -> None:
    """Every tensor lies inside the file; a download that broke off is found here."""
    alignment = values.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 1 <= alignment <= 1 << 20:
        raise Problem("impossible", f"the alignment is {alignment}")
    begin = -(-cursor.at // alignment) * alignment
    needed = max((begin + offset + _bytes(shape, kind) for shape, kind, offset in tensors), default=0)
    if needed > 1 << 50:
        raise Problem("impossible", f"it claims {needed} bytes of tensors")
    if needed > cursor.file_size:
        raise Problem("cut_short", f"it has {cursor.file_size:,} of {needed:,} bytes")


def _bytes(shape: list[int], kind: int) -> int:
    values, block = BLOCKS.get(kind, (1, 0))
    return _count(shape) // values * block


def _count(shape: list[int]) -> int:
    product = 1
    for size in shape:
        product *= size
    if product > 1 << 50:
        raise Problem("impossible", f"a tensor claims {product} values")
    return product


def _check_parts(path: Path, count: int) -> None:
    match = re.search(r"-(\d{5})-of-(\d{5})\.gguf$", path.name)
    if count <= 1 or not match:
        return
    names = [f"{path.name[: match.start()]}-{number:05d}-of-{match[2]}.gguf" for number in range(1, count + 1)]
    missing = [name for name in names[:1000] if not path.with_name(name).is_file()]
    if missing:
        raise Problem("missing_part", ", ".join(missing[:3]))


def _facts(values: dict[str, Any], tensors: list[tuple[list[int], int, int]], size: int) -> dict[str, Any]:
    architecture = _string(values, "general.architecture")
    shape = {
        name: _whole(values.get(f"{architecture}.{key}"))
        for name, key in (
            ("context_length", "context_length"), ("layers", "block_count"), ("width", "embedding_length"),
            ("heads", "attention.head_count"), ("kv_heads", "attention.head_count_kv"),
            ("key_length", "attention.key_length"), ("value_length", "attention.value_length"),
            ("pooling", "pooling_type"), ("experts", "expert_count"), ("feed", "feed_forward_length"),
            ("window", "attention.sliding_window"),
        )
    }  # fmt: skip
    return {
        **shape,
        "vocabulary": _items(values.get("tokenizer.ggml.tokens")),
        "architecture": architecture,
        "name": _string(values, "general.name"),
        "publisher": _string(values, "general.organization"),
        "licence": _string(values, "general.license"),
        "file_type": _whole(values.get("general.file_type")),
        "chat_template": _string(values, "tokenizer.chat_template"),
        "split_count": _whole(values.get("split.count")) or 1,
        "parameters": sum(_count(tensor[0]) for tensor in tensors),
        "tensors": len(tensors),
        "size_bytes": size,
    }


def _string(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _items(value: Any) -> int | None:
    """How long an array is, of which only the count was kept, or its few numbers."""
    return len(value) if isinstance(value, list) else value if isinstance(value, int) else None


def _whole(value: Any) -> int | None:
    """A whole number; the largest of a short array, such as head counts by layer."""
    if isinstance(value, list) and value and all(isinstance(item, int) for item in value):
        return int(max(value))
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def main() -> None:
    try:
        answer: dict[str, Any] = {"header": read(Path(sys.argv[1]))}
    except Problem as problem:
        answer = {"problem": problem.kind, "detail": problem.detail}
    except (OSError, ValueError) as error:
        answer = {"problem": "unreadable", "detail": getattr(error, "strerror", None) or str(error)}
    except MemoryError:
        answer = {"problem": "impossible", "detail": "reading it takes more memory than a header may"}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
