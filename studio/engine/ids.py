"""Names for things: a short kind and random hex, such as ds-1a2b3c4d."""

from __future__ import annotations

import secrets


def new(kind: str, digits: int = 8) -> str:
    """A fresh id: `new("exec", 12)` is "exec-" and 12 hex digits."""
    return f"{kind}-{secrets.token_hex((digits + 1) // 2)[:digits]}"
