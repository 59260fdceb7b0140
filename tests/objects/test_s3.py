"""The S3 store against a real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from studio.engine.connections.connection import SignIn
from studio.engine.errors import NotFound, Unavailable
from studio.engine.objects.store import no_progress
from studio.engine.objects.stores.s3 import S3
from tests.contracts.object_store_contract import BUCKET, ObjectStoreContract
from tests.servers.seaweed import KEY, SECRET, Seaweed

pytestmark = pytest.mark.server

UPLOAD = """
import sys
from pathlib import Path
from studio.engine.objects.stores.s3 import S3
endpoint, key, secret, cache, bucket, file = sys.argv[1:]
def told(done, whole):
    print(done, flush=True)
    if done >= whole // 3: sys.stdin.read()  # there it stands still, to be killed
S3(endpoint, key, secret, Path(cache)).upload(bucket, "large.bin", Path(file), told)
"""


@pytest.fixture
def store(seaweed: Seaweed, tmp_path: Path) -> S3:
    seaweed.empty(BUCKET)
    return S3(seaweed.endpoint, KEY, SECRET, tmp_path / "cache")


class TestS3(ObjectStoreContract):
    def test_an_upload_goes_on_with_the_parts_that_a_killed_program_had_sent(
        self, store: S3, seaweed: Seaweed, tmp_path: Path
    ) -> None:
        file, part = tmp_path / "large.bin", 8 << 20
        with file.open("wb") as target:
            for number in range(12):
                target.write(bytes([number]) * part)
        sender = subprocess.Popen(
            [sys.executable, "-c", UPLOAD, seaweed.endpoint, KEY, SECRET, str(tmp_path / "cache"), BUCKET, str(file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert sender.stdout is not None
        while int(sender.stdout.readline()) < 4 * part:
            pass
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
        with pytest.raises(NotFound):
            store.get(BUCKET, "large.bin")
        told: list[int] = []
        store.upload(BUCKET, "large.bin", file, lambda done, _whole: told.append(done))
        assert told[0] >= 4 * part, "what had arrived was sent again"
        assert store.get(BUCKET, "large.bin") == file.read_bytes()

    def test_a_file_that_changed_after_the_stop_is_sent_from_its_beginning(self, store: S3, tmp_path: Path) -> None:
        file = tmp_path / "f"
        file.write_bytes(b"a" * (20 << 20))

        def stop(done: int, _whole: int) -> None:
            if done:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            store.upload(BUCKET, "f", file, stop)
        file.write_bytes(b"b" * (20 << 20))
        os.utime(file, (time.time() + 5, time.time() + 5))
        told: list[int] = []
        store.upload(BUCKET, "f", file, lambda done, _whole: told.append(done))
        assert told[0] == 0 and set(store.get(BUCKET, "f")) == {ord("b")}

    def test_a_download_fetches_only_what_an_earlier_try_lacks(self, store: S3, tmp_path: Path) -> None:
        content = os.urandom(5 << 20)
        info = store.put(BUCKET, "k", content)

        def stop(done: int, _whole: int) -> None:
            if done >= 3 << 20:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            store.download(info, tmp_path / "down", stop)
        told: list[int] = []
        store.download(info, tmp_path / "down", lambda done, _whole: told.append(done))
        assert told[0] > 3 << 20 and (tmp_path / "down").read_bytes() == content
        assert [each.name for each in tmp_path.glob(".*part")] == []

    def test_a_presigned_url_needs_no_keys_and_lets_nothing_else_through(self, store: S3) -> None:
        client = httpx.Client(trust_env=False, timeout=240)
        put = store.presign("PUT", BUCKET, "by url.txt", 60)
        assert client.put(put, content=b"sent").status_code == 200
        assert client.get(store.presign("GET", BUCKET, "by url.txt", 60)).content == b"sent"
        assert client.get(put).status_code == 403
        assert client.put(put.replace("by%20url", "other"), content=b"x").status_code == 403

    def test_a_bucket_with_versions_keeps_and_gives_back_what_was(self, store: S3, seaweed: Seaweed) -> None:
        from minio.versioningconfig import ENABLED, VersioningConfig

        bucket = seaweed.empty("with-versions")
        seaweed.client().set_bucket_versioning(bucket, VersioningConfig(ENABLED))
        store.put(bucket, "k", b"one")
        store.put(bucket, "k", b"two!")
        versions = store.versions(bucket, "k")
        assert [each.latest for each in versions] == [True, False]
        assert store.get(bucket, "k", versions[1].version) == b"one"
        assert store.get(bucket, "k") == b"two!"

    def test_wrong_keys_ask_to_sign_in_and_name_no_secret(self, seaweed: Seaweed, tmp_path: Path) -> None:
        with pytest.raises(SignIn) as caught:
            S3(seaweed.endpoint, KEY, "wrong-secret", tmp_path).list(BUCKET)
        assert "wrong-secret" not in str(caught.value) and caught.value.repair is not None

    def test_a_server_that_went_away_and_returns_is_used_again(self, store: S3, seaweed: Seaweed) -> None:
        store.put(BUCKET, "k", b"kept")
        seaweed.stop()
        try:
            with pytest.raises(Unavailable, match=BUCKET):
                store.get(BUCKET, "k")
        finally:
            seaweed.start()
        assert store.get(BUCKET, "k") == b"kept"

    def test_a_web_page_in_the_place_of_a_store_is_said_in_words(self, tmp_path: Path) -> None:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<html><body>Sign in<br></body>")

        page = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=page.serve_forever, daemon=True).start()
        try:
            with pytest.raises(Unavailable, match="not of an object store"):
                S3(f"http://127.0.0.1:{page.server_port}", KEY, SECRET, tmp_path).list(BUCKET)
        finally:
            page.shutdown()
            page.server_close()

    def test_nobody_sees_the_keys_in_a_store(self, store: S3, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(b"x")
        store.upload(BUCKET, "f", tmp_path / "f", no_progress)
        assert SECRET not in repr(store) + repr(vars(store).get("_opened"))
