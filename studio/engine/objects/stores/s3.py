"""A store that speaks S3: MinIO, Ceph, SeaweedFS, a cloud's."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from studio.engine.connections.connection import sign_in
from studio.engine.errors import BadParameter, NotFound, Unavailable
from studio.engine.files import inside
from studio.engine.objects.multipart import PART, Multipart
from studio.engine.objects.store import (
    TRASH,
    Credentials,
    Infos,
    InTrash,
    Listing,
    ObjectInfo,
    ObjectStore,
    ObjectVersion,
    Progress,
    Trashed,
    Versions,
    as_trashed,
    key_taken,
    no_credentials,
    no_object,
    no_progress,
    trash_place,
    was_changed,
)
from studio.engine.text import Text

PIECE = 1 << 20
MOST_KEYS = 1000  # of one answer; within it, folders come after objects
COPY_AT_ONCE = 5 << 30  # bytes that one CopyObject may copy
WRONG_KEYS = (
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "AuthorizationHeaderMalformed",
)


class S3(ObjectStore):
    """Buckets behind an endpoint such as https://minio.example:9000. What is read whole lies in `cache` afterwards."""

    name: ClassVar[str] = "s3"
    title: ClassVar[Text] = Text("S3 store", "S3 存储")

    def __init__(self, endpoint: str, access_key: str, secret_key: str, cache: Path, region: str = "") -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
            raise BadParameter(
                Text(f"“{endpoint}” is no S3 endpoint.", f"“{endpoint}”不是有效的 S3 地址。"),
                Text("Write it as https://host:port.", "请写成 https://主机:端口。"),
            )
        self.endpoint = f"{parts.scheme}://{parts.netloc}"
        self.region = region
        self._cache = cache
        self.keys = (access_key, secret_key)
        self._opened: Any = None
        self._busy: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)

    def buckets(self) -> list[str]:
        with self._errors("", ""):
            return sorted(str(bucket.name) for bucket in self.client().list_buckets())

    def has(self, bucket: str) -> bool:
        with self._errors(bucket, ""):
            return bool(self.client().bucket_exists(bucket))

    def region_of(self, bucket: str) -> str:
        """The region that was said, or the one that the endpoint says of a bucket."""
        with self._errors(bucket, ""):
            return self.region or str(self.client()._get_region(bucket)) or "us-east-1"

    def list(self, bucket: str, prefix: str = "") -> Infos:
        with self._errors(bucket, prefix):
            found = self.client().list_objects(bucket, prefix=prefix, recursive=True)
            return [_info(bucket, item) for item in found if _shown(item, prefix)]

    def page(self, bucket: str, prefix: str = "", after: str = "", limit: int = 1000) -> Listing:
        limit = min(limit, MOST_KEYS - 1)
        with self._errors(bucket, prefix):
            found = self.client()._list_objects(
                bucket, prefix=prefix, delimiter="/", start_after=after or None, max_keys=limit + 1
            )
            items = sorted(itertools.islice(found, limit + 1), key=lambda item: str(item.object_name))
        shown = [item for item in items[:limit] if item.object_name > after and item.object_name != TRASH]
        return Listing(
            objects=[_info(bucket, item) for item in shown if not item.is_dir and not item.object_name.endswith("/")],
            folders=[item.object_name for item in shown if item.is_dir],
            next=items[limit - 1].object_name if len(items) > limit else "",
        )

    def get(self, bucket: str, key: str, version: str = "") -> bytes:
        with self._errors(bucket, key):
            response = self.client().get_object(bucket, key, version_id=version or None)
            try:
                return bytes(response.read())
            finally:
                response.close()
                response.release_conn()

    def put(self, bucket: str, key: str, content: bytes | Path) -> ObjectInfo:
        if isinstance(content, Path):
            return self.upload(bucket, key, content, no_progress)
        with self._errors(bucket, key):
            self.client().put_object(bucket, key, io.BytesIO(content), len(content))
            return self._stat(bucket, key)

    def upload(self, bucket: str, key: str, file: Path, progress: Progress) -> ObjectInfo:
        size = file.stat().st_size
        if size <= PART:
            kept = self.put(bucket, key, file.read_bytes())
            progress(size, size)
            return kept
        with self._errors(bucket, key):
            Multipart(self.client(), bucket, key, file, self._cache / "uploads", self.endpoint).send(progress)
            return self._stat(bucket, key)

    def download(self, info: ObjectInfo, target: Path, progress: Progress) -> Path:
        part = target.with_name(f".{target.name}.{hashlib.sha256(info.etag.encode()).hexdigest()[:12]}.part")
        with self._busy[part], self._errors(info.bucket, info.key):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._fetch(info, part, progress)
            part.replace(target)
        return target

    def delete(self, bucket: str, key: str) -> None:
        with self._errors(bucket, key):
            self.client().remove_object(bucket, key)

    def trash(self, bucket: str, key: str) -> Trashed:
        place = trash_place(key)
        self._move(bucket, key, place)
        found = as_trashed(self._stat(bucket, place))
        assert found is not None
        return found

    def trashed(self, bucket: str) -> InTrash:
        with self._errors(bucket, TRASH):
            items = list(self.client().list_objects(bucket, prefix=TRASH, recursive=True))
        found = (as_trashed(_info(bucket, item)) for item in items)
        return sorted((each for each in found if each), key=lambda each: -each.deleted_at)

    def restore(self, bucket: str, place: str) -> ObjectInfo:
        wanted = next((each for each in self.trashed(bucket) if each.place == place), None)
        if wanted is None:
            raise no_object(bucket, place)
        if self._is_there(bucket, wanted.key):
            raise key_taken(bucket, wanted.key)
        self._move(bucket, place, wanted.key)
        return self._stat(bucket, wanted.key)

    def versions(self, bucket: str, key: str) -> Versions:
        with self._errors(bucket, key):
            items = [
                item
                for item in self.client().list_objects(bucket, prefix=key, recursive=True, include_version=True)
                if item.object_name == key
            ]
        if not items:
            raise no_object(bucket, key)
        found = [
            ObjectVersion(
                **_info(bucket, item).model_dump(), version="" if item.version_id in (None, "null") else item.version_id,
                latest=item.is_latest in (True, "true") or len(items) == 1, removed=bool(item.is_delete_marker),
            )
            for item in items
        ]  # fmt: skip
        return sorted(found, key=lambda each: (not each.latest, -each.modified))

    def presign(self, method: str, bucket: str, key: str, seconds: int) -> str:
        with self._errors(bucket, key):
            return str(self.client().get_presigned_url(method, bucket, key, expires=timedelta(seconds=seconds)))

    def credentials(self, bucket: str, prefix: str, seconds: int, write: bool) -> Credentials:
        from minio.credentials import AssumeRoleProvider

        access_key, secret_key = self.keys
        with self._errors(bucket, prefix):
            try:
                made = AssumeRoleProvider(
                    self.endpoint, access_key, secret_key, duration_seconds=seconds, policy=_policy(bucket, prefix, write),
                    region=self.region or None, http_client=self._http(retries=False),
                ).retrieve()  # fmt: skip
            except Exception as error:  # every server without STS refuses in words of its own, some not in XML at all
                raise no_credentials(f"s3://{bucket}/{prefix} ({self.endpoint})", str(error)[:300]) from error
        if made.access_key == access_key or not made.session_token:
            raise no_credentials(f"s3://{bucket}/{prefix} ({self.endpoint})")
        return Credentials(
            endpoint=self.endpoint, bucket=bucket, prefix=prefix, access_key=made.access_key, secret_key=made.secret_key,
            session_token=made.session_token, expires_at=made.expiration.isoformat() if made.expiration else "",
        )  # fmt: skip

    def local(self, info: ObjectInfo) -> Path:
        version = hashlib.sha256(f"{self.endpoint} {info.bucket} {info.etag}".encode()).hexdigest()[:16]
        file = inside(self._cache / version, info.key)
        return file if file.exists() else self.download(info, file, no_progress)

    def client(self) -> Any:
        """The SDK's client. It gives up on a silent server after seconds, not minutes."""
        if self._opened is None:
            from minio import Minio

            parts = urlsplit(self.endpoint)
            access_key, secret_key = self.keys
            self._opened = Minio(
                parts.netloc, access_key=access_key or None, secret_key=secret_key or None, secure=parts.scheme == "https",
                region=self.region or None, http_client=self._http(),
            )  # fmt: skip
        return self._opened

    def _http(self, *, retries: bool = True) -> Any:
        import urllib3

        retry = urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]) if retries else False
        return urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=60), maxsize=10, retries=retry)

    def _fetch(self, info: ObjectInfo, part: Path, progress: Progress) -> None:
        """Bring what a part file lacks. The etag is asked for, so that two states never mix in one file."""
        have = part.stat().st_size if part.exists() else 0
        if have > info.size or not info.size:
            part.write_bytes(b"")
            have = 0
        with part.open("ab") as file:
            while have < info.size:
                for piece in self._pieces(info, have):
                    file.write(piece)
                    have += len(piece)
                    progress(have, info.size)

    def _pieces(self, info: ObjectInfo, start: int) -> Iterator[bytes]:
        response = self.client().get_object(
            info.bucket,
            info.key,
            offset=start,
            length=info.size - start,
            request_headers={"If-Match": f'"{info.etag}"'},
        )
        try:
            if info.etag not in response.headers.get("ETag", info.etag):
                raise was_changed(info.bucket, info.key)
            yield from response.stream(PIECE)
        finally:
            response.close()
            response.release_conn()

    def _stat(self, bucket: str, key: str) -> ObjectInfo:
        with self._errors(bucket, key):
            return _info(bucket, self.client().stat_object(bucket, key))

    def _is_there(self, bucket: str, key: str) -> bool:
        try:
            self._stat(bucket, key)
        except NotFound:
            return False
        return True

    def _move(self, bucket: str, key: str, to: str) -> None:
        """On the server itself, piece by piece where it is large; the old key goes last."""
        from minio.commonconfig import ComposeSource, CopySource

        info = self._stat(bucket, key)
        with self._errors(bucket, key):
            if info.size > COPY_AT_ONCE:
                self.client().compose_object(bucket, to, [ComposeSource(bucket, key)])
            else:
                self.client().copy_object(bucket, to, CopySource(bucket, key))
            self.client().remove_object(bucket, key)

    @contextmanager
    def _errors(self, bucket: str, key: str) -> Iterator[None]:
        """Turn the SDK's errors into ours."""
        from xml.etree.ElementTree import ParseError

        from minio.error import MinioException, S3Error
        from urllib3.exceptions import HTTPError

        try:
            yield
        except S3Error as error:
            if error.code in ("NoSuchKey", "NoSuchObject", "NoSuchVersion"):
                raise no_object(bucket, key) from error
            if error.code == "PreconditionFailed":
                raise was_changed(bucket, key) from error
            if error.code in WRONG_KEYS:
                raise sign_in(f"s3://{bucket} ({self.endpoint})", str(error.message or error.code)) from error
            raise self._unreachable(bucket, f"{error.code}: {error.message}") from error
        except ParseError as error:
            raise self._unreachable(bucket, "what it answers is not of an object store") from error
        except (MinioException, HTTPError, ValueError) as error:
            raise self._unreachable(bucket, _in_short(error)) from error

    def _unreachable(self, bucket: str, reason: str) -> Unavailable:
        reason = reason.rstrip(".")
        return Unavailable(
            Text(
                f"s3://{bucket} at {self.endpoint} cannot be reached: {reason}.",
                f"无法访问 {self.endpoint} 上的 s3://{bucket}：{reason}。",
            ),
            Text("Check the endpoint, its keys and the network, then refresh.", "请检查地址、密钥和网络，然后刷新。"),
        )


def _policy(bucket: str, prefix: str, write: bool) -> str:
    """What temporary keys may: read below the prefix, and write there where that was asked for."""
    actions = ["s3:GetObject", *(["s3:PutObject", "s3:AbortMultipartUpload"] if write else [])]
    below = {"Effect": "Allow", "Action": actions, "Resource": [f"arn:aws:s3:::{bucket}/{prefix}*"]}
    seen = {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [f"arn:aws:s3:::{bucket}"],
            "Condition": {"StringLike": {"s3:prefix": [f"{prefix}*"]}}}  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [below, seen]})


def _info(bucket: str, item: Any) -> ObjectInfo:
    return ObjectInfo(
        bucket=bucket, key=item.object_name, size=item.size or 0,
        modified=item.last_modified.timestamp() if item.last_modified else 0.0, etag=(item.etag or "").strip('"'),
    )  # fmt: skip


def _shown(item: Any, prefix: str) -> bool:
    name = str(item.object_name)
    return not item.is_dir and not name.endswith("/") and (not name.startswith(TRASH) or prefix.startswith(TRASH))


def _in_short(error: Exception) -> str:
    """What went wrong underneath; urllib3 wraps it in words about its own pool."""
    cause = getattr(error, "reason", None) or error
    return str(cause).rpartition(">: ")[2] or type(error).__name__
