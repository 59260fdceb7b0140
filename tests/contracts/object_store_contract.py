"""What every object store must do. A test of a store inherits this and gives the fixture `store`."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.errors import Conflict, NotFound, StudioError
from studio.engine.objects.store import ObjectStore, no_progress

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

    def test_one_level_is_listed_in_pages(self, store: ObjectStore) -> None:
        for key in ("d/1", "d/2", "d/x/1", "d/y/1", "d/z", "other"):
            store.put(BUCKET, key, b"x")
        first = store.page(BUCKET, "d/", limit=3)
        rest = store.page(BUCKET, "d/", first.next, limit=3)
        assert [info.key for info in [*first.objects, *rest.objects]] == ["d/1", "d/2", "d/z"]
        assert [*first.folders, *rest.folders] == ["d/x/", "d/y/"]
        assert first.next and not rest.next

    def test_a_large_file_goes_up_and_comes_down_with_its_progress_told(
        self, store: ObjectStore, tmp_path: Path
    ) -> None:
        content = bytes(range(256)) * (70 << 10)  # 17.5 MB: several parts
        (tmp_path / "up").write_bytes(content)
        up: list[tuple[int, int]] = []
        down: list[tuple[int, int]] = []
        info = store.upload(BUCKET, "large", tmp_path / "up", lambda *told: up.append(told))
        file = store.download(info, tmp_path / "down", lambda *told: down.append(told))
        assert file.read_bytes() == content
        for told in (up, down):
            assert told[-1] == (len(content), len(content)) and len(told) > 2
            assert [done for done, _ in told] == sorted(done for done, _ in told)

    def test_a_transfer_that_was_stopped_leaves_no_half_object_and_can_be_done_again(
        self, store: ObjectStore, tmp_path: Path
    ) -> None:
        content = b"0123456789abcdef" * (1 << 20)
        (tmp_path / "up").write_bytes(content)

        class Enough(Exception):
            pass

        def stop(done: int, _whole: int) -> None:
            if done:
                raise Enough

        with pytest.raises(Enough):
            store.upload(BUCKET, "stopped", tmp_path / "up", stop)
        with pytest.raises(NotFound):
            store.get(BUCKET, "stopped")
        info = store.upload(BUCKET, "stopped", tmp_path / "up", no_progress)
        with pytest.raises(Enough):
            store.download(info, tmp_path / "down", stop)
        assert not (tmp_path / "down").exists()
        assert store.download(info, tmp_path / "down", no_progress).read_bytes() == content

    def test_an_empty_file_goes_up_and_comes_down(self, store: ObjectStore, tmp_path: Path) -> None:
        (tmp_path / "empty").write_bytes(b"")
        info = store.upload(BUCKET, "empty", tmp_path / "empty", no_progress)
        assert store.download(info, tmp_path / "down", no_progress).read_bytes() == b"" and info.size == 0

    def test_an_object_that_changed_is_not_downloaded_as_what_it_was(self, store: ObjectStore, tmp_path: Path) -> None:
        info = store.put(BUCKET, "k", b"before")
        store.put(BUCKET, "k", b"after, and longer")
        with pytest.raises(Conflict, match="k"):
            store.download(info, tmp_path / "down", no_progress)
        assert not (tmp_path / "down").exists()

    def test_the_trash_gives_back_what_was_deleted(self, store: ObjectStore) -> None:
        store.put(BUCKET, "d/报告 1.txt", b"content")
        gone = store.trash(BUCKET, "d/报告 1.txt")
        assert store.list(BUCKET) == [] and ".trash/" not in store.page(BUCKET).folders
        assert [(each.key, each.size) for each in store.trashed(BUCKET)] == [("d/报告 1.txt", 7)]
        assert store.restore(BUCKET, gone.place).key == "d/报告 1.txt"
        assert store.get(BUCKET, "d/报告 1.txt") == b"content" and store.trashed(BUCKET) == []

    def test_the_trash_never_overwrites_what_is_there_by_now(self, store: ObjectStore) -> None:
        store.put(BUCKET, "k", b"old")
        gone = store.trash(BUCKET, "k")
        store.put(BUCKET, "k", b"new")
        with pytest.raises(Conflict, match="k"):
            store.restore(BUCKET, gone.place)
        assert store.get(BUCKET, "k") == b"new" and len(store.trashed(BUCKET)) == 1

    def test_what_is_old_leaves_the_trash_for_good(self, store: ObjectStore) -> None:
        store.put(BUCKET, "k", b"x")
        gone = store.trash(BUCKET, "k")
        assert store.purge(BUCKET, gone.deleted_at - 1) == 0
        assert store.purge(BUCKET, gone.deleted_at + 1) == 1
        assert store.trashed(BUCKET) == []

    def test_the_state_of_now_is_among_the_versions(self, store: ObjectStore) -> None:
        store.put(BUCKET, "k", b"one")
        store.put(BUCKET, "k", b"two!")
        newest = store.versions(BUCKET, "k")[0]
        assert newest.latest and newest.size == 4
        with pytest.raises(NotFound):
            store.versions(BUCKET, "nothing")
