"""JSON and YAML of workflow files as plain data, with nothing in them that only some readers would understand."""

from __future__ import annotations

import json
from typing import Any

from studio.engine.errors import BadParameter
from studio.engine.text import Text

LARGEST = 10_000_000  # characters of a file
WORKFLOW = Text("The workflow", "工作流")


def parsed(content: dict[str, Any] | str, what: Text = WORKFLOW) -> dict[str, Any]:
    """A file's content as an object; JSON by its first letter, else YAML. `what` is what errors call it."""
    if isinstance(content, dict):
        return content
    if len(content) > LARGEST:
        raise BadParameter(Text(f"{what.en} is larger than 10 MB.", f"{what.zh}超过 10 MB。"))
    data = _parsed_json(content, what) if content.lstrip()[:1] in ("{", "[") else parsed_yaml(content, what)
    if not isinstance(data, dict):
        raise BadParameter(Text(f"{what.en} is not a JSON object.", f"{what.zh}不是 JSON 对象。"))
    return data


def _parsed_json(content: str, what: Text) -> Any:
    try:
        return json.loads(content, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadParameter(Text(f"{what.en} is not JSON: {error}.", f"{what.zh}不是有效的 JSON：{error}。")) from error


def parsed_yaml(content: str, what: Text = WORKFLOW) -> Any:
    """YAML without tags of Python, without a key that comes twice, without aliases (which can grow without end)."""
    yaml = _yaml()

    class Loader(yaml.SafeLoader):  # type: ignore[misc, name-defined]
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases are not allowed")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            if len(set(map(str, keys))) != len(keys):
                raise yaml.YAMLError("a key comes twice")
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(content, Loader=Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadParameter(Text(f"{what.en} is not YAML: {error}.", f"{what.zh}不是有效的 YAML：{error}。")) from error


def _yaml() -> Any:
    import yaml

    return yaml


def _dumper() -> Any:
    """Texts of several lines stand as blocks, so that a changed prompt is a diff of its changed lines."""
    yaml = _yaml()

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, name-defined]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return Dumper


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def as_yaml(data: Any) -> str:
    """In the order that it has, one line for each scalar."""
    return str(_yaml().dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=1_000))
