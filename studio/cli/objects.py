"""`studio objects`: what is in buckets, uploads and downloads with progress, the trash, versions."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from studio.cli.connection import Connection
from studio.cli.output import show
from studio.cli.verbs import NotUnderstood, Verb, add_verb, run_verb
from studio.engine.files import replacing
from studio.engine.text import Text

LISTED, DELETED = ("key", "size", "modified"), ("key", "size", "deleted_at")
VERSION = ("version", "latest", "removed", "size", "modified")


def objects(parsed: argparse.Namespace) -> int:
    """A transfer is ended with Ctrl C; the same command starts it anew."""
    return run_verb(VERBS, parsed)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(verb="ls", url="")
    verbs = parser.add_subparsers(metavar="VERB")
    listing = add_verb(verbs, "ls", "buckets; or objects and folders below s3://BUCKET/FOLDER/", "list")
    listing.add_argument("url", nargs="?", default="", metavar="S3_ADDRESS")
    put = add_verb(verbs, "put", "keep a copy of a file as an object", "upload")
    put.add_argument("file", type=Path)
    put.add_argument("url", metavar="S3_ADDRESS", help="one that ends with / takes the file's name")
    get = add_verb(verbs, "get", "write an object to a file, or - for the pipe", "download")
    get.add_argument("url", metavar="S3_ADDRESS")
    get.add_argument("file", nargs="?", help="default: the object's name")
    remove = add_verb(verbs, "rm", "put objects into their bucket's trash for 30 days", "remove")
    remove.add_argument("urls", nargs="+", metavar="S3_ADDRESS")
    remove.add_argument("--forever", action="store_true", help="remove them for good")
    for name, help in (
        ("trash", "what is in a bucket's trash"),
        ("restore", "bring an object back from the trash"),
        ("versions", "the states of an object that its store keeps"),
    ):
        add_verb(verbs, name, help).add_argument("url", metavar="S3_ADDRESS")


async def _ls(connection: Connection, parsed: argparse.Namespace) -> None:
    if not parsed.url:
        names = await connection.get("/api/v1/buckets")
        show(names if parsed.json else [{"bucket": name} for name in names], parsed.json, ("bucket",))
        return
    (bucket, key), after, rows = _parts(parsed.url), "", []
    while True:
        found = await connection.get(f"{_bucket(bucket)}/objects", prefix=key, after=after)
        rows += [{"key": folder} for folder in found["folders"]] + found["objects"]
        after = found["next"]
        if not after:
            break
    show(rows, parsed.json, LISTED)


async def _put(connection: Connection, parsed: argparse.Namespace) -> None:
    bucket, key = _parts(parsed.url)
    if not parsed.file.is_file():
        raise NotUnderstood(Text(f"There is no file {parsed.file}.", f"没有文件 {parsed.file}。"))
    key = f"{key}{parsed.file.name}" if not key or key.endswith("/") else key
    made = await connection.send(_object(bucket, key), parsed.file, _told(parsed.file.stat().st_size))
    show(made if parsed.json else [made], parsed.json, LISTED)


async def _get(connection: Connection, parsed: argparse.Namespace) -> None:
    bucket, key = _parts(parsed.url)
    pieces = connection.bytes("GET", _object(bucket, key))
    if parsed.file == "-":
        async for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    target = Path(parsed.file or key.rpartition("/")[2])
    with replacing(target, 0o644) as file:
        async for piece in pieces:
            file.write(piece)


async def _rm(connection: Connection, parsed: argparse.Namespace) -> None:
    for url in parsed.urls:
        await connection.delete(_object(*_parts(url)) + ("?forever=true" if parsed.forever else ""))


async def _trash(connection: Connection, parsed: argparse.Namespace) -> None:
    bucket, key = _parts(parsed.url)
    show(await connection.get(f"{_bucket(bucket)}/trash", prefix=key), parsed.json, DELETED)


async def _restore(connection: Connection, parsed: argparse.Namespace) -> None:
    bucket, key = _parts(parsed.url)
    made = await connection.post(f"{_bucket(bucket)}/restore", {"key": key})
    show(made if parsed.json else [made], parsed.json, LISTED)


async def _versions(connection: Connection, parsed: argparse.Namespace) -> None:
    bucket, key = _parts(parsed.url)
    show(await connection.get(f"{_bucket(bucket)}/versions", key=key), parsed.json, VERSION)


def _parts(url: str) -> tuple[str, str]:
    scheme, separator, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not separator or not bucket:
        raise NotUnderstood(
            Text(f"“{url}” is no address of an object.", f"“{url}”不是对象地址。"),
            Text("Write s3://bucket/folder/file.", "请写成 s3://存储桶/文件夹/文件。"),
        )
    return bucket, key


def _bucket(bucket: str) -> str:
    return f"/api/v1/buckets/{quote(bucket, safe='@')}"


def _object(bucket: str, key: str) -> str:
    return f"/api/v1/objects/{quote(bucket, safe='@')}/{quote(key)}"


def _told(whole: int) -> Callable[[int], None]:
    """Progress on the terminal; nothing where the errors go to a file."""

    def tell(done: int) -> None:
        if sys.stderr.isatty():
            print(
                f"\r{done / max(1, whole):4.0%} · {done >> 20:,} MB", end="\n" if done >= whole else "", file=sys.stderr
            )

    return tell


VERBS: dict[str, Verb] = {
    "ls": _ls, "put": _put, "get": _get, "rm": _rm, "trash": _trash, "restore": _restore, "versions": _versions,
}  # fmt: skip
