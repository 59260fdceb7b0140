"""A store that speaks S3: MinIO, Ceph, a cloud's."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from studio.engine.errors import BadParameter, Unavailable
from studio.engine.files import inside
from studio.engine.objects.store import ObjectInfo, ObjectStore, no_object
from studio.engine.text import Text

PART = 16 * 1024 * 1024  # bytes of one part of an upload


class S3(ObjectStore):
    """Buckets behind an endpoint such as https://minio.example:9000. What is read whole lies in `cache` afterwards."""

    name: ClassVar[str] = "s3"
    title: ClassVar[Text] = Text("S3 store", "S3 存储")

    def __init__(self, endpoint: str, access_key: str, secret_key: str, cache: Path) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise BadParameter(Text(f"“{endpoint}” is no S3 endpoint.", f"“{endpoint}”不是有效的 S3 地址。"))
        self.endpoint = endpoint
        self._cache = cache
        self._keys = (access_key, secret_key)
        self._opened: Any = None

    def buckets(self) -> list[str]:
        with self._errors("", ""):
            return sorted(str(bucket.name) for bucket in self._client().list_buckets())

    def list(self, bucket: str, prefix: str = "") -> list[ObjectInfo]:
        with self._errors(bucket, prefix):
            found = self._client().list_objects(bucket, prefix=prefix, recursive=True)
            return [_info(bucket, item) for item in found if not item.is_dir]

    def get(self, bucket: str, key: str) -> bytes:
        with self._errors(bucket, key):
            response = self._client().get_object(bucket, key)
            try:
                return bytes(response.read())
            finally:
                response.close()
                response.release_conn()

    def put(self, bucket: str, key: str, content: bytes | Path) -> ObjectInfo:
        with self._errors(bucket, key):
            if isinstance(content, Path):
                self._client().fput_object(bucket, key, str(content), part_size=PART)
            else:
                self._client().put_object(bucket, key, io.BytesIO(content), len(content))
            return _info(bucket, self._client().stat_object(bucket, key))

    def delete(self, bucket: str, key: str) -> None:
        with self._errors(bucket, key):
            self._client().remove_object(bucket, key)

    def local(self, info: ObjectInfo) -> Path:
        version = hashlib.sha256(f"{self.endpoint} {info.bucket} {info.etag}".encode()).hexdigest()[:16]
        file = inside(self._cache / version, info.key)
        if not file.exists():
            with self._errors(info.bucket, info.key):
                self._client().fget_object(info.bucket, info.key, str(file))
        return file

    def _client(self) -> Any:
        if self._opened is None:
            from minio import Minio

            parts = urlsplit(self.endpoint)
            access_key, secret_key = self._keys
            self._opened = Minio(
                parts.netloc, access_key=access_key, secret_key=secret_key, secure=parts.scheme == "https"
            )
        return self._opened

    @contextmanager
    def _errors(self, bucket: str, key: str) -> Iterator[None]:
        """Turn the SDK's errors into ours."""
        from minio.error import MinioException, S3Error
        from urllib3.exceptions import HTTPError

        try:
            yield
        except S3Error as error:
            if error.code in ("NoSuchKey", "NoSuchObject"):
                raise no_object(bucket, key) from error
            raise self._unreachable(bucket, f"{error.code}: {error.message}") from error
        except (MinioException, HTTPError, OSError) as error:
            raise self._unreachable(bucket, str(error)) from error

    def _unreachable(self, bucket: str, reason: str) -> Unavailable:
        reason = reason.rstrip(".")
        return Unavailable(
            Text(
                f"s3://{bucket} at {self.endpoint} cannot be reached: {reason}.",
                f"无法访问 {self.endpoint} 上的 s3://{bucket}：{reason}。",
            ),
            Text("Check the endpoint, its keys and the network, then refresh.", "请检查地址、密钥和网络，然后刷新。"),
        )


def _info(bucket: str, item: Any) -> ObjectInfo:
    return ObjectInfo(
        bucket=bucket, key=item.object_name, size=item.size or 0,
        modified=item.last_modified.timestamp() if item.last_modified else 0.0, etag=(item.etag or "").strip('"'),
    )  # fmt: skip
