"""What can go wrong, each saying what to do."""

from __future__ import annotations


class CubeError(Exception):
    """The root of this package's errors. `code` is the studio's five-digit code, 0 where there is none."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class DatasetNotFound(CubeError):
    """No dataset has that id or name."""


class ConnectionFailed(CubeError):
    """The studio cannot be reached."""


class PermissionDenied(CubeError):
    """The token is missing or wrong, or the studio does not let this through."""
