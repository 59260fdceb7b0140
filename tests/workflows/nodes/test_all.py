"""What holds for all node types at once."""

from __future__ import annotations

from pathlib import Path

from studio.engine.workflows import library


def test_every_node_type_could_be_imported() -> None:
    assert len(library.node_types()) >= 13 and library.nodes.failures == []


def test_every_node_has_a_test_of_its_own() -> None:
    here = Path(__file__).parent
    files = {Path(kind.function.__code__.co_filename).stem for kind in library.node_types()}  # type: ignore[union-attr]
    assert {name for name in files if not (here / f"test_{name}.py").exists()} - {"killed"} == set()


def test_no_two_nodes_have_one_title() -> None:
    titles = [kind.title for kind in library.node_types()]
    assert len(set(titles)) == len(titles)
