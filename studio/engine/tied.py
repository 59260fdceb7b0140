"""What a child process does before all else: end with the studio, leave no core file, keep to its memory. Standard library only.

`python -I|-P [-S] tied.py PARENT MEMORY -m MODULE … | -c CODE … | FILE … | exec PROGRAM …` then becomes what the words name. Done here,
in the child's own first lines, because whatever runs between fork and exec can wait for ever in a process with threads.
"""

import ctypes
import os
import resource
import sys

PR_SET_PDEATHSIG, SIGKILL = 1, 9  # `signal` takes longer to import than all the rest
NOT_STARTED = 127  # as a shell says it


def tie(parent: int, memory_bytes: int) -> None:
    """Die with `parent`, at once where it is gone already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def become(words: list[str]) -> None:
    """Go on as what the words name, as if Python, or the system, had been given just them."""
    sys.argv = words
    if words[0] == "exec":
        try:
            os.execvp(words[1], words[1:])  # noqa: S606
        except OSError as error:
            sys.stderr.write(f"{words[1]} could not be started: {error.strerror}\n")
            sys.stderr.flush()
            os._exit(NOT_STARTED)
    if words[0] == "-m":
        import runpy

        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        return
    main = sys.modules["__main__"] = type(sys)("__main__")
    if words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        exec(words[1], main.__dict__)  # noqa: S102
        return
    main.__file__ = words[0]
    with open(words[0], "rb") as file:  # noqa: PTH123
        exec(compile(file.read(), words[0], "exec"), main.__dict__)  # noqa: S102


if __name__ == "__main__":
    tie(int(sys.argv[1]), int(sys.argv[2]))
    become(sys.argv[3:])
