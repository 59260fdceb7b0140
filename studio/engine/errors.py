"""The error tree. An error that a person may see says what is wrong, with the name of the thing, and what to do."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from studio.engine.text import Text


@dataclass(frozen=True, slots=True)
class Fix:
    """The way out of an error as something that can be done. What a window offers for each kind is its own affair.

    Kinds: "model" (choose another, or get one), "smaller" (a model of less memory), "dataset", "collection", "workflow" (choose
    one), "edit" (a parameter: `target` names it), "inputs" (what the run is given), "host" (allow `target`), "connection"
    (sign in again), "settings" (a page: `target`), "plugin" (install it).
    """

    kind: str
    target: str = ""


class StudioError(Exception):
    """The root of all errors that a person may see.

    `code` is the API's five-digit code, whose first three digits are the HTTP status. `repair` is the way out,
    where it is not part of the message. `details` carries what the person can copy: logs, places, numbers. `fix` is the repair
    that a window can offer.
    """

    code: ClassVar[int] = 50001

    def __init__(self, message: Text, repair: Text | None = None, details: str = "") -> None:
        super().__init__(message.en)
        self.message = message
        self.repair = repair
        self.details = details
        self.fix: Fix | None = None

    def fixed_by(self, kind: str, target: str = "") -> Self:
        """The same error with the repair that a window can offer."""
        self.fix = Fix(kind, target)
        return self

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return self.code // 100

    def whole(self) -> Text:
        """What is wrong and what to do, in one text."""
        if self.repair is None:
            return self.message
        return Text(f"{self.message.en} {self.repair.en}", f"{self.message.zh}{self.repair.zh}")

    def as_dict(self) -> dict[str, Any]:
        said: dict[str, Any] = {"fix": {"kind": self.fix.kind, "target": self.fix.target}} if self.fix else {}
        return said | {
            "kind": type(self).__name__,
            "code": self.code,
            "message": self.message.as_dict(),
            "repair": self.repair.as_dict() if self.repair else None,
            "details": self.details,
        }


class BadParameter(StudioError):
    """A value that was given cannot be used."""

    code = 40001


class BadState(StudioError):
    """The thing is there but cannot do this now."""

    code = 40002


class NoToken(StudioError):
    """The request carries no token and needs one."""

    code = 40100


class BadToken(StudioError):
    """The token of the request is wrong or was withdrawn."""

    code = 40101


class Forbidden(StudioError):
    """It exists and may not be done, by whoever asks: a foreign origin, a locked connection, a file outside a root."""

    code = 40300


class NotFound(StudioError):
    """Nothing has that name."""

    code = 40401


class Conflict(StudioError):
    """Something else has that name or that place already."""

    code = 40901


class Invalid(StudioError):
    """It was understood and does not hold together: a graph, a query, a schema."""

    code = 42201


class TooLarge(StudioError):
    """More was sent than is read."""

    code = 41301


class RateLimited(StudioError):
    """Too many requests at once; `retry_after` seconds are worth waiting."""

    code = 42901
    retry_after = 2


class Internal(StudioError):
    """A fault of ours."""

    code = 50001


class Unavailable(StudioError):
    """A part that is needed is missing, broken or out of reach."""

    code = 50301


class WorkerFailed(Unavailable):
    """A child process ended or stopped answering while it was needed."""


class DiskFull(Unavailable):
    """The disk has no room for what was to be written; `what` names it where it is known."""

    def __init__(self, what: str = "", details: str = "") -> None:
        super().__init__(
            Text(f"The disk is full: {what} cannot be written.", f"磁盘已满，无法写入 {what}。")
            if what
            else Text("The disk of the data folder is full.", "数据文件夹所在的磁盘已满。"),
            Text(
                "Free some space and try again; nothing that was saved is lost.",
                "请清理出空间后重试，已保存的内容不会丢失。",
            ),
            details,
        )


class DataFolderInUse(Conflict):
    """Another studio owns the data folder."""

    def __init__(self, message: Text, repair: Text, pid: int, port: int | None) -> None:
        super().__init__(message, repair)
        self.pid = pid
        self.port = port


def from_unexpected(error: BaseException) -> StudioError:
    """Any error as one that can be shown; ours pass through unchanged."""
    if isinstance(error, StudioError):
        return error
    if isinstance(error, BaseExceptionGroup):
        return from_unexpected(error.exceptions[0])
    if says_full(error):
        return DiskFull(str(getattr(error, "filename", None) or ""), f"{type(error).__name__}: {error}")
    if (refused := _refused_name(error)) is not None:
        return refused
    name = type(error).__name__
    return Internal(
        Text(f"Something went wrong inside the studio ({name}).", f"程序内部出错（{name}）。"),
        Text(
            "Copy the details and report it; your data is safe on disk.",
            "请复制详细信息并反馈，数据已安全保存在磁盘上。",
        ),
        details=f"{name}: {error}",
    )


def _refused_name(error: BaseException) -> BadParameter | None:
    """A name or path that no file system and no database takes; None for any other error."""
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        name = str(error.filename or "")[:60]
        return BadParameter(Text(f"The name is too long: {name}….", f"名称过长：{name}…。"))
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return half_character()
    if isinstance(error, ValueError) and "null byte" in str(error):
        return BadParameter(Text("A path holds a zero byte.", "路径中含有零字节。"))
    return None


def half_character() -> BadParameter:
    """A text with one half of a character that UTF-16 writes as two: nothing can keep it."""
    return BadParameter(
        Text("The text holds half of a character (a lone surrogate).", "文本中含有不完整的字符（孤立的代理项）。"),
        Text("Send it as UTF-8.", "请以 UTF-8 发送。"),
    )


def says_full(error: BaseException) -> bool:
    """Whether a disk without room is behind it: said by the system, by SQLite, or by a library in their words."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(words in str(error) for words in ("disk is full", "No space left on device"))
