"""What every object store must do. A test of a store inherits this and gives the fixture `store`."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.errors import NotFound, StudioError
from studio.engine.objects.store import ObjectStore

BUCKET = "contract"


class ObjectStoreContract:
    def test_what_was_put_is_what_is_got(self, store: ObjectStore) -> None:
        info = store.put(BUCKET, "a/b.txt", b"hello")
        assert store.get(BUCKET, "a/b.txt") == b"hello"
        assert (info.bucket, info.key, info.size, info.url) == (BUCKET, "a/b.txt", 5, f"s3://{BUCKET}/a/b.txt")

    def test_a_file_is_kept_like_bytes(self, store: ObjectStore, tmp_path: Path) -> None:
        (tmp_path / "文件.bin").write_bytes(b"\0\1" * 1000)
        store.put(BUCKET, "文件 1.bin", tmp_path / "文件.bin")
        assert store.get(BUCKET, "文件 1.bin") == b"\0\1" * 1000

    def test_objects_are_listed_by_prefix_in_order(self, store: ObjectStore) -> None:
        for key in ("b", "a/2", "a/1", "ab"):
            store.put(BUCKET, key, b"x")
        assert [info.key for info in store.list(BUCKET, "a/")] == ["a/1", "a/2"]
        assert [info.key for info in store.list(BUCKET, "a")] == ["a/1", "a/2", "ab"]
        assert BUCKET in store.buckets()

    def test_an_etag_changes_with_the_content(self, store: ObjectStore) -> None:
        first = store.put(BUCKET, "k", b"one").etag
        assert store.put(BUCKET, "k", b"two!").etag != first

    def test_a_deleted_object_is_gone_and_deleting_it_again_is_fine(self, store: ObjectStore) -> None:
        store.put(BUCKET, "k", b"x")
        store.delete(BUCKET, "k")
        store.delete(BUCKET, "k")
        with pytest.raises(NotFound, match="k"):
            store.get(BUCKET, "k")

    def test_a_local_file_has_the_content(self, store: ObjectStore) -> None:
        assert store.local(store.put(BUCKET, "d/k", b"content")).read_bytes() == b"content"

    def test_a_bucket_that_is_not_there_is_named(self, store: ObjectStore) -> None:
        with pytest.raises(StudioError, match="no-such-bucket"):
            store.list("no-such-bucket")
