"""The library: what is there, what it is called, and what to do when it is not there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from studio.engine.errors import BadParameter, BadState, Forbidden, Invalid, NotFound, Unavailable
from studio.engine.models import discovery
from studio.engine.models.gguf import BrokenModelFile
from studio.engine.models.model import LoadSettings
from tests.models.tiny_gguf import make_tiny_gguf


async def test_a_fresh_studio_has_the_demo_and_the_search_model_labelled_as_what_they_are(models):
    demo, search = await models.get("demo-smollm2"), await models.get("usem3")
    assert demo.demo and "often wrong" in demo.label.en and "经常出错" in demo.label.zh
    assert (demo.quantization, demo.context_length, demo.licence, demo.state) == (
        "Q4_1",
        8192,
        "apache-2.0",
        "available",
    )
    assert search.included and search.kind == "embedding" and search.dimensions == 512


async def test_a_model_is_added_by_its_path_once_and_is_there_at_the_next_start(models, make_models, tiny_file):
    added = await models.add(tiny_file)
    again = await models.add(str(tiny_file))
    assert added.id == again.id
    assert (added.name, added.quantization, added.context_length) == ("Tiny-Random", "F32", 2048)
    later = await make_models()
    assert (await later.get("Tiny-Random")).id == added.id


async def test_two_files_of_one_name_get_names_of_their_own(models, tmp_path):
    one = await models.add(make_tiny_gguf(tmp_path / "Pump-Q8_0.gguf"))
    two = await models.add(make_tiny_gguf(tmp_path / "Pump-Q4_0.gguf"))
    assert (one.name, two.name) == ("Pump", "Pump-Q4_0")


async def test_a_folder_adds_every_model_in_it(models, tmp_path, tiny_file):
    folder = tmp_path / "downloads"
    folder.mkdir()
    for name in ("one.gguf", "two.gguf"):
        shutil.copy(tiny_file, folder / name)
    await models.add(folder)
    assert {"one", "two"} <= {model.name for model in await models.list("chat")}


async def test_what_lies_in_the_models_folder_is_found_and_broken_files_are_passed_over(models, paths, tiny_file):
    shutil.copy(tiny_file, paths.models / "found.gguf")
    (paths.models / "broken.gguf").write_bytes(b"nonsense" * 100)
    await models.scan()
    assert "found" in [model.name for model in await models.list()]
    assert await models.scan() == []


async def test_a_broken_file_is_refused_with_its_name(models, tmp_path):
    broken = tmp_path / "holiday.gguf"
    broken.write_bytes(b"nonsense" * 100)
    with pytest.raises(BrokenModelFile, match=r"holiday\.gguf is not a GGUF model"):
        await models.add(broken)
    with pytest.raises(NotFound, match="nowhere"):
        await models.add("/nowhere/model.gguf")
    with pytest.raises(Invalid, match="holds no model"):
        await models.add(_folder(tmp_path))


async def test_a_file_that_was_moved_is_missing_with_the_way_out_and_comes_back(models, tmp_path):
    path = make_tiny_gguf(tmp_path / "wandering.gguf")
    model = await models.add(path)
    path.rename(tmp_path / "elsewhere.gguf")
    found = await models.get(model.id)
    assert found.state == "missing"
    assert "wandering.gguf" in found.error.en and "Put it back" in found.error.en
    with pytest.raises(Unavailable, match=r"wandering\.gguf"):
        _ = [piece async for piece in models.chat(model.id, [{"role": "user", "content": "hi"}])]
    (tmp_path / "elsewhere.gguf").rename(path)
    assert (await models.get(model.id)).state == "available"


async def test_a_removed_model_stays_away_and_keeps_its_file(models, make_models, paths, tiny_file):
    path = Path(shutil.copy(tiny_file, paths.models / "kept.gguf"))
    model = await models.add(path)
    await models.remove(model.id)
    await models.remove("demo-smollm2")
    assert path.exists()
    assert await models.scan() == []
    later = await make_models()
    assert {found.id for found in await later.list()} == {"usem3"}
    assert (await later.add_demo()).id == "demo-smollm2"


async def test_what_the_studio_downloaded_goes_to_the_trash_and_a_scan_leaves_it_there(models, paths, tmp_path):
    folder = paths.models / "tiny" / "Tiny-GGUF"
    folder.mkdir(parents=True)
    file = make_tiny_gguf(folder / "Tiny-Q8_0.gguf")
    ours = await models.add_downloaded(file, hub="tiny/Tiny-GGUF")
    mine = await models.add(make_tiny_gguf(tmp_path / "Mine.gguf", seed=3))
    await models.remove(ours.id, file=True)
    assert not folder.parent.exists() and len(list((paths.models / ".trash").rglob("*.gguf"))) == 1
    assert await models.scan() == []
    with pytest.raises(Forbidden, match=r"Mine\.gguf was not downloaded"):
        await models.remove(mine.id, file=True)
    assert (await models.get(mine.id)).state == "available"


async def test_the_search_model_cannot_be_removed(models):
    with pytest.raises(BadState):
        await models.remove("usem3")


async def test_aliases_lead_to_the_default_chat_model_and_a_real_one_goes_before_the_demo(models, tiny_file):
    assert (await models.get("qwen")).id == "demo-smollm2"
    added = await models.add(tiny_file)
    for name in ("", "qwen", "default", "gpt-4o-mini"):
        assert (await models.get(name)).id == added.id
    assert (await models.get("text-embedding-ada-002")).id == "usem3"


async def test_an_alias_can_be_pointed_elsewhere_and_forgotten(models, make_models, tiny_file):
    added = await models.add(tiny_file)
    await models.set_alias("qwen", "demo-smollm2")
    await models.set_alias("掌上", added.name)
    later = await make_models()
    assert (await later.get("qwen")).id == "demo-smollm2"
    assert (await later.get("掌上")).id == added.id
    await later.set_alias("qwen", None)
    with pytest.raises(NotFound, match="qwen"):
        await later.get("qwen")


async def test_an_alias_of_nothing_or_of_itself_is_refused(models):
    with pytest.raises(NotFound, match="no-such-model"):
        await models.set_alias("mine", "no-such-model")
    with pytest.raises(BadParameter):
        await models.set_alias("mine", "mine")


async def test_a_change_of_one_fact_keeps_what_others_changed(models, tiny_file):
    added = await models.add(tiny_file)
    await models.load(added.id, LoadSettings(context_length=512, slots=1))
    await models._change(added, tokens_per_second=9.0)
    kept = await models.get(added.id)
    assert (kept.tokens_per_second, kept.load_settings.slots) == (9.0, 1)


async def test_an_unknown_name_says_which_there_are(models):
    with pytest.raises(NotFound, match="SmolLM2-135M-Instruct"):
        await models.get("gpt-99")


async def test_without_any_chat_model_the_way_to_get_one_is_said(models):
    await models.remove("demo-smollm2")
    with pytest.raises(Unavailable, match="no chat model") as caught:
        await models.get("qwen")
    assert "studio models add" in caught.value.repair.en


async def test_the_setting_chooses_the_model_for_new_chats(models, settings, tiny_file):
    await models.add(tiny_file)
    await settings.set("models.default_model", "demo-smollm2")
    assert (await models.get("")).id == "demo-smollm2"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Qwen3-8B-Q4_K_M.gguf", "Qwen3-8B"),
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct"),
        ("gemma-3-12b-it-IQ4_XS.gguf", "gemma-3-12b-it"),
        ("Llama-70B-Q8_0-00001-of-00002.gguf", "Llama-70B"),
        ("bge-m3-F16.gguf", "bge-m3"),
        ("plain.gguf", "plain"),
    ],
)
def test_a_name_is_the_files_without_quantization_and_part(file: str, name: str):
    assert discovery.display_name(Path(file)) == name


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder
