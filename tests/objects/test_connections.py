"""Buckets through connections, by name, against a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.errors import Conflict, NotFound, StudioError
from tests.data_rooms import Rooms, open_rooms
from tests.servers.seaweed import KEY, SECRET, Seaweed

pytestmark = pytest.mark.server


def values(seaweed: Seaweed, **changed: str) -> dict[str, str]:
    return {"endpoint": seaweed.endpoint, "access_key": KEY, "secret_key": SECRET, **changed}


async def test_a_bucket_is_found_behind_the_connection_that_has_it(rooms: Rooms, seaweed: Seaweed) -> None:
    bucket = seaweed.empty("behind")
    made = await rooms.connections.add("s3", "lake", values(seaweed))
    assert made.state == "reachable"
    await rooms.objects.put(f"s3://{bucket}/a/b.txt", b"x")
    assert seaweed.client().get_object(bucket, "a/b.txt").read() == b"x"
    assert bucket in await rooms.objects.buckets()
    assert [each.name for each in await rooms.connections.branches("lake", (bucket, "a"))] == ["b.txt"]


async def test_a_name_before_the_bucket_says_which_connection_is_meant(rooms: Rooms, seaweed: Seaweed) -> None:
    bucket = seaweed.empty("twice")
    await rooms.connections.add("s3", "lake", values(seaweed))
    await rooms.objects.put(f"s3://lake@{bucket}/k", b"there")
    (rooms.paths.objects / bucket).mkdir(parents=True)
    await rooms.objects.put(f"s3://{bucket}/k", b"here")
    assert await rooms.objects.get(f"s3://lake@{bucket}/k") == b"there"
    with pytest.raises(NotFound, match="lake"):
        await rooms.objects.get(f"s3://other@{bucket}/k")


async def test_a_deleted_object_comes_back_at_its_address(rooms: Rooms, seaweed: Seaweed) -> None:
    bucket = seaweed.empty("trashed")
    await rooms.connections.add("s3", "lake", values(seaweed))
    for address in (f"s3://lake@{bucket}/d/k", "s3://here/d/k"):
        await rooms.objects.put(address, b"kept")
        await rooms.objects.delete(address)
        with pytest.raises(NotFound):
            await rooms.objects.get(address)
        await rooms.objects.restore(address)
        assert await rooms.objects.get(address) == b"kept"


async def test_secrets_are_in_no_file_but_the_keychains(tmp_path: Path, seaweed: Seaweed) -> None:
    async with open_rooms(tmp_path / "home") as rooms:
        made = await rooms.connections.add("s3", "lake", values(seaweed))
        assert SECRET not in made.model_dump_json()
    written = [file for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert written and all(SECRET.encode() not in file.read_bytes() for file in written)
    async with open_rooms(tmp_path / "home") as rooms:
        assert (await rooms.connections.check("lake")).state == "reachable"


async def test_a_missing_password_asks_to_sign_in_and_the_right_one_opens(rooms: Rooms, seaweed: Seaweed) -> None:
    made = await rooms.connections.add("s3", "lake", values(seaweed, secret_key="wrong"))
    assert made.state == "sign_in" and made.reason is not None
    assert (await rooms.connections.change("lake", secret_key=SECRET)).state == "reachable"


async def test_a_name_is_given_once_and_a_removed_connection_leaves_nothing(rooms: Rooms, seaweed: Seaweed) -> None:
    bucket = seaweed.empty("removed")
    await rooms.connections.add("s3", "lake", values(seaweed))
    with pytest.raises(Conflict, match="Lake"):
        await rooms.connections.add("s3", "Lake", values(seaweed))
    await rooms.connections.remove("lake")
    assert await rooms.connections.list() == []
    with pytest.raises(StudioError, match=bucket):
        await rooms.objects.list(f"s3://{bucket}/")
