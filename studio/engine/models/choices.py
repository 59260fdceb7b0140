"""What a repository offers to download: its GGUF files by quantization, or its safetensors as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from pydantic import BaseModel

from studio.engine.models import parts
from studio.engine.models.fit import Fit

QUANTIZATION = re.compile(
    r"(?:^|[-._/])((?:UD-)?(?:I?Q\d\w*|T?Q\d_\w+|F16|F32|BF16|MXFP4\w*|FP16))(?=$|[-._/])", re.IGNORECASE
)
BESIDE_WEIGHTS = (".json", ".txt", ".model", ".jinja", ".md", ".tiktoken")


class HubFile(BaseModel):
    """`sha256` of a large file; `blob` is the git id (SHA-1) of a small one. Either may be unknown."""

    name: str
    size: int
    sha256: str = ""
    blob: str = ""


class Choice(BaseModel):
    """Files that make one model. `projector` tells that a vision model's eyes are among them."""

    name: str
    quantization: str
    format: str
    files: list[HubFile]
    projector: bool = False
    fit: Fit | None = None

    @property
    def size_bytes(self) -> int:
        return sum(file.size for file in self.files)


def choices_of(files: Sequence[HubFile]) -> list[Choice]:
    """The smallest first. Names that would lead out of a folder are no choice."""
    safe = [file for file in files if _is_safe(file.name)]
    found = [*_ggufs(safe), *_safetensors(safe)]
    return sorted(found, key=lambda choice: choice.size_bytes)


def choose(choices: Sequence[Choice], wanted: str) -> Choice | None:
    """By quantization or by the name of one of its files; the most usual for "" (Q4_K_M, else the nearest to it)."""
    lowered = wanted.strip().lower()
    if not lowered:
        usual = ("Q4_K_M", "Q4_K_S", "Q5_K_M", "Q4_0", "Q8_0")
        ranked = sorted(choices, key=lambda one: usual.index(one.quantization) if one.quantization in usual else 9)
        return next(iter(ranked), None)
    names = (one for one in choices if any(file.name.lower() == lowered for file in one.files))
    return next((one for one in choices if one.quantization.lower() == lowered), None) or next(names, None)


def _ggufs(files: Sequence[HubFile]) -> Iterable[Choice]:
    there = {file.name: file for file in files if file.name.lower().endswith(".gguf")}
    eyes = _projector([file for file in there.values() if parts.is_projector(PurePosixPath(file.name).name)])
    for name in there:
        path = PurePosixPath(name)
        whole = [there.get(str(path.with_name(part))) for part in parts.names_of(path.name)]
        first = str(path.with_name(parts.first_name(path.name)))
        if parts.is_projector(path.name) or first != name or None in whole:
            continue
        members = [part for part in whole if part is not None]
        yield Choice(
            name=path.name,
            quantization=_quantization(name),
            format="gguf",
            files=[*members, *([eyes] if eyes else [])],
            projector=eyes is not None,
        )


def _projector(files: Sequence[HubFile]) -> HubFile | None:
    """Half precision is what runs everywhere; else the smallest."""
    half = [file for file in files if "f16" in file.name.lower() and "bf16" not in file.name.lower()]
    return min(half or files, key=lambda file: file.size, default=None)


def _safetensors(files: Sequence[HubFile]) -> Iterable[Choice]:
    """The whole model as other engines read it, without code and pickles."""
    top = [file for file in files if "/" not in file.name]
    weights = [file for file in top if file.name.endswith(".safetensors")]
    if not weights or not any(file.name == "config.json" for file in top):
        return
    beside = [file for file in top if file.name.lower().endswith(BESIDE_WEIGHTS)]
    yield Choice(name="safetensors", quantization="safetensors", format="safetensors", files=[*weights, *beside])


def _quantization(name: str) -> str:
    """Of the file, else of the folder that it lies in."""
    path = PurePosixPath(name)
    stem = parts.PART.sub("", path.name[: -len(path.suffix)])
    for words in (stem, str(path.parent)):
        found = QUANTIZATION.findall(words)
        if found:
            return str(found[-1]).upper()
    return ""


def _is_safe(name: str) -> bool:
    pieces = name.split("/")
    return not any(piece in ("", ".", "..") or "\\" in piece or ":" in piece or "\0" in piece for piece in pieces)
