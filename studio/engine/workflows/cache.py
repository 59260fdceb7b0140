"""Answers of steps, kept by what they were made of. They outlive the run, the program and a crash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from studio.engine.workflows.journal import Journal
from studio.engine.workflows.store import Ref, Store


class Cache:
    """Looks answers up by a key of type, version, parameters, inputs and the outside state that the step names."""

    def __init__(self, journal: Journal, store: Store) -> None:
        self._journal = journal
        self._store = store
        self._fresh: dict[str, dict[str, Any]] = {}

    @staticmethod
    def key(type_name: str, version: int, params: Any, inputs: dict[str, Any], state: str) -> str:
        """`inputs` has the digests of the values by port."""
        said = json.dumps([type_name, version, params, inputs, state], sort_keys=True, default=str)
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()

    def get(self, key: str) -> dict[str, Ref] | None:
        """The references of the outputs by port, or None when nothing is kept or a value of it is gone."""
        found = self._fresh.get(key) or self._journal.remembered(key)
        if found is None:
            return None
        refs = {port: Ref.read(ref) for port, ref in found.items()}
        return refs if all(self._store.has(ref) for ref in refs.values()) else None

    def put(self, key: str, outputs: dict[str, Ref]) -> None:
        """Keep an answer. What has just been kept is found at once, before it is on disk."""
        kept = {port: ref.as_dict() for port, ref in outputs.items()}
        if len(self._fresh) > 10_000:
            self._fresh.clear()
        self._fresh[key] = kept
        self._journal.remember(key, kept)
