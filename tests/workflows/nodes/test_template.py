from __future__ import annotations

from typing import ClassVar

import pytest

from studio.engine.errors import BadParameter, Invalid
from studio.engine.workflows.context import Context
from studio.engine.workflows.nodes.template import TemplateParams, template
from tests.contracts.node_contract import NodeContract


class TestTemplate(NodeContract):
    name = "template"
    example: ClassVar[dict[str, object]] = {"template": "{{a}} {{b}}", "result": "json"}

    async def test_a_template_gives_text_or_an_object(self) -> None:
        rows = [{"name": "泵", "n": 2}, {"name": "阀", "n": 0}]
        loop = TemplateParams(template="{% for r in rows if r.n %}{{r.name}}×{{r.n}}{% endfor %}")
        assert await template(Context(), loop, rows=rows) == {"text": "泵×2"}
        made = TemplateParams(template='{"who": {{who | tojson}}, "n": {{rows | length}}}', result="json")
        assert await template(Context(), made, who='a "b"', rows=rows) == {"json": {"who": 'a "b"', "n": 2}}
        assert [(p.name, p.type) for p in self.type.ports(dict(self.example)).outputs] == [("json", "json")]

    async def test_what_is_no_json_and_what_would_escape_is_refused(self) -> None:
        with pytest.raises(BadParameter, match="no JSON"):
            await template(Context(), TemplateParams(template="{{v}}", result="json"), v="{")
        with pytest.raises(Invalid, match="cannot be filled"):
            await template(Context(), TemplateParams(template="{{ v.__class__.__mro__ }}"), v="x")
