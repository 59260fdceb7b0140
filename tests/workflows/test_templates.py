"""Templates: what they show, and what they cannot do."""

from __future__ import annotations

import pyarrow
import pytest

from studio.engine.errors import Invalid
from studio.engine.workflows.templates import fill, fill_now, variables


def test_places_are_filled_and_their_names_are_told_in_order() -> None:
    template = "{{ zebra }} and {{apple.name}}{% for row in rows %} {{ row.n }}{% endfor %}"
    assert variables(template) == ["zebra", "apple", "rows"]
    assert fill_now(template, {"zebra": 1, "apple": {"name": "A"}, "rows": [{"n": 1}, {"n": 2}]}) == "1 and A 1 2"


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{{ a }} and {{b}}, {{\n a\n}}", ["a", "b"]),
        ("{{ 问题 }}：{{ a }}", ["问题", "a"]),
        ("{{ range }} {{ none }} {{ True }} {{ a }}", ["a"]),
        ("{{ in }} {{ a }} {{ not }}", []),
        ("{{{ a }}}", []),
        ("{{ a }} {{ b", []),
        ("{{ a }} }} {# {{ b }} #}", ["a"]),
        ("{% raw %}{{ a }}{% endraw %}{{ b | upper }}", ["b"]),
        ("{{% if a %}}", []),
        ("{{ ² }} {{ a }}", []),
        ("{{ a }\n}", []),
        ("plain { words } only", []),
    ],
)
def test_the_names_that_are_told_are_those_that_a_parser_finds(template: str, names: list[str]) -> None:
    assert variables(template) == names


def test_passages_stand_numbered_with_their_source_and_tables_as_markdown() -> None:
    chunks = [{"text": "保修 24 个月", "title": "手册", "page": 7, "number": 1}]
    table = pyarrow.table({"region": ["华南"], "returns": [17]})
    text = fill_now("{{c}}\n{{t}}", {"c": chunks, "t": table})
    assert text == "[1] 手册, page 7\n保修 24 个月\n| region | returns |\n| --- | --- |\n| 华南 | 17 |"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ x.__init__ }}",
        "{{ x|attr('__class__') }}",
        "{% for i in range(10**9) %}{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ 'a'.ljust(10**9) }}",
        "{{ '%0999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ '{}'.format(1) }}",
        "{{ '{a}'.format_map(x) }}",
        "{{ 'a'|center(10**9) }}",
        "{{ 9 ** 99999999 }}",
        "{{ lipsum() }}",
        "{{ self._TemplateReference__context }}",
        "{% include 'x' %}",
        "{{ missing }}",
        "{{ open",
        "{{ x.append(1) }}",
    ],
)
def test_a_template_reaches_nothing_but_its_values(template: str) -> None:
    with pytest.raises(Invalid) as caught:
        fill_now(template, {"x": [1]})
    assert caught.value.message.zh


def test_a_loop_without_end_is_stopped_by_the_clock() -> None:
    endless = "{% for a in x %}{% for b in x %}{% for c in x %}{% set d = c %}{% endfor %}{% endfor %}{% endfor %}"
    with pytest.raises(Invalid, match="longer than"):
        fill_now(endless, {"x": list(range(5000))}, seconds=0.3)


async def test_a_text_without_end_is_stopped_by_its_size() -> None:
    with pytest.raises(Invalid, match="characters"):
        await fill("{% for a in x %}{{ text }}{% endfor %}", {"x": list(range(5000)), "text": "y" * 1000})
