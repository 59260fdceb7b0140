"""A workflow for the pictures: every state of a step, bound values, a schema, a note and a frame."""

from __future__ import annotations

from studio.engine.workflows.binding import Binding
from studio.engine.workflows.graph import Edge, Frame, Graph, Node, Note, Retry

PROMPT = """You answer after-sales tickets for Aurora. Use only the handbook pages below and cite them as [n].

Handbook: {{context}}
Ticket: {{question}}

Reply in the ticket's language, under 90 words."""
SCHEMA = """{
  "type": "object",
  "properties": {
    "reply": {"type": "string", "description": "as it is sent"},
    "parts": {
      "type": "array",
      "description": "what is to be ordered",
      "items": {
        "type": "object",
        "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}},
        "required": ["sku"]
      }
    }
  },
  "required": ["reply"]
}"""
FLAKY = "raise ValueError('503')"


def _wires(*words: str) -> list[Edge]:
    ends = [tuple(end.split(".") for end in word.split(" > ")) for word in words]
    return [Edge(source=a[0], source_port=a[1], target=b[0], target_port=b[1]) for a, b in ends]


def after_sales(collection: str) -> Graph:
    """Runs with the demo model alone; one variant, one request and one guard fail on purpose."""
    return Graph(
        name="After-sales 售后",
        variables={"warmth": 0.2, "language": "zh"},
        nodes=[
            Node(id="start", type="start", params={"fields": [{"name": "question", "default": "How long is the warranty on the K7 pump?"}, {"name": "order_id", "type": "number", "default": 17, "required": False}]}, position=(0, 40)),
            Node(id="search", type="retriever", title="Search handbook", params={"collection": collection, "limit": 3}, position=(260, 120)),
            Node(id="ask", type="prompt", title="Ask", params={"template": PROMPT}, position=(520, 0)),
            Node(id="draft", type="llm", title="Draft reply", params={"max_tokens": 64}, bound={"temperature": Binding(kind="variable", value="warmth"), "system": Binding(kind="expression", value="'Reply in ' + variables.language")}, position=(840, 0)),
            Node(id="draft_14b", type="llm", title="Draft reply · 14B", params={"model": "Qwen3-14B", "max_tokens": 64}, variant_of="draft", position=(840, 320)),
            Node(id="order", type="http", title="Order status", params={"url": "http://127.0.0.1:9/orders/{{order_id}}", "headers": {"Accept": "application/json", "X-Shop": "aurora"}}, on_error="branch", position=(260, 380)),
            Node(id="check", type="python", title="Check order", params={"code": "return value", "inputs": ["value"]}, mute=True, position=(520, 420)),
            Node(id="polish", type="python", title="Polish", params={"code": "return text.strip()", "inputs": ["text"]}, bypass=True, position=(1160, 40)),
            Node(id="shape", type="structured", title="As fields", params={"json_schema": SCHEMA}, mute=True, position=(1160, 220)),
            Node(id="flaky", type="python", title="Stock level", params={"code": FLAKY, "inputs": []}, retry=Retry(times=2, wait=0.1), on_error="branch", position=(0, 380)),
            Node(id="out", type="answer", title="Answer", position=(1420, 40)),
        ],
        edges=_wires(
            "start.question > search.query", "start.question > ask.question", "search.chunks > ask.context", "ask.text > draft.prompt",
            "search.chunks > draft.passages", "start.order_id > order.order_id", "order.body > check.value", "draft.text > polish.text",
            "draft.text > shape.text", "polish.value > out.text", "search.chunks > out.sources",
        ),
        notes=[Note(id="n1", text="Keep replies under 90 words.\nIf no handbook page is cited, send the ticket to a person.", author="Wei", position=(520, 260), size=(240, 112))],
        frames=[Frame(id="f1", title="Orders 订单", position=(-32, 330), size=(760, 240))],
    )  # fmt: skip
