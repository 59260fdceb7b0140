"""Headers of good and of poisoned files. Reading happens in a child process, with limits; benchmarks/models/gguf_corpus.py has the times."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from studio.engine.errors import NotFound
from studio.engine.models import gguf
from studio.engine.models.gguf import BrokenModelFile
from tests.models.tiny_gguf import make_tiny_gguf

HUGE = 2**63 - 1


def text(words: str) -> bytes:
    return struct.pack("<Q", len(words.encode())) + words.encode()


def file_of(
    pairs: bytes = b"", pair_count: int = 0, tensors: bytes = b"", tensor_count: int = 0, version: int = 3
) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensor_count, pair_count) + pairs + tensors


def string_pair(key: str, value: str) -> bytes:
    return text(key) + struct.pack("<I", 8) + text(value)


def tensor(shape: list[int], kind: int = 0, offset: int = 0, name: str = "t") -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


POISONED = {
    "nothing": (b"", "not_gguf"),
    "three bytes": (b"GGU", "not_gguf"),
    "only a magic": (b"GGUF", "cut_short"),
    "another format": (b"PK\x03\x04" + bytes(200), "not_gguf"),
    "a page of HTML": (b"<!DOCTYPE html><title>404</title>" * 4, "not_gguf"),
    "version 1": (file_of(version=1), "version"),
    "version 99": (file_of(version=99), "version"),
    "big-endian": (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "version"),
    "too many keys": (file_of(pair_count=HUGE), "impossible"),
    "a million keys": (file_of(pair_count=1_000_000) + bytes(1000), "impossible"),
    "too many tensors": (file_of(tensor_count=HUGE), "impossible"),
    "keys that are not there": (file_of(pair_count=3), "cut_short"),
    "tensors that are not there": (file_of(tensor_count=3), "cut_short"),
    "a key longer than the file": (file_of(struct.pack("<Q", 60_000) + b"x", 1), "cut_short"),
    "a key of 2^63 bytes": (file_of(struct.pack("<Q", HUGE), 1), "impossible"),
    "a value longer than the file": (file_of(text("k") + struct.pack("<IQ", 8, 9_999_999), 1), "cut_short"),
    "a value of 2^63 bytes": (file_of(text("k") + struct.pack("<IQ", 8, HUGE), 1), "impossible"),
    "an unknown type": (file_of(text("k") + struct.pack("<I", 77), 1), "impossible"),
    "an array of arrays": (file_of(text("k") + struct.pack("<IIQ", 9, 9, 4), 1), "impossible"),
    "an array of 2^63 numbers": (file_of(text("k") + struct.pack("<IIQ", 9, 4, HUGE), 1), "impossible"),
    "an array of 2^63 texts": (file_of(text("k") + struct.pack("<IIQ", 9, 8, HUGE), 1), "impossible"),
    "texts that run past the end": (
        file_of(text("k") + struct.pack("<IIQ", 9, 8, 4) + struct.pack("<Q", HUGE) + bytes(99), 1),
        "cut_short",
    ),
    "a tensor of nine dimensions": (file_of(tensors=tensor([1] * 9), tensor_count=1), "impossible"),
    "a tensor of 2^120 values": (file_of(tensors=tensor([2**60, 2**60]), tensor_count=1), "impossible"),
    "a tensor beyond the file": (file_of(tensors=tensor([4], offset=10_000), tensor_count=1), "cut_short"),
    "a tensor at 2^63": (file_of(tensors=tensor([4], offset=HUGE), tensor_count=1), "impossible"),
    "little magic, big size": (b"FUGG" + struct.pack("<IQQ", 3, 0, 0) + bytes(40), "not_gguf"),
    "version 2^32-1": (file_of(version=2**32 - 1), "version"),
    "a negative count of keys": (b"GGUF" + struct.pack("<IQq", 3, 0, -1), "impossible"),
    "a negative count of tensors": (b"GGUF" + struct.pack("<Iqq", 3, -5, 0), "impossible"),
    "a negative dimension": (
        file_of(tensors=text("t") + struct.pack("<IqIQ", 1, -4, 0, 0), tensor_count=1),
        "impossible",
    ),
    "dimensions whose product overflows": (
        file_of(tensors=tensor([2**32, 2**32, 2**32, 2]), tensor_count=1),
        "impossible",
    ),
    "a key without a type": (file_of(text("k"), 1), "cut_short"),
    "a number that is cut": (file_of(text("k") + struct.pack("<I", 10) + b"\1\2", 1), "cut_short"),
    "an array without a length": (file_of(text("k") + struct.pack("<II", 9, 4), 1), "cut_short"),
    "a tensor without its offset": (file_of(tensors=tensor([4])[:-8], tensor_count=1), "cut_short"),
    "a tensor's name of 2^63 bytes": (file_of(tensors=struct.pack("<Q", HUGE), tensor_count=1), "impossible"),
    "an alignment of 2^31": (
        file_of(text("general.alignment") + struct.pack("<II", 4, 2**31), 1, tensor([1]), 1),
        "impossible",
    ),
    "an alignment of zero": (
        file_of(text("general.alignment") + struct.pack("<II", 4, 0), 1, tensor([1]), 1),
        "impossible",
    ),
}


@pytest.mark.parametrize("name", POISONED)
async def test_a_poisoned_file_is_refused_with_its_name(tmp_path: Path, name: str):
    content, kind = POISONED[name]
    path = tmp_path / "poison.gguf"
    path.write_bytes(content)
    with pytest.raises(BrokenModelFile, match=r"poison\.gguf") as caught:
        await gguf.read(path)
    assert caught.value.kind == kind
    assert "poison.gguf" in caught.value.message.zh


MEASURE = """
import json, resource, subprocess, sys
for path in sys.argv[2:]:
    answer = json.loads(subprocess.run([sys.executable, "-I", "-S", sys.argv[1], path], capture_output=True).stdout)
    assert "problem" in answer, (path, answer)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_no_poisoned_file_takes_the_reader_beyond_its_memory(tmp_path: Path):
    """The most that any of these children had resident, in KB as Linux tells it."""
    assert len(POISONED) >= 38
    files = []
    for number, (content, _) in enumerate(POISONED.values()):
        files.append(tmp_path / f"{number}.gguf")
        files[-1].write_bytes(content)
    command = [sys.executable, "-c", MEASURE, str(gguf.READER), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200 * 1024


async def test_a_file_cut_anywhere_in_its_header_is_refused(tmp_path: Path, tiny_file: Path):
    whole = tiny_file.read_bytes()
    for length in (10, 23, 40, 200, 700, 3_000, 9_000, len(whole) - 1):
        path = tmp_path / f"cut-{length}.gguf"
        path.write_bytes(whole[:length])
        with pytest.raises(BrokenModelFile) as caught:
            await gguf.read(path)
        assert caught.value.kind == "cut_short", length


async def test_a_good_header_tells_what_the_model_is(tiny_file: Path):
    header = await gguf.read(tiny_file)
    assert (header.name, header.architecture, header.quantization) == ("Tiny Random", "llama", "F32")
    assert (header.context_length, header.licence, header.layers) == (2048, "apache-2.0", 1)
    assert "<|assistant|>" in header.chat_template
    assert 30_000 < header.parameters < 60_000
    assert header.shape["kv_heads"] == 4


async def test_a_set_with_a_missing_part_names_the_part(tmp_path: Path):
    pair = text("split.count") + struct.pack("<IH", 2, 3)
    path = tmp_path / "big-00001-of-00003.gguf"
    path.write_bytes(file_of(pair, 1))
    (tmp_path / "big-00002-of-00003.gguf").write_bytes(b"x")
    with pytest.raises(BrokenModelFile, match=r"big-00003-of-00003\.gguf"):
        await gguf.read(path)


async def test_a_file_that_is_not_there_and_a_loop_of_links_are_named(tmp_path: Path):
    with pytest.raises(NotFound, match=r"gone\.gguf"):
        await gguf.read(tmp_path / "gone.gguf")
    loop = tmp_path / "loop.gguf"
    loop.symlink_to(loop)
    with pytest.raises((NotFound, BrokenModelFile), match=r"loop\.gguf"):
        await gguf.read(loop)


async def test_a_folder_is_no_file(tmp_path: Path):
    with pytest.raises(BrokenModelFile, match="is not a file"):
        await gguf.read(tmp_path)


def test_the_same_seed_makes_the_same_file(tmp_path: Path):
    one, two = make_tiny_gguf(tmp_path / "1.gguf"), make_tiny_gguf(tmp_path / "2.gguf")
    assert one.read_bytes() == two.read_bytes()
