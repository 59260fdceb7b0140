"""Makes a tiny random Llama as a Hugging Face folder that vLLM serves: config, safetensors, and a tokenizer of bytes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from tests.models.tiny_gguf import CHAT_TEMPLATE

WIDTH, HEADS, LAYERS, FEED, CONTEXT = 128, 2, 1, 128, 2048
SPECIAL = ["<unk>", "<s>", "</s>"]


def make_tiny_hf(folder: Path, *, seed: int = 7) -> Path:
    """Write the model into `folder` and return it. The same seed gives the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    size = _write_tokenizer(folder)
    _write_config(folder, size)
    _write_weights(folder / "model.safetensors", _tensors(size, numpy.random.default_rng(seed)))
    return folder


def _write_tokenizer(folder: Path) -> int:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": CONTEXT, **names}
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "chat_template": CHAT_TEMPLATE}))
    return len(vocabulary)


def _write_config(folder: Path, size: int) -> None:
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": WIDTH,
        "intermediate_size": FEED,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "max_position_embeddings": CONTEXT,
        "vocab_size": size,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10_000.0,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(config))


def _tensors(size: int, random: numpy.random.Generator) -> dict[str, numpy.ndarray]:
    def noise(*shape: int) -> numpy.ndarray:
        return (random.standard_normal(shape) * 0.1).astype(numpy.float32)

    ones = numpy.ones(WIDTH, numpy.float32)
    tensors = {"model.embed_tokens.weight": noise(size, WIDTH), "lm_head.weight": noise(size, WIDTH)}
    tensors["model.norm.weight"] = ones
    for layer in range(LAYERS):
        block = f"model.layers.{layer}"
        for part in ("q_proj", "k_proj", "v_proj", "o_proj"):
            tensors[f"{block}.self_attn.{part}.weight"] = noise(WIDTH, WIDTH)
        tensors[f"{block}.mlp.gate_proj.weight"] = noise(FEED, WIDTH)
        tensors[f"{block}.mlp.up_proj.weight"] = noise(FEED, WIDTH)
        tensors[f"{block}.mlp.down_proj.weight"] = noise(WIDTH, FEED)
        tensors[f"{block}.input_layernorm.weight"] = ones
        tensors[f"{block}.post_attention_layernorm.weight"] = ones
    return tensors


def _write_weights(file: Path, tensors: dict[str, numpy.ndarray]) -> None:
    """The safetensors format by hand: the length of a JSON header, the header, then the bytes (bfloat16)."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    parts, offset = [], 0
    for name, tensor in tensors.items():
        content = (tensor.view(numpy.uint32) >> 16).astype("<u2").tobytes()
        header[name] = {
            "dtype": "BF16",
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(content)],
        }
        offset += len(content)
        parts.append(content)
    words = json.dumps(header).encode()
    words += b" " * (-len(words) % 8)
    file.write_bytes(len(words).to_bytes(8, "little") + words + b"".join(parts))
