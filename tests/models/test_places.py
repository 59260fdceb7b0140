"""What other programs keep on this computer: real folder layouts, tiny models, nothing copied, nothing changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from studio.engine.errors import NotFound
from studio.engine.models import parts, places
from studio.engine.models.gguf import BrokenModelFile
from tests.models.tiny_gguf import make_split_gguf, make_tiny_gguf


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A home folder of its own, with none of the programs' variables set."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    names = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
    for name in (*names, "OLLAMA_MODELS"):
        monkeypatch.delenv(name, raising=False)
    return home


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def put_in_hugging_face(home: Path, file: Path, repository: str, name: str, commit: str = "a" * 40) -> Path:
    """As huggingface_hub lays it out: the content under its digest, a link to it in the snapshot."""
    folder = home / ".cache/huggingface/hub" / f"models--{repository.replace('/', '--')}"
    blob, link = folder / "blobs" / sha256(file), folder / "snapshots" / commit / name
    blob.parent.mkdir(parents=True, exist_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, blob)
    link.symlink_to(os.path.relpath(blob, link.parent))
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs/main").write_text(commit)
    return link


def put_in_ollama(
    home: Path, file: Path, name: str, tag: str, owner: str = "library", eyes: Path | None = None
) -> Path:
    """As Ollama lays it out: a manifest by name, the content under its digest."""
    folder = home / ".ollama/models"
    manifest = folder / "manifests/registry.ollama.ai" / owner / name / tag
    manifest.parent.mkdir(parents=True, exist_ok=True)
    (folder / "blobs").mkdir(exist_ok=True)
    layers = []
    for kind, content in (("model", file), ("projector", eyes)):
        if content is not None:
            blob = folder / "blobs" / f"sha256-{sha256(content)}"
            shutil.copy(content, blob)
            media = f"application/vnd.ollama.image.{kind}"
            layers.append({"mediaType": media, "digest": f"sha256:{sha256(content)}", "size": blob.stat().st_size})
    manifest.write_text(json.dumps({"schemaVersion": 2, "config": {}, "layers": layers}))
    return folder / "blobs" / f"sha256-{sha256(file)}"


async def test_every_programs_folder_is_read_and_the_same_content_is_listed_once(models, home, tmp_path):
    shared = make_tiny_gguf(tmp_path / "shared.gguf", seed=1)
    cached = put_in_hugging_face(home, shared, "Tiny/Pump-GGUF", "Pump-Q8_0.gguf")
    blob = put_in_ollama(home, shared, "pump", "1b")
    put_in_ollama(home, make_tiny_gguf(tmp_path / "own.gguf", seed=2), "valve", "latest", owner="aurora")
    studio = home / ".lmstudio/models/lmstudio-community/Gasket-GGUF/Gasket-Q4_K_M.gguf"
    four = home / ".local/share/nomic.ai/GPT4All/Rotor-F16.gguf"
    jan = home / ".local/share/Jan/data/llamacpp/models/Seal/model.gguf"
    for seed, path in enumerate((studio, four, jan), 3):
        path.parent.mkdir(parents=True)
        make_tiny_gguf(path, seed=seed)
    (four.parent / "incomplete-Later.gguf").write_bytes(b"GGUF")
    (jan.parent / "model.yml").write_text("name: Seal 1B\nmodel_path: llamacpp/models/Seal/model.gguf\nsize_bytes: 1\n")
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}

    found = {one.name: one for one in await models.discover()}

    assert {name: one.program for name, one in found.items()} == {
        "Pump": "hugging_face",
        "aurora/valve:latest": "ollama",
        "Gasket": "lm_studio",
        "Rotor": "gpt4all",
        "Seal 1B": "jan",
    }
    assert found["Pump"].path == str(cached) and found["Pump"].also == [str(blob)]
    assert found["Pump"].digest == sha256(shared) and found["Pump"].quantization == "Q8_0"
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()} == before


async def test_what_was_found_is_added_where_it_lies_and_answers(models, home, tmp_path):
    blob = put_in_ollama(home, make_tiny_gguf(tmp_path / "own.gguf"), "valve", "1b")
    (model,) = await models.add_discovered([str(blob)])
    assert (model.name, model.location, model.digest) == ("valve:1b", str(blob), sha256(blob))
    assert [one.known for one in await models.discover()] == [True]
    pieces = [
        piece.text
        async for piece in models.chat(model.id, [{"role": "user", "content": "hi"}], max_tokens=4, temperature=0)
    ]
    assert "".join(pieces)
    with pytest.raises(NotFound, match="elsewhere"):
        await models.add_discovered(["/elsewhere.gguf"])


async def test_a_vision_model_is_found_with_its_eyes_as_one_model(models, home, tmp_path):
    folder = home / ".lmstudio/models/qwen/Qwen-VL-GGUF"
    folder.mkdir(parents=True)
    make_tiny_gguf(folder / "Qwen-VL-Q8_0.gguf")
    eyes = make_tiny_gguf(folder / "mmproj-Qwen-VL-F16.gguf", seed=9)
    (one,) = await models.discover()
    assert (one.name, one.projector) == ("Qwen-VL", str(eyes))
    (model,) = await models.add_discovered([one.path])
    assert model.projector == str(eyes)
    put_in_ollama(home, make_tiny_gguf(tmp_path / "v.gguf", seed=4), "vision", "7b", eyes=eyes)
    ollama = next(one for one in await models.discover() if one.program == "ollama")
    assert ollama.projector.endswith(sha256(eyes))


async def test_a_split_model_is_one_model_and_a_missing_part_is_named(models, home):
    folder = home / ".lmstudio/models/big/Big-GGUF"
    folder.mkdir(parents=True)
    files = make_split_gguf(folder / "Big-F32", 3)
    (one,) = await models.discover()
    assert (one.name, one.parts, one.size_bytes) == ("Big", 3, sum(file.stat().st_size for file in files))
    model = await models.add(files[1])  # any part stands for all of them
    assert (model.location, model.parts, model.name) == (str(files[0]), 3, "Big")
    loaded = await models.load(model.id)
    assert loaded.state == "loaded"
    await models.remove(model.id)
    files[2].unlink()
    (one,) = await models.discover()
    assert "Big-F32-00003-of-00003.gguf" in one.problem.en
    with pytest.raises(BrokenModelFile, match="Big-F32-00003-of-00003"):
        await models.add(files[0])
    files[0].unlink()
    with pytest.raises(BrokenModelFile, match="Big-F32-00001-of-00003"):
        await models.add(files[1])


async def test_a_poisoned_second_part_is_found_before_the_runtime_sees_it(models, tmp_path):
    files = make_split_gguf(tmp_path / "Big-F32", 2)
    files[1].write_bytes(files[1].read_bytes()[:100])
    with pytest.raises(BrokenModelFile, match="Big-F32-00002-of-00002"):
        await models.add(files[0])


def test_a_manifest_that_points_elsewhere_or_is_nonsense_is_passed_over(home):
    folder = home / ".ollama/models/manifests/registry.ollama.ai/library/evil"
    folder.mkdir(parents=True)
    layer = {"mediaType": places.OLLAMA_MODEL, "digest": "sha256:../../../../etc/passwd"}
    (folder / "path").write_text(json.dumps({"layers": [layer]}))
    (folder / "list").write_text("[1, 2]")
    (folder / "text").write_bytes(b"\xff\xfe not json")
    (folder / "deep").write_text("[" * 100_000)
    assert places.find({}, home) == []


def test_a_manifest_whose_content_is_gone_says_what_is_missing(home, tmp_path):
    put_in_ollama(home, make_tiny_gguf(tmp_path / "a.gguf"), "gone", "latest").unlink()
    (found,) = places.find({}, home)
    assert (found.name, len(found.missing)) == ("gone:latest", 1)


def test_the_newest_snapshot_counts_and_a_loop_of_links_ends(home, tmp_path):
    old = put_in_hugging_face(home, make_tiny_gguf(tmp_path / "1.gguf", seed=1), "a/b", "m-Q8_0.gguf", "1" * 40)
    os.utime(old.parent, (1, 1))
    new = put_in_hugging_face(home, make_tiny_gguf(tmp_path / "2.gguf", seed=2), "a/b", "m-Q8_0.gguf", "2" * 40)
    (new.parent / "loop").symlink_to(new.parent)
    (new.parent / "self.gguf").symlink_to(new.parent / "self.gguf")
    assert [found.path for found in places.find({}, home)] == [new]


def test_programs_are_found_where_their_variables_point(home, tmp_path):
    put_in_ollama(tmp_path / "other", make_tiny_gguf(tmp_path / "a.gguf"), "pump", "1b")
    put_in_hugging_face(tmp_path / "third", make_tiny_gguf(tmp_path / "b.gguf", seed=2), "a/b", "b.gguf")
    environment = {
        "OLLAMA_MODELS": str(tmp_path / "other/.ollama/models"),
        "HF_HUB_CACHE": str(tmp_path / "third/.cache/huggingface/hub"),
    }
    assert {found.program for found in places.find(environment, home)} == {"ollama", "hugging_face"}


async def test_a_file_that_the_library_has_elsewhere_is_not_added_again_by_a_scan(models, paths, tmp_path):
    await models.add(make_tiny_gguf(tmp_path / "Pump.gguf"))
    shutil.copy(tmp_path / "Pump.gguf", paths.models / "Pump-copy.gguf")
    assert await models.scan() == []


def test_names_of_parts_and_projectors():
    assert parts.names_of("a-00002-of-00003.gguf") == [f"a-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert parts.first_name("plain.gguf") == "plain.gguf"
    assert parts.is_projector("mmproj-model-f16.gguf")
