"""The token of this user's studio: who holds it may use the API."""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from studio.engine.files import write_text


class Tokens:
    """One token per data folder, in a file that only its owner reads. It never goes into argv or a log."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._token = ""

    def ensure(self) -> str:
        """The token, made at the first start."""
        if not self._token:
            self._token = self._file.read_text().strip() if self._file.exists() else ""
        return self._token or self.rotate()

    def rotate(self) -> str:
        """A new token; the old one is refused from now on."""
        self._token = f"one-{secrets.token_urlsafe(32)}"
        write_text(self._file, self._token + "\n", mode=0o600)
        return self._token

    def matches(self, given: str) -> bool:
        """Whether a token is the right one; takes as long for any wrong one."""
        return hmac.compare_digest(given.encode(), self.ensure().encode())
