"""Makes a random Llama of about 230 KB that the real runtimes load in milliseconds. Its answers are noise, at 2,000 a second."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy

WIDTH, HEADS, LAYERS, FEED, CONTEXT = 32, 4, 1, 64, 2048
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
WORDS = [f"▁word{number}" for number in range(96)] + [chr(code) for code in range(32, 127)] + ["▁"]


def make_tiny_gguf(
    path: Path,
    *,
    name: str = "Tiny Random",
    context: int = CONTEXT,
    seed: int = 7,
    heads: int = HEADS,
    pooling: gguf.PoolingType | None = None,
) -> Path:
    """Write the model to `path` and return it. The same seed gives the same file; with `pooling` it embeds or ranks."""
    writer = gguf.GGUFWriter(str(path), "llama")
    _write_shape(writer, name, context, heads)
    if pooling is not None:
        writer.add_pooling_type(pooling)
    size = _write_vocabulary(writer)
    _write_tensors(writer, size, numpy.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def make_split_gguf(stem: Path, count: int, *, seed: int = 7) -> list[Path]:
    """The same model in `count` files, as llama.cpp splits them: `stem`-00001-of-0000N.gguf and so on."""
    files = [stem.with_name(f"{stem.name}-{number:05d}-of-{count:05d}.gguf") for number in range(1, count + 1)]
    whole = _Collected()
    size = _write_vocabulary(gguf.GGUFWriter(None, "llama"))
    _write_tensors(whole, size, numpy.random.default_rng(seed))
    for number, file in enumerate(files):
        writer = gguf.GGUFWriter(str(file), "llama")
        if number == 0:
            _write_shape(writer, "Tiny Split", CONTEXT)
            _write_vocabulary(writer)
        writer.add_uint16("split.no", number)
        writer.add_uint16("split.count", count)
        writer.add_int32("split.tensors.count", len(whole.tensors))
        for name, content in whole.tensors[number::count]:
            writer.add_tensor(name, content)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return files


class _Collected:
    """Takes tensors as a writer does, and keeps them."""

    def __init__(self) -> None:
        self.tensors: list[tuple[str, numpy.ndarray]] = []

    def add_tensor(self, name: str, content: numpy.ndarray) -> None:
        self.tensors.append((name, content))


def _write_shape(writer: gguf.GGUFWriter, name: str, context: int, heads: int = HEADS) -> None:
    writer.add_name(name)
    writer.add_license("apache-2.0")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // heads)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def _write_vocabulary(writer: gguf.GGUFWriter) -> int:
    """A SentencePiece vocabulary in which every byte has a token, so any text can be read."""
    special = [("<unk>", gguf.TokenType.UNKNOWN), ("<s>", gguf.TokenType.CONTROL), ("</s>", gguf.TokenType.CONTROL)]
    bytes_ = [(f"<0x{byte:02X}>", gguf.TokenType.BYTE) for byte in range(256)]
    words = [(word, gguf.TokenType.NORMAL) for word in WORDS]
    tokens = special + bytes_ + words
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token for token, _ in tokens])
    writer.add_token_scores([0.0] * (3 + 256) + [-float(number) for number in range(len(words))])
    writer.add_token_types([int(kind) for _, kind in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(CHAT_TEMPLATE)
    return len(tokens)


def _write_tensors(writer: gguf.GGUFWriter, vocabulary: int, random: numpy.random.Generator) -> None:
    def add(name: str, *shape: int) -> None:
        writer.add_tensor(name, (random.standard_normal(shape) * 0.1).astype(numpy.float32))

    def ones(name: str) -> None:
        writer.add_tensor(name, numpy.ones(WIDTH, numpy.float32))

    add("token_embd.weight", vocabulary, WIDTH)
    add("output.weight", vocabulary, WIDTH)
    ones("output_norm.weight")
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"{block}.{part}.weight", WIDTH, WIDTH)
        add(f"{block}.ffn_gate.weight", FEED, WIDTH)
        add(f"{block}.ffn_up.weight", FEED, WIDTH)
        add(f"{block}.ffn_down.weight", WIDTH, FEED)
        ones(f"{block}.attn_norm.weight")
        ones(f"{block}.ffn_norm.weight")


def make_tiny_lora(path: Path, *, rank: int = 4, seed: int = 11) -> Path:
    """An adapter for the model of `make_tiny_gguf` that turns its attention upside down."""
    random = numpy.random.default_rng(seed)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(rank))
    for part in ("attn_q", "attn_v", "attn_output"):
        for end in ("lora_a", "lora_b"):
            shape = (rank, WIDTH) if end == "lora_a" else (WIDTH, rank)
            writer.add_tensor(f"blk.0.{part}.weight.{end}", random.standard_normal(shape).astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
