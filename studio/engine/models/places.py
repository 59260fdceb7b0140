"""Where other programs keep their models on this computer. Everything is only read; nothing is copied or moved.

Each program is one function from its folder to what lies in it. Blocking: call through `asyncio.to_thread`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from studio.engine.models import parts
from studio.engine.text import Text

LARGEST_MANIFEST = 1_000_000  # bytes
MOST_FILES = 20_000  # in one folder of models; a loop of links or a home folder ends here
SHA256 = re.compile(r"^[0-9a-f]{64}$")
OLLAMA_MODEL = "application/vnd.ollama.image.model"
OLLAMA_PROJECTOR = "application/vnd.ollama.image.projector"
OLLAMA_HOST, OLLAMA_OWNER = "registry.ollama.ai", "library"


@dataclass(frozen=True, slots=True)
class Found:
    """A model as a program keeps it. `digest` is the SHA-256 that the program claims, "" where it keeps none;
    `missing` names the parts that are not there."""

    program: str
    name: str
    path: Path
    size: int
    digest: str = ""
    missing: tuple[str, ...] = ()
    projector: Path | None = None


Read = Callable[[Path], Iterator[Found]]


def hugging_face(folder: Path) -> Iterator[Found]:
    """models--publisher--name/snapshots/<commit>/<file>, each a link to ../../blobs/<sha256>."""
    for repository in sorted(folder.glob("models--*--*")):
        for snapshot in _newest(repository / "snapshots"):
            name = "/".join(repository.name.split("--")[1:])
            yield from _ggufs("hugging_face", snapshot, name)
            if (snapshot / "config.json").is_file() and (
                weights := [*snapshot.glob("*.safetensors"), *snapshot.glob("*.bin")]
            ):
                yield Found("hugging_face", name, snapshot, sum(file.stat().st_size for file in weights))


def lm_studio(folder: Path) -> Iterator[Found]:
    """publisher/model/file.gguf."""
    yield from _ggufs("lm_studio", folder)


def gpt4all(folder: Path) -> Iterator[Found]:
    """GGUF files side by side; a download that goes on is named incomplete-…"""
    yield from (found for found in _ggufs("gpt4all", folder) if not found.path.name.startswith("incomplete-"))


def jan(folder: Path) -> Iterator[Found]:
    """llamacpp/models/<id>/model.yml that names its file (relative to Jan's folder), or models/<id>/file.gguf."""
    named = [
        found
        for manifest in sorted(folder.glob("**/model.yml"))[:MOST_FILES]
        if (found := _jan_model(folder, manifest))
    ]
    yield from named
    known = {found.path.resolve() for found in named}
    yield from (found for found in _ggufs("jan", folder) if found.path.resolve() not in known)


def ollama(folder: Path) -> Iterator[Found]:
    """manifests/<host>/<owner>/<model>/<tag> lists layers by digest; blobs/sha256-<digest> hold them."""
    manifests = folder / "manifests"
    for manifest in sorted(path for path in _files(manifests) if path.is_file()):
        layers = {str(layer.get("mediaType")): layer for layer in _layers(manifest)}
        model, projector = layers.get(OLLAMA_MODEL), layers.get(OLLAMA_PROJECTOR)
        digest = _digest(model)
        if not digest:
            continue  # an adapter, or a model that runs in Ollama's cloud
        blob, eyes = folder / "blobs" / f"sha256-{digest}", _digest(projector)
        yield Found(
            "ollama",
            _ollama_name(manifest.relative_to(manifests).parts),
            blob,
            blob.stat().st_size if blob.is_file() else 0,
            digest,
            () if blob.is_file() else (blob.name,),
            folder / "blobs" / f"sha256-{eyes}" if eyes else None,
        )


@dataclass(frozen=True, slots=True)
class Program:
    """`folders` gives the places where this program may keep its models, from the environment and the home folder."""

    name: str
    title: Text
    read: Read
    folders: Callable[[Mapping[str, str], Path], list[Path]]


def _hugging_face_folders(environment: Mapping[str, str], home: Path) -> list[Path]:
    cache = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    main = Path(environment.get("HF_HOME") or cache / "huggingface") / "hub"
    named = environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE")
    return [Path(named)] if named else [main]


def _lm_studio_folders(_: Mapping[str, str], home: Path) -> list[Path]:
    pointer = home / ".lmstudio-home-pointer"
    moved = [Path(words) / "models"] if pointer.is_file() and (words := pointer.read_text()[:4096].strip()) else []
    return [*moved, home / ".lmstudio" / "models", home / ".cache" / "lm-studio" / "models"]


def _ollama_folders(environment: Mapping[str, str], home: Path) -> list[Path]:
    named = environment.get("OLLAMA_MODELS")
    return [Path(named)] if named else [home / ".ollama" / "models", Path("/usr/share/ollama/.ollama/models")]


def _gpt4all_folders(environment: Mapping[str, str], home: Path) -> list[Path]:
    if sys.platform == "darwin":
        return [home / "Library" / "Application Support" / "nomic.ai" / "GPT4All"]
    local = environment.get("LOCALAPPDATA") or environment.get("XDG_DATA_HOME") or home / ".local" / "share"
    return [Path(local) / "nomic.ai" / "GPT4All"]


def _jan_folders(environment: Mapping[str, str], home: Path) -> list[Path]:
    if sys.platform == "darwin":
        return [home / "Library" / "Application Support" / "Jan" / "data", home / "jan"]
    roaming = environment.get("APPDATA") or environment.get("XDG_DATA_HOME") or home / ".local" / "share"
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return [Path(roaming) / "Jan" / "data", config / "Jan" / "data", home / "jan"]


PROGRAMS: tuple[Program, ...] = (
    Program("hugging_face", Text("Hugging Face cache", "Hugging Face 缓存"), hugging_face, _hugging_face_folders),
    Program("lm_studio", Text.same("LM Studio"), lm_studio, _lm_studio_folders),
    Program("ollama", Text.same("Ollama"), ollama, _ollama_folders),
    Program("gpt4all", Text.same("GPT4All"), gpt4all, _gpt4all_folders),
    Program("jan", Text.same("Jan"), jan, _jan_folders),
)


def find(environment: Mapping[str, str] | None = None, home: Path | None = None) -> list[Found]:
    """Everything on this computer, in the order of the programs. A folder that may not be read is passed over."""
    environment, home = os.environ if environment is None else environment, home or Path.home()
    found: list[Found] = []
    for program in PROGRAMS:
        for folder in dict.fromkeys(program.folders(environment, home)):
            try:
                if folder.is_dir():
                    found += program.read(folder)
            except OSError:
                continue
    return found


def _ggufs(program: str, folder: Path, publisher: str = "") -> Iterator[Found]:
    files = [path for path in _files(folder) if path.suffix.lower() == ".gguf" and path.is_file()]
    for one in parts.sets(sorted(files)):
        digest = one.first.resolve().name if one.first.is_symlink() else ""
        claimed = digest if SHA256.match(digest) and len(one.parts) == 1 else ""
        name = f"{publisher}/{one.first.name}" if publisher else str(one.first.relative_to(folder))
        yield Found(program, name, one.first, one.size, claimed, one.missing, parts.projector_of(one.first))


def _files(folder: Path) -> Iterator[Path]:
    """Every file below, without following links to folders, the first `MOST_FILES` of them."""
    count = 0
    for at, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            count += 1
            if count > MOST_FILES:
                return
            yield Path(at) / name


def _newest(snapshots: Path) -> list[Path]:
    """Of several snapshots the one that was fetched last: the others are its past."""
    there = [path for path in snapshots.glob("*") if path.is_dir()]
    return sorted(there, key=lambda path: path.stat().st_mtime)[-1:]


def _layers(manifest: Path) -> list[dict[str, Any]]:
    content = _small(manifest, json.loads)
    layers = content.get("layers") if isinstance(content, dict) else None
    return [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []


def _digest(layer: dict[str, Any] | None) -> str:
    """The hex of a layer's digest; "" for one that would lead elsewhere."""
    digest = str((layer or {}).get("digest", "")).removeprefix("sha256:")
    return digest if SHA256.match(digest) else ""


def _ollama_name(path: tuple[str, ...]) -> str:
    """As `ollama list` shows it: the default host and owner are left out."""
    *before, model, tag = path
    shown = [part for part, default in zip(before, (OLLAMA_HOST, OLLAMA_OWNER), strict=False) if part != default]
    return "/".join([*shown, f"{model}:{tag}"])


def _jan_model(folder: Path, manifest: Path) -> Found | None:
    content = _small(manifest, yaml.safe_load)
    if not isinstance(content, dict) or not isinstance(content.get("model_path"), str):
        return None
    path, eyes = folder / content["model_path"], content.get("mmproj_path")
    if not path.is_file():
        return None
    one = parts.whole(path)
    name = str(content.get("name") or manifest.parent.name)
    projector = folder / eyes if isinstance(eyes, str) and (folder / eyes).is_file() else parts.projector_of(path)
    return Found("jan", name, one.first, one.size, "", one.missing, projector)


def _small(path: Path, read: Callable[[str], Any]) -> Any:
    """A manifest's content; None when it is no manifest."""
    try:
        if path.stat().st_size > LARGEST_MANIFEST:
            return None
        return read(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return None
