"""Packages that steps with code import: where they are looked for, which are not there, and how a person gets them.

Nothing is fetched here: a person installs into the studio's environment, or into a folder of its own in the studio's data.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from studio.engine.errors import BadParameter
from studio.engine.text import Text

FOLDER = "packages"  # in the studio's data


def places(folder: Path | None) -> list[str]:
    """The folders that code with packages may read, the person's own first."""
    known = [*([folder] if folder else []), Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("platlib"))]
    return [str(one) for one in dict.fromkeys(known) if one.is_dir()]


def check(names: Sequence[str], folder: Path | None) -> None:
    """`BadParameter` names those that cannot be imported and the command that installs them. Nothing is imported; some 10 µs
    for each."""
    there = places(folder)
    PathFinder.invalidate_caches()
    lacking = [name for name in names if not _known(name, there)]
    if not lacking:
        return
    said = ", ".join(lacking)
    command = f'{_python()} -m pip install --target "{folder or FOLDER}" {" ".join(lacking)}'
    raise BadParameter(
        Text(f"Not installed: {said}. Install with: {command}", f"未安装：{said}。安装命令：{command}"),
        Text(
            "Some have another name there than where they are imported, such as scikit-learn for sklearn.",
            "有些包的安装名称与导入名称不同，例如 sklearn 的安装名称为 scikit-learn。",
        ),
    ).fixed_by("edit", "packages")


def _known(name: str, there: list[str]) -> bool:
    return name in sys.stdlib_module_names or PathFinder.find_spec(name, there) is not None


def _python() -> str:
    """A Python of the version that the code runs in; the studio as one file is none that installs."""
    return (
        f"python{sys.version_info.major}.{sys.version_info.minor}" if getattr(sys, "frozen", False) else sys.executable
    )
