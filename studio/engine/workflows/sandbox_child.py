"""What runs inside the sandbox process: it locks itself up, then runs the code it was sent. Standard library only.

Started as `python -I -S sandbox_child.py` in an empty folder; reads one JSON object from stdin and answers with one on stdout.
It must not import anything of the studio.
"""

# ruff: noqa: S102, PTH120
from __future__ import annotations

import ast
import ctypes
import json
import os
import platform
import resource
import struct
import sys
import traceback
from typing import Any

LOG_CHARACTERS = 64_000
FILE_BYTES = 64 * 1024 * 1024
NAME = "<code>"

# Numbers of system calls that the code must not make: network, processes, signals, other files' metadata, the kernel.
NEWER = (424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 438, 442, 452, 463, 466)
DENIED: dict[str, tuple[int, ...]] = {
    "x86_64": (
        29, 30, 31, 41, 42, 43, 44, 46, 49, 50, 53, 57, 58, 59, 62, 64, 68, 90, 91, 92, 93, 94, 101, 105, 106, 129, 132, 133, 135,
        141, 142, 144, 155, 161, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 175, 176, 179, 188, 189, 190, 197, 198, 199,
        200, 203, 227, 234, 235, 240, 246, 248, 249, 250, 259, 260, 261, 268, 272, 280, 288, 297, 298, 300, 302, 303, 304, 305, 308,
        310, 311, 312, 313, 314, 320, 321, 322, 323, *NEWER,
    ),
    "aarch64": (
        5, 6, 7, 14, 15, 16, 33, 39, 40, 41, 51, 52, 53, 54, 55, 88, 89, 92, 97, 104, 105, 106, 112, 117, 119, 122, 129, 130, 131,
        138, 140, 142, 144, 146, 161, 162, 170, 180, 186, 190, 194, 196, 198, 199, 200, 201, 202, 203, 206, 211, 217, 218, 219, 221,
        224, 225, 240, 241, 242, 261, 264, 265, 268, 270, 271, 273, 280, 281, 282, 294, *NEWER,
    ),
}  # fmt: skip
ARCHITECTURE = {"x86_64": (0xC000003E, 56), "aarch64": (0xC00000B7, 220)}  # audit number, clone
CLONE3, CLONE_THREAD = 435, 0x10000
ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
READ, WRITE = 0b1101, 0b111111111110010  # Landlock's rights for a folder of libraries, and for the code's own


class Unlocked(Exception):
    """This computer cannot lock the code up."""


def main() -> None:
    """Lock up, run, answer."""
    answer = os.dup(1)
    os.dup2(2, 1)
    task = json.load(sys.stdin)
    printed = _Printed()
    sys.stdout = sys.stderr = printed
    try:
        lock(task["folder"], task["seconds"], task["memory_mb"], task["libraries"])
        sys.path.extend(task["libraries"])
        said = {"value": _run(task["code"], task["values"])}
        content = json.dumps(said | {"log": printed.text}, ensure_ascii=False, default=_plain)
    except Unlocked as error:
        content = json.dumps({"unlocked": str(error)})
    except ImportError as error:
        short = "failed to map segment" in str(error)  # a library that does not fit into the limit
        said = {"error": _said(error), "line": _line(error), "trace": _trace(error), "log": printed.text}
        content = json.dumps(said | ({"memory": True} if short else {}))
    except MemoryError:
        content = json.dumps({"error": "MemoryError", "memory": True, "log": printed.text[-4_000:]})
    except BaseException as error:
        content = json.dumps({"error": _said(error), "line": _line(error), "trace": _trace(error), "log": printed.text})
    _write(answer, content.encode("utf-8", "surrogatepass"))
    os._exit(0)


def lock(folder: str, seconds: float, memory_mb: int, libraries: list[str]) -> None:
    """Take everything away that the code does not need; there is no way back. `libraries` are folders that it may read too. Raises
    `Unlocked` where that is impossible."""
    if sys.platform != "linux" or platform.machine() not in DENIED:
        raise Unlocked(f"no isolation on {sys.platform} {platform.machine()}")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0:
        raise Unlocked("no_new_privs")
    _landlock(libc, folder, libraries)
    limits = {
        resource.RLIMIT_AS: memory_mb * 1024 * 1024,
        resource.RLIMIT_CPU: int(seconds) + 2,
        resource.RLIMIT_FSIZE: FILE_BYTES,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in limits.items():
        resource.setrlimit(kind, (value, value))
    _seccomp(libc)


def _landlock(libc: Any, folder: str, more: list[str]) -> None:
    version = libc.syscall(444, None, 0, 1)
    if version < 1:
        raise Unlocked("Landlock")
    handled = (1 << (13 + (version >= 2) + (version >= 3))) - 1 | ((1 << 15) if version >= 5 else 0)
    parts = [handled] + ([3] if version >= 4 else []) + ([3] if version >= 6 else [])
    attributes = struct.pack(f"<{len(parts)}Q", *parts)
    rules = libc.syscall(444, attributes, len(attributes), 0)
    if rules < 0:
        raise Unlocked("Landlock")
    libraries = {
        f"{sys.base_prefix}/lib",
        os.path.dirname(os.__file__),
        "/usr/lib",
        "/lib",
        "/lib64",
        "/usr/share/zoneinfo",
        *more,
    }
    for place, rights in [
        *((path, READ) for path in libraries),
        (folder, READ | WRITE),
        ("/dev/null", 0b110),
        ("/dev/urandom", 0b100),
    ]:
        _grant(libc, rules, place, rights & handled)
    if libc.syscall(446, rules, 0) != 0:
        raise Unlocked("Landlock")
    os.close(rules)


def _grant(libc: Any, rules: int, place: str, rights: int) -> None:
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    libc.syscall(445, rules, 1, struct.pack("<Qi", rights, handle), 0)
    os.close(handle)


def _seccomp(libc: Any) -> None:
    content = _program()
    buffer = ctypes.create_string_buffer(content, len(content))
    program = struct.pack("<HxxxxxxQ", len(content) // 8, ctypes.addressof(buffer))
    if libc.prctl(22, 2, ctypes.c_char_p(program), 0, 0) != 0:
        raise Unlocked("seccomp")


def _program() -> bytes:
    """The filter: the right architecture, no foreign call numbers, threads but no processes, nothing that is denied."""
    audit, clone = ARCHITECTURE[platform.machine()]
    denied = DENIED[platform.machine()]
    size = 8 + len(denied) + 5  # the instructions below; returns are the last five
    lines = [
        (0x20, 0, 0, 4),
        (0x15, 0, size - 3, audit),
        (0x20, 0, 0, 0),
        (0x35, size - 6, 0, 0x40000000),
        (0x15, size - 6, 0, CLONE3),
    ]
    lines += [(0x15, 0, 3, clone), (0x20, 0, 0, 16), (0x45, size - 5 - 8, size - 4 - 8, CLONE_THREAD)]
    lines.append((0x20, 0, 0, 0))
    for number in denied:
        lines.append((0x15, size - 4 - len(lines), 0, number))
    lines += [(0x06, 0, 0, ALLOW), (0x06, 0, 0, EPERM), (0x06, 0, 0, ENOSYS), (0x06, 0, 0, KILL)]
    return b"".join(struct.pack("<HBBI", *line) for line in _aimed(lines))


def _aimed(lines: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Jumps count from the next line; point each at its return."""
    allow, deny, missing, kill = (len(lines) - back for back in (4, 3, 2, 1))

    def to(place: int, line: int) -> int:
        return place - line - 1

    lines[1] = (0x15, 0, to(kill, 1), lines[1][3])
    lines[3] = (0x35, to(deny, 3), 0, lines[3][3])
    lines[4] = (0x15, to(missing, 4), 0, lines[4][3])
    lines[5] = (0x15, 0, 2, lines[5][3])
    lines[7] = (0x45, to(allow, 7), to(deny, 7), lines[7][3])
    return [(c, to(deny, n), 0, k) if 9 <= n < allow else (c, t, f, k) for n, (c, t, f, k) in enumerate(lines)]


def _run(code: str, values: dict[str, Any]) -> Any:
    """The code is the body of a function whose arguments are the values."""
    body = ast.parse(code, NAME).body or [ast.Pass(lineno=1, col_offset=0)]
    names = [ast.arg(name, lineno=1, col_offset=0) for name in values]
    work = ast.parse("def work(): pass", NAME)
    function = work.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.args.args = names
    function.body = body
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(ast.fix_missing_locations(work), NAME, "exec"), space)
    return space["work"](**values)


class _Printed:
    """What the code printed, up to a limit."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        if len(self.text) < LOG_CHARACTERS:
            self.text = (self.text + text)[:LOG_CHARACTERS]
        return len(text)

    def flush(self) -> None:
        return None


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _line(error: BaseException) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == NAME]
    return lines[0] if lines else None


def _trace(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return "".join([*traceback.format_list(frames), *traceback.format_exception_only(error)])[-4_000:]


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def _write(handle: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]


if __name__ == "__main__":
    main()
