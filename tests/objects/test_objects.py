from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.engine.errors import BadParameter, Forbidden, StudioError, Unavailable
from studio.engine.objects.store import stores
from studio.engine.objects.stores.local_folder import LocalFolder
from studio.engine.objects.stores.s3 import S3
from tests.contracts.object_store_contract import ObjectStoreContract
from tests.data_rooms import Rooms


class TestLocalFolder(ObjectStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalFolder:
        return LocalFolder(tmp_path / "objects")


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/passwd", "a\\..\\x", "a\0b", "C:/x"])
def test_no_key_leads_out_of_its_bucket(tmp_path: Path, key: str) -> None:
    store = LocalFolder(tmp_path / "objects")
    with pytest.raises(Forbidden):
        store.put("b", key, b"x")
    assert not list(tmp_path.glob("*x"))


def test_a_link_out_of_a_bucket_is_neither_listed_nor_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    store = LocalFolder(tmp_path / "objects")
    store.put("b", "a", b"x")
    (tmp_path / "objects/b/link").symlink_to(tmp_path / "secret")
    assert [info.key for info in store.list("b")] == ["a"]
    with pytest.raises(Forbidden):
        store.get("b", "link")


def test_both_stores_are_found_by_the_registry() -> None:
    assert set(stores.all()) >= {"local", "s3"} and not stores.failures


@pytest.mark.parametrize("url", ["file:///etc/passwd", "s3:/b/k", "s3://", "b/k", "http://b/k", "s3://../x"])
def test_only_s3_addresses_are_understood(rooms: Rooms, url: str) -> None:
    with pytest.raises(BadParameter, match="s3://"):
        rooms.objects.parse(url)


async def test_an_address_means_the_object_and_all_below_it(rooms: Rooms) -> None:
    for key in ("data/1.csv", "data/2.csv", "database.csv"):
        await rooms.objects.put(f"s3://b/{key}", b"x")
    assert [info.key for info in await rooms.objects.list("s3://b/data")] == ["data/1.csv", "data/2.csv"]
    assert [path.name for path in await rooms.objects.paths("s3://b/data/")] == ["1.csv", "2.csv"]
    assert await rooms.objects.buckets() == ["b"]


async def test_a_bucket_that_is_nowhere_cannot_be_reached_and_says_what_to_do(rooms: Rooms) -> None:
    with pytest.raises(Unavailable) as caught:
        await rooms.objects.list("s3://bucket/data/")
    assert "bucket" in caught.value.message.en and caught.value.repair is not None


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that is held, so that nobody comes to listen there, and refuses whoever connects."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


async def test_an_endpoint_where_nobody_answers_is_named_in_the_error(rooms: Rooms, silent_port: int) -> None:
    await rooms.objects.connect(f"http://127.0.0.1:{silent_port}", "key", "secret")
    with pytest.raises(StudioError, match=str(silent_port)):
        await rooms.objects.list("s3://bucket/data/")


async def test_folders_of_this_computer_come_before_an_endpoint(rooms: Rooms, silent_port: int) -> None:
    await rooms.objects.put("s3://b/k", b"here")
    await rooms.objects.connect(f"http://127.0.0.1:{silent_port}", "key", "secret")
    assert await rooms.objects.get("s3://b/k") == b"here"


def test_an_endpoint_must_be_an_address(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="minio"):
        S3("minio", "key", "secret", tmp_path)
