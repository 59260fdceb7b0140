"""ONE Data Studio: data and models in one place, on one workstation."""

__version__ = "0.1.0"

import os as _os

# Before numpy is imported. With more threads than one, OpenBLAS ends its own at every fork and may wait for ever for one that is
# at work, with the interpreter's lock held: seen while documents were embedded and a reader was started. Two threads make the
# included embedder slower, too.
_os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# pydantic would look through every installed package for plug-ins of its own: 25 ms of each start, and more from a cold disk.
_os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
