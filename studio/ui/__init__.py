"""The window. Only here lives Qt."""

import builtins as _builtins

import PySide6.QtCore as _QtCore  # noqa: F401  replaces `__import__` by its own

# PySide6's `__import__` reads the source of every module that is imported from now on, to see whether it uses `from __feature__ import
# snake_case`, and keeps the lines: 0.17 s and 24 MB until the window answers. Nothing here uses that, so Python's own is put back.
_builtins.__import__ = getattr(_builtins, "__orig_import__", _builtins.__import__)
