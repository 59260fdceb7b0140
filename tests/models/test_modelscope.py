"""ModelScope in its own words, on loopback: the same studio finds, fetches and checks models there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from studio.engine.errors import NotFound, RateLimited, Unavailable
from studio.engine.models.downloads import WrongChecksum
from studio.engine.models.hub_client import Gated
from studio.engine.models.hub_source import sources
from studio.engine.paths import Paths
from tests.models.hub_server import serving
from tests.models.modelscope_server import ModelScopeServer
from tests.models.test_downloads import MB, Room, failure, large_file, lying, opened

__all__ = ["large_file"]  # a fixture

REPOSITORY = "tiny/Tiny-GGUF"


@pytest.fixture
def hub() -> Iterator[ModelScopeServer]:
    one = ModelScopeServer()
    with serving(one):
        yield one


@pytest.fixture
async def room(paths: Paths, hub: ModelScopeServer) -> AsyncIterator[Room]:
    async with opened(paths, hub.url) as one:
        await one.settings.set("models.hub_dialect", "modelscope")
        yield one


async def test_a_model_is_found_fetched_checked_and_loads(room, hub, paths, tiny_file):
    content = tiny_file.read_bytes()
    hub.add(REPOSITORY, {"q/Tiny-Q4_K_M.gguf": content, "Tiny-Q8_0.gguf": content + bytes(MB)}, downloads=9)
    hub.add("other/Tiny-Pump-GGUF", {"Pump-Q8_0.gguf": content})
    hub.add("other/Tiny-Plain", {"config.json": b"{}"}, downloads=99)
    first, second = await room.hub.search("tiny")
    assert (first.id, first.licence, first.downloads, first.gguf) == (REPOSITORY, "apache-2.0", 9, True)
    assert second.id == "other/Tiny-Pump-GGUF"
    assert [one.id for one in await room.hub.search("plain", gguf=False)] == ["other/Tiny-Plain"]
    page = await room.hub.page(REPOSITORY)
    assert (page.dialect, page.url) == ("modelscope", f"{hub.url}/models/{REPOSITORY}")
    assert [(one.quantization, one.size_bytes) for one in page.choices] == [
        ("Q4_K_M", len(content)),
        ("Q8_0", len(content) + MB),
    ]
    done = await room.get(wanted="Q4_K_M")
    assert (done.status, done.error) == ("done", None)
    model = await room.models.load(done.model_id)
    assert (model.state, model.hub, len(model.digest)) == ("loaded", REPOSITORY, 64)
    assert lying(paths) == [f"{REPOSITORY}/q/Tiny-Q4_K_M.gguf"]


async def test_a_pause_is_gone_on_from_even_when_the_settings_name_another_hub_by_then(room, hub, large_file):
    hub.add(REPOSITORY, {"Large-Q4_K_M.gguf": large_file})
    hub.hold_at = 5 * MB
    begun = await room.downloads.start(REPOSITORY)
    await room.until(begun.id, 0.25)
    await room.downloads.pause(begun.id)
    await room.settings.set("models.hub", "https://huggingface.co")
    await room.settings.set("models.hub_dialect", "auto")
    hub.hold_at = None
    await room.downloads.resume(begun.id)
    done = await room.downloads.wait(begun.id)
    assert done.status == "done"
    assert Path((await room.models.get(done.model_id)).location).read_bytes() == large_file
    last = hub.ranges()[-1]
    assert last.startswith("bytes=") and last != "bytes=0-"


async def test_a_wrong_checksum_is_refused(room, hub, paths, tiny_file):
    hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": tiny_file.read_bytes()}, announced={"Tiny-Q8_0.gguf": "ab" * 32})
    failed = await room.get()
    assert failed.error["kind"] == WrongChecksum.__name__ and "arrived damaged" in failure(failed)
    assert list(paths.models.iterdir()) == []


async def test_a_gated_model_comes_with_the_token(room, hub, tiny_file):
    hub.token = "ms-secret"
    hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": tiny_file.read_bytes()}, gated=True)
    assert (await room.hub.page(REPOSITORY)).gated
    failed = await room.get()
    assert failed.error["kind"] == Gated.__name__
    await room.hub.set_token("ms-secret")
    await room.downloads.resume(failed.id)
    assert (await room.downloads.wait(failed.id)).status == "done"


@pytest.mark.parametrize(
    ("repository", "revision"), [("tiny/Nothing", None), (REPOSITORY, "v9"), ("no name at all", None)]
)
async def test_what_is_not_there_is_named(room, hub, tiny_file, repository: str, revision: str | None):
    hub.add(REPOSITORY, {"Tiny-Q8_0.gguf": tiny_file.read_bytes()})
    with pytest.raises(NotFound, match=repository):
        await room.hub.page(repository, revision)


async def test_a_busy_hub_and_one_of_another_kind_are_told_apart(room, hub):
    hub.refuse = [(429, {"Retry-After": "7"})]
    with pytest.raises(RateLimited, match="slow down"):
        await room.hub.search("tiny")
    with serving() as other:
        await room.settings.set("models.hub", other.url)
        with pytest.raises((Unavailable, NotFound)):
            await room.hub.search("tiny")


async def test_its_own_address_is_known_and_every_other_speaks_as_hugging_face(room):
    await room.settings.set("models.hub_dialect", "auto")
    for address, name in {
        "https://modelscope.cn": "modelscope",
        "https://www.modelscope.ai/": "modelscope",
        "https://hf-mirror.com": "hugging_face",
        "https://modelscope.cn.evil.example": "hugging_face",
    }.items():
        await room.settings.set("models.hub", address)
        assert room.hub.dialect == name


def test_every_way_to_speak_has_both_languages_and_can_be_chosen(settings):
    field = type(settings.models).model_fields["hub_dialect"]
    for name, source in sources.all().items():
        assert source.title.en and source.title.zh
        assert name in str(field.annotation)
