"""Objects of datasets: URLs to put files at, temporary credentials, and the objects that this computer keeps."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from studio.api.envelope import body, described, engine_of, success
from studio.engine.datasets.dataset import Dataset
from studio.engine.engine import Engine
from studio.engine.errors import BadParameter, BadState, Forbidden, Unavailable
from studio.engine.objects.store import no_object
from studio.engine.params import Params, param
from studio.engine.paths import read_owner
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["data"])
OBJECTS = "/api/v1/objects/"


class UploadWanted(Params):
    file_name: str = param("", Text("File name", "文件名"), max_length=1024)
    expires: int = param(3600, Text("Valid for", "有效期"), ge=1, le=604_800, unit="s")


class CredentialsWanted(Params):
    expires: int = param(3600, Text("Valid for", "有效期"), ge=900, le=43_200, unit="s")
    write: bool = param(False, Text("Writing too", "允许写入"))


@router.post("/datasets/{dataset_id}/upload-url", openapi_extra=described(UploadWanted))
async def upload_url(request: Request, dataset_id: str, given: UploadWanted = body(UploadWanted)) -> Response:
    """A URL that takes one file of the dataset with PUT, from anybody who has it, until it expires."""
    engine = engine_of(request)
    dataset = await engine.datasets.get(dataset_id)
    address = _object_of(dataset, given.file_name)
    url = await engine.objects.presign(address, "PUT", given.expires)
    await engine.datasets.look_again(dataset.id)
    expires = time.time() + given.expires
    return success({"url": url, "method": "PUT", "headers": {}, "storage_path": address, "expires_at": _iso(expires)})


@router.post("/datasets/{dataset_id}/credentials", openapi_extra=described(CredentialsWanted))
async def credentials(
    request: Request, dataset_id: str, given: CredentialsWanted = body(CredentialsWanted)
) -> Response:
    """Temporary keys for this dataset's objects and nothing else. Never the keys of the connection: a server that makes no
    temporary ones is answered with 503 and the way by presigned URLs."""
    engine = engine_of(request)
    dataset = await engine.datasets.get(dataset_id)
    _in_bucket(dataset)
    made = await engine.objects.credentials(dataset.storage_path, given.expires, write=given.write)
    return success(made)


@router.get(OBJECTS.removeprefix("/api/v1") + "{bucket}/{key:path}")
async def read(request: Request, bucket: str, key: str) -> Response:
    """An object that this computer keeps, by a signed URL or with the token."""
    engine = engine_of(request)
    await _judge(engine, request, bucket, key)
    found = [each for each in await engine.objects.list(_url(bucket, key)) if each.key == key]
    if not found:
        raise no_object(bucket, key)
    (file,) = await engine.objects.fetched(_url(bucket, key), found)
    return FileResponse(file, media_type="application/octet-stream", filename=Path(key).name)


@router.put(OBJECTS.removeprefix("/api/v1") + "{bucket}/{key:path}", status_code=200)
async def write(request: Request, bucket: str, key: str) -> Response:
    """Keep what is sent as an object. It is there whole or not at all."""
    engine = engine_of(request)
    await _judge(engine, request, bucket, key)
    aside = engine.paths.temporary
    await asyncio.to_thread(aside.mkdir, 0o700, parents=True, exist_ok=True)
    handle, name = await asyncio.to_thread(tempfile.mkstemp, dir=aside)
    try:
        await _receive(request.stream(), handle)
        info = await engine.objects.upload(Path(name), _url(bucket, key))
    finally:
        await asyncio.to_thread(Path(name).unlink)
    return success(info.model_dump())


@router.delete(OBJECTS.removeprefix("/api/v1") + "{bucket}/{key:path}")
async def remove(request: Request, bucket: str, key: str, forever: bool = False) -> Response:
    """Put an object into its bucket's trash for 30 days, or with `forever` remove it for good. No signed URL does it."""
    engine = engine_of(request)
    await _judge(engine, request, bucket, key)
    await engine.objects.delete(_url(bucket, key), forever=forever)
    return success({"bucket": bucket, "key": key, "deleted": True})


def sign_with(engine: Engine) -> None:
    """Let the objects of this computer have URLs that these routes answer; a new token ends them all."""

    def sign(method: str, bucket: str, key: str, seconds: int) -> str:
        owner = read_owner(engine.paths)
        if not owner.get("port"):
            raise Unavailable(
                Text("The API does not answer, so there are no URLs.", "API 未启动，无法生成 URL。"),
                Text(
                    "Start it under Settings › Server, or with “studio serve”.",
                    "请在“设置 › 服务”或用“studio serve”启动。",
                ),
            )
        until = int(time.time()) + seconds
        query = urlencode({"expires": until, "signature": _signature(engine, method, bucket, key, until)})
        return f"http://{owner['host']}:{owner['port']}{OBJECTS}{quote(bucket)}/{quote(key)}?{query}"

    engine.objects.sign_with(sign)


def signed(path: str, query: bytes) -> bool:
    """Whether a request says that it is signed; the route judges the signature."""
    return path.startswith(OBJECTS) and b"signature=" in query


async def _judge(engine: Engine, request: Request, bucket: str, key: str) -> None:
    given = request.query_params.get("signature")
    if given is None:
        return  # the gate has let it through
    expires = request.query_params.get("expires", "")
    until = int(expires) if expires.isdecimal() and len(expires) < 12 else 0
    right = await asyncio.to_thread(_signature, engine, request.method, bucket, key, until)
    if until < time.time() or not hmac.compare_digest(right, given):
        raise Forbidden(
            Text("This URL has expired or is not what was signed.", "该 URL 已过期或与签名不符。"),
            Text("Ask for a new one.", "请重新获取。"),
        )


def _signature(engine: Engine, method: str, bucket: str, key: str, until: int) -> str:
    secret = hashlib.sha256(f"objects {engine.tokens.ensure()}".encode()).digest()
    return hmac.new(secret, f"{method}\n{bucket}\n{key}\n{until}".encode(), "sha256").hexdigest()


async def _receive(pieces: AsyncIterator[bytes], handle: int) -> None:
    with os.fdopen(handle, "wb") as file:
        async for piece in pieces:
            await asyncio.to_thread(file.write, piece)


def _object_of(dataset: Dataset, file_name: str) -> str:
    """The address of a file of a dataset: below its folder, or the file that it is."""
    _in_bucket(dataset)
    path = dataset.storage_path
    if not path.endswith("/") and "." in path.rpartition("/")[2]:
        if file_name and file_name != path.rpartition("/")[2]:
            raise BadParameter(
                Text(f"“{dataset.name}” is one file: {path}.", f"“{dataset.name}”是单个文件：{path}。"),
                Text("Leave “file_name” out to replace it.", "不指定 file_name 即可替换该文件。"),
            )
        return path
    if not file_name or file_name.startswith("/") or ".." in file_name.split("/"):
        raise BadParameter(
            Text("“file_name” is missing or leads out of the dataset.", "缺少 file_name，或其指向数据集之外。"),
            Text(
                "Give the name of the file to upload, such as part-2.parquet.",
                "请给出要上传的文件名，例如 part-2.parquet。",
            ),
        )
    return f"{path.rstrip('/')}/{file_name}"


def _in_bucket(dataset: Dataset) -> None:
    if dataset.storage_type != "s3":
        raise BadState(
            Text(
                f"“{dataset.name}” is not in a bucket: it lies at {dataset.storage_path}.",
                f"“{dataset.name}”不在存储桶中，位于 {dataset.storage_path}。",
            ),
            Text("Change it there, then refresh.", "请在原处修改，然后刷新。"),
        )


def _url(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
