"""Sending a large file in parts, and going on with it after a stop or a kill."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from studio.engine.files import write_json
from studio.engine.objects.store import Progress

PART = 8 << 20  # bytes of one part, unless the file is so large that there would be too many
MOST_PARTS = 9_000  # the protocol allows 10,000
AT_ONCE = 3


class Multipart:
    """One upload. Which one it is stands in a small file; which parts arrived, the server says.

    The file's size and time belong to the upload, so that parts of two states of it never come together.
    """

    def __init__(self, client: Any, bucket: str, key: str, file: Path, notes: Path, endpoint: str) -> None:
        self._client, self._bucket, self._key, self._file = client, bucket, key, file
        state = file.stat()
        self._size = state.st_size
        self._part = max(PART, -(-self._size // MOST_PARTS))
        self._mark = f"{self._size}-{state.st_mtime_ns}-{self._part}"
        name = hashlib.sha256(f"{endpoint} {bucket} {key} {file}".encode(errors="surrogateescape")).hexdigest()[:24]
        self._note = notes / f"{name}.json"

    def send(self, progress: Progress) -> None:
        """Send what the server lacks and put it together. Raises the SDK's errors; what was sent stays there."""
        upload, sent = self._begun() or (self._begin(), {})
        done = sum(self._length(number) for number in sent)
        progress(done, self._size)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            waiting = {pool.submit(self._send, upload, number): number for number in self._missing(sent)}
            try:
                for each in as_completed(waiting):
                    sent[waiting[each]] = each.result()
                    done += self._length(waiting[each])
                    progress(done, self._size)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        self._finish(upload, sent)

    def _begun(self) -> tuple[str, dict[int, str]] | None:
        """The upload that an earlier try began with this very file, and the parts that arrived."""
        from minio.error import S3Error

        try:
            kept = json.loads(self._note.read_text())
        except (OSError, ValueError):
            return None
        try:
            if kept["mark"] == self._mark:
                return str(kept["upload"]), dict(self._arrived(str(kept["upload"])))
            self._client._abort_multipart_upload(self._bucket, self._key, kept["upload"])
        except S3Error:
            pass  # the server has forgotten it
        return None

    def _begin(self) -> str:
        upload = str(self._client._create_multipart_upload(self._bucket, self._key, {}))
        write_json(self._note, {"mark": self._mark, "upload": upload})
        return upload

    def _arrived(self, upload: str) -> Iterator[tuple[int, str]]:
        """Number and etag of the parts that the server has whole."""
        marker = None
        while True:
            answer = self._client._list_parts(self._bucket, self._key, upload, part_number_marker=marker)
            for part in answer.parts:
                if part.size == self._length(int(part.part_number)):
                    yield int(part.part_number), str(part.etag).strip('"')
            if not answer.is_truncated:
                return
            marker = str(answer.next_part_number_marker)

    def _missing(self, sent: dict[int, str]) -> list[int]:
        return [number for number in range(1, -(-self._size // self._part) + 1) if number not in sent]

    def _length(self, number: int) -> int:
        return min(self._part, self._size - (number - 1) * self._part)

    def _send(self, upload: str, number: int) -> str:
        with self._file.open("rb") as file:
            file.seek((number - 1) * self._part)
            content = file.read(self._part)
        return str(self._client._upload_part(self._bucket, self._key, content, {}, upload, number))

    def _finish(self, upload: str, sent: dict[int, str]) -> None:
        from minio.datatypes import Part

        parts = [Part(number, sent[number]) for number in sorted(sent)]
        self._client._complete_multipart_upload(self._bucket, self._key, upload, parts)
        self._note.unlink(missing_ok=True)
