"""Buckets: what is in them, in their trash, and the states that they keep of an object."""

from __future__ import annotations

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from studio.api.envelope import body, described, engine_of, success
from studio.engine.params import Params, param
from studio.engine.text import Text

router = APIRouter(prefix="/api/v1", tags=["data"])


class Restored(Params):
    key: str = param(..., Text("Key of the object", "对象键"), min_length=1, max_length=1024)


@router.get("/buckets")
async def buckets(request: Request) -> Response:
    """Names of all buckets, here and behind the connections that answer."""
    return success(await engine_of(request).objects.buckets())


@router.get("/buckets/{bucket}/objects")
async def objects(
    request: Request, bucket: str, prefix: str = "", after: str = "", limit: int = Query(1000, ge=1, le=1000)
) -> Response:
    """Objects and folders directly below a prefix; `next` of the answer is the `after` of the next page.

    `connection@bucket` says which bucket is meant where several connections have one of that name.
    """
    found = await engine_of(request).objects.page(f"s3://{bucket}/{prefix}", after, limit)
    return success(found.model_dump())


@router.get("/buckets/{bucket}/trash")
async def trash(request: Request, bucket: str, prefix: str = "") -> Response:
    """What was deleted within the last 30 days, the last one first."""
    found = await engine_of(request).objects.trashed(f"s3://{bucket}/{prefix}")
    return success([each.model_dump() for each in found])


@router.post("/buckets/{bucket}/restore", openapi_extra=described(Restored))
async def restore(request: Request, bucket: str, given: Restored = body(Restored)) -> Response:
    """Bring an object back from the trash; 409 when something is in its place by now."""
    return success((await engine_of(request).objects.restore(f"s3://{bucket}/{given.key}")).model_dump())


@router.get("/buckets/{bucket}/versions")
async def versions(request: Request, bucket: str, key: str) -> Response:
    """The states of an object that its store keeps, newest first."""
    found = await engine_of(request).objects.versions(f"s3://{bucket}/{key}")
    return success([each.model_dump() for each in found])
