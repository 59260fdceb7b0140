"""The facts of a GGUF file, read in a child process so that a poisoned file harms nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from pydantic import BaseModel

from studio.engine.errors import Invalid, NotFound, StudioError
from studio.engine.models import parts
from studio.engine.process import Child
from studio.engine.text import Text

READER = Path(__file__).with_name("gguf_reader.py")
SECONDS = 60  # milliseconds do, on a machine that is not busy
MEMORY = 1024 * 1024 * 1024  # address space; the mapped start of the file counts
FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip


class BrokenModelFile(Invalid):
    """A file that is no sound GGUF. `kind` is the reader's: not_gguf, version, cut_short, impossible, too_large, missing_part, …"""

    def __init__(self, message: Text, repair: Text, kind: str, details: str = "") -> None:
        super().__init__(message, repair, details)
        self.kind = kind


class GgufHeader(BaseModel):
    """What the header says. Counts are None where it is silent; `size_bytes` is of this file, without other parts."""

    name: str
    architecture: str
    publisher: str
    licence: str
    chat_template: str
    file_type: int | None
    context_length: int | None
    layers: int | None
    width: int | None
    heads: int | None
    kv_heads: int | None
    key_length: int | None
    value_length: int | None
    pooling: int | None
    experts: int | None
    feed: int | None
    window: int | None
    vocabulary: int | None
    split_count: int
    parameters: int
    tensors: int
    size_bytes: int

    @property
    def quantization(self) -> str:
        return FILE_TYPES.get(self.file_type, "") if self.file_type is not None else ""

    @property
    def shape(self) -> dict[str, int]:
        """What the estimate of memory needs."""
        names = (
            "layers", "width", "heads", "kv_heads", "key_length", "value_length", "experts", "feed", "window", "vocabulary",
        )  # fmt: skip
        return {name: value for name in names if (value := getattr(self, name)) is not None}


async def read(path: Path) -> GgufHeader:
    """Read a header in about 30 ms, and that of every other part of a split file, whose tensors are counted too. Raises
    `NotFound` when there is no file and `BrokenModelFile` when one of them is not sound."""
    header = await _read(path)
    if header.split_count < 2:
        return header
    others = [await _read(path.with_name(name)) for name in parts.names_of(path.name)[1:]]
    tensors, parameters = sum(one.tensors for one in others), sum(one.parameters for one in others)
    return header.model_copy(update={"tensors": header.tensors + tensors, "parameters": header.parameters + parameters})


async def _read(path: Path) -> GgufHeader:
    if not await asyncio.to_thread(path.exists):
        raise NotFound(
            Text(f"The model file {path} is not there.", f"找不到模型文件 {path}。"),
            Text("Put it back, or add it again from where it is now.", "请放回原处，或从新位置重新添加。"),
        )
    answer = await _ask_reader(path)
    if "header" not in answer:
        raise _broken(path, str(answer.get("problem", "impossible")), str(answer.get("detail", "")))
    return GgufHeader.model_validate(answer["header"])


async def _ask_reader(path: Path) -> dict[str, object]:
    child = await Child.start([sys.executable, "-I", "-S", str(READER), str(path)], stdout=True, memory_bytes=MEMORY)
    try:
        async with asyncio.timeout(SECONDS):
            line = await child.stdout.readline()
            await child.wait()
    except TimeoutError:
        return {"problem": "impossible", "detail": f"reading its header took over {SECONDS} seconds"}
    finally:
        await child.kill()
    return dict(json.loads(line)) if line else {"problem": "impossible", "detail": "the reader of its header ended"}


def _broken(path: Path, kind: str, detail: str) -> StudioError:
    again = Text("Download it again, or choose another file.", "请重新下载，或选择其他文件。")
    name = path.name
    words = {
        "not_gguf": Text(f"{name} is not a GGUF model.", f"{name} 不是 GGUF 模型文件。"),
        "not_a_file": Text(f"{name} is not a file.", f"{name} 不是文件。"),
        "version": Text(f"{name} cannot be used: {detail}.", f"{name} 无法使用：版本不受支持（{detail}）。"),
        "cut_short": Text(f"{name} is cut short: {detail}.", f"{name} 不完整：{detail}。"),
        "too_large": Text(f"{name} cannot be used: {detail}.", f"{name} 无法使用：文件头过大（{detail}）。"),
        "missing_part": Text(f"{name} has parts that are missing: {detail}.", f"{name} 缺少分卷：{detail}。"),
        "unreadable": Text(f"{name} cannot be read: {detail}.", f"无法读取 {name}：{detail}。"),
    }
    damaged = Text(f"{name} is damaged: {detail}.", f"{name} 已损坏：{detail}。")
    return BrokenModelFile(words.get(kind, damaged), again, kind, detail)
