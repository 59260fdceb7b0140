"""Which engine runs a model, and why: vLLM for a folder of safetensors where it can, else llama.cpp for a GGUF beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.engine.models.model import Model
from studio.engine.text import Text


@dataclass(frozen=True)
class Chosen:
    """`model` is as that engine is to load it; `why` is None where there was nothing to choose."""

    backend: str
    model: Model
    why: Text | None = None


def choose(model: Model, wanted: str, has_gpu: bool, vllm_missing: Text | None) -> Chosen:
    """Blocking: looks into the model's folder. `wanted` is the engine of the model's or the studio's settings, `vllm_missing`
    why vLLM cannot run."""
    if model.backend != "vllm":
        in_vain = wanted == "vllm" and model.backend == "llama_cpp"
        return Chosen(model.backend, model, _ONLY_FOLDERS if in_vain else None)
    if vllm_missing is None and wanted != "llama_cpp":
        if has_gpu or wanted == "vllm":
            return Chosen(
                "vllm", model, Text("vLLM runs it on the GPU.", "由 vLLM 在 GPU 上运行。") if has_gpu else None
            )
        reason = Text("there is no CUDA GPU", "没有 CUDA GPU")
    elif wanted == "llama_cpp":
        return instead(model, Text("it was chosen", "已指定使用它")) or Chosen("vllm", model, _NO_GGUF)
    else:
        assert vllm_missing is not None
        reason = Text(f"vLLM: {vllm_missing.en.rstrip('.')}", f"vLLM：{vllm_missing.zh.rstrip('。')}")
    return instead(model, reason) or Chosen("vllm", model)


_ONLY_FOLDERS = Text(
    "llama.cpp runs it: vLLM takes folders with safetensors, and this is a GGUF file.",
    "由 llama.cpp 运行：vLLM 只支持 safetensors 文件夹，而这是 GGUF 文件。",
)
_NO_GGUF = Text(
    "vLLM runs it: llama.cpp was chosen, and there is no GGUF file in its folder.",
    "由 vLLM 运行：已指定 llama.cpp，但其文件夹中没有 GGUF 文件。",
)


def instead(model: Model, reason: Text) -> Chosen | None:
    """llama.cpp with the GGUF that lies in the model's folder; None when there is none."""
    files = sorted(Path(model.location).glob("*.gguf"), key=lambda file: file.stat().st_size)
    files = [file for file in files if not file.name.lower().startswith("mmproj")]
    if not files:
        return None
    why = Text(
        f"llama.cpp runs {files[0].name}, because {reason.en}.",
        f"由 llama.cpp 运行 {files[0].name}，原因：{reason.zh}。",
    )
    return Chosen("llama_cpp", model.model_copy(update={"location": str(files[0]), "backend": "llama_cpp"}), why)
