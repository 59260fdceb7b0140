"""The child process that runs one GGUF model: `python -I -m studio.engine.models.llama_worker`.

It reads one line of JSON from stdin (never from its arguments, where others could read the token), loads the model,
answers with one line of JSON on stdout ({"port": …} or {"error": …}), and serves the OpenAI protocol until stdin ends.
It imports nothing of the studio.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

CACHE_TYPES = {"f16": "GGML_TYPE_F16", "q8_0": "GGML_TYPE_Q8_0", "q4_0": "GGML_TYPE_Q4_0"}
FLASH_ATTENTION = {
    "auto": "LLAMA_FLASH_ATTN_TYPE_AUTO",
    "on": "LLAMA_FLASH_ATTN_TYPE_ENABLED",
    "off": "LLAMA_FLASH_ATTN_TYPE_DISABLED",
}


def main() -> None:
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    answer = take_stdout()
    try:
        if order["runtime"] == "llama-cpp-python":
            from studio.engine.models.llama_python_worker import serve

            serve(order, answer)
        else:
            serve_xllamacpp(order, answer)
    except Exception as error:
        answer({"error": f"{type(error).__name__}: {error}"})
        sys.exit(1)


def take_stdout() -> Any:
    """A function that writes one line to the real stdout; everything else that is printed goes to the log."""
    real = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(content: dict[str, Any]) -> None:
        real.write(json.dumps(content) + "\n")
        real.close()

    return answer


def serve_xllamacpp(order: dict[str, Any], answer: Any) -> None:
    """llama.cpp's own server on threads of its own; this thread only waits for the end of stdin."""
    import xllamacpp

    server = xllamacpp.Server(_parameters(xllamacpp, order))
    answer({"port": int(server.listening_address.rsplit(":", 1)[1])})
    sys.stdin.read()
    os._exit(0)


def _parameters(xllamacpp: Any, order: dict[str, Any]) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = order["path"]
    parameters.model_alias = {order["name"]}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [order["token"]]
    parameters.n_ctx = order["context_length"] * order["slots"]
    parameters.n_parallel = order["slots"]
    parameters.n_gpu_layers = order["gpu_layers"]
    parameters.cpuparams.n_threads = order["threads"]
    parameters.cpuparams_batch.n_threads = order["batch_threads"]
    parameters.cache_ram_mib = order["prompt_cache_mb"]
    parameters.cache_type_k = parameters.cache_type_v = getattr(
        xllamacpp.ggml_type, CACHE_TYPES[order["cache_precision"]]
    )
    parameters.flash_attn_type = getattr(xllamacpp.llama_flash_attn_type, FLASH_ATTENTION[order["flash_attention"]])
    parameters.n_batch = parameters.n_ubatch = order["prompt_batch"]
    parameters.n_threads_http = order["slots"] + order["queue"] + 4  # each request that waits holds one
    parameters.cors_origins, parameters.cors_credentials = "", False  # by default it echoes any page's Origin
    parameters.ui = False
    parameters.use_jinja = True
    parameters.endpoint_slots = True
    parameters.verbosity = 4 if order["detailed_log"] else 3
    if order["lora"]:
        parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(order["lora"], order["lora_scale"])]
    if order["draft_model"]:
        _draft(xllamacpp, parameters.speculative, order)
    _prepare_for_kind(xllamacpp, parameters, order)
    return parameters


def _draft(xllamacpp: Any, speculative: Any, order: dict[str, Any]) -> None:
    """A small model guesses ahead; the large one checks the guesses in one go."""
    speculative.types = [xllamacpp.common_speculative_type.COMMON_SPECULATIVE_TYPE_DRAFT_SIMPLE]
    speculative.draft.mparams.path = order["draft_model"]
    speculative.draft.n_max = order["draft_tokens"]
    speculative.draft.cpuparams.n_threads = order["threads"]
    speculative.draft.cpuparams_batch.n_threads = order["batch_threads"]


def _prepare_for_kind(xllamacpp: Any, parameters: Any, order: dict[str, Any]) -> None:
    """An embedder must take a whole text in one batch."""
    if order["kind"] == "chat":
        return
    parameters.embedding = True
    parameters.n_batch = parameters.n_ubatch = order["context_length"]
    if order["kind"] == "rerank":
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_RANK


if __name__ == "__main__":
    main()
