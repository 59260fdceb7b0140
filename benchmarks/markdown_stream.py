"""How long one update of a streaming answer holds the window: 20,000 characters at 200 tokens/s, 20 updates/s.

python benchmarks/markdown_stream.py [--characters 20000] [--kind mixed|code|table|chinese|list]

Besides the wall's time stands the processor's own, which a busy machine does not lengthen; then the longest turns when the answer
ends and when it is opened again as a whole.
"""

from __future__ import annotations

import argparse
import os
import statistics
from time import perf_counter, thread_time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

BLOCKS = (
    "## What we owe these customers 我们的责任\n\n",
    "The K7 coffee machine **drives the rise**. Its return rate in 华南 went from 4.1% to 9.6% [1], see `K7-2508`.\n\n",
    "- **Pump fault within 24 months:** free repair, shipping paid both ways [2]\n- 七日无理由退货：未使用的商品 [3]\n\n",
    "```sql\nSELECT product, avg(status = 'returned') AS rate\nFROM orders\nWHERE region = '华南'\nGROUP BY 1;\n```\n\n",
    "| Code | Fault 故障 | Covered |\n|---|---|---:|\n| E01 | No pressure 无压力 | 24 |\n| E02 | Noise 异响 | 24 |\n\n",
    "自购买之日起 24 个月内，水泵故障免费维修，往返运费由极光承担；维修超过 7 个工作日的，提供备用机 [4]。\n\n",
)
CODE = "    total = sum(row['amount'] for row in rows if row['region'] == '华南')  # a comment\n"
ROW = "| E{number:03} | No pressure at the pump 无压力 | 24 months | **yes** | `K7-{number}` |\n"
KINDS = {  # of one block that goes on to the end
    "code": lambda number: ("```python\n" if not number else "") + CODE,
    "table": lambda number: (
        ("| Code | Fault | Covered | Free | Batch |\n|---|---|---:|---|---|\n" if not number else "")
        + ROW.format(number=number)
    ),
    "chinese": lambda number: (
        f"自购买之日起 {number} 个月内，水泵故障免费维修，往返运费由极光承担；维修超过 7 个工作日的，提供备用机。"
    ),
    "list": lambda number: f"- **Part {number}:** free repair, shipping paid both ways, 七日无理由退货\n",
}
CHARACTERS_PER_UPDATE = 40  # 200 tokens/s, 4 characters a token, 50 ms


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--characters", type=int, default=20_000)
    options.add_argument("--kind", choices=["mixed", *KINDS], default="mixed")
    given = options.parse_args()
    length = given.characters
    from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

    app = QApplication([])
    from studio.ui.theme import theme
    from studio.ui.widgets.markdown import MarkdownView
    from studio.ui.widgets.markdown_writer import prepare

    theme.apply(app, "dark")
    prepare()
    made = KINDS.get(given.kind, lambda _: "".join(BLOCKS))
    text = "".join(made(number) for number in range(length // 30))[:length]
    view = MarkdownView()
    column = QScrollArea(widgetResizable=True)
    inside = QWidget()
    box = QVBoxLayout(inside)
    box.addWidget(view)
    box.addStretch()
    column.setWidget(inside)
    column.resize(700, 900)
    column.show()
    bar = column.verticalScrollBar()
    bar.rangeChanged.connect(lambda _low, high: bar.setValue(high))
    times: list[float] = []
    own: list[float] = []
    for place in range(0, length, CHARACTERS_PER_UPDATE):
        began, worked = perf_counter(), thread_time()
        view.append(text[place : place + CHARACTERS_PER_UPDATE])
        view._flush()
        app.processEvents()
        times.append((perf_counter() - began) * 1000)
        own.append((thread_time() - worked) * 1000)
    times.sort()
    own.sort()
    finished = longest_turn(app, view.finish)
    whole = longest_turn(app, lambda: view.set_markdown(text + "\n\nAgain."))
    print(
        f"{'characters':>10} {'updates':>8} {'median ms':>10} {'p95 ms':>8} {'max ms':>8} {'own p95':>8} {'own max':>8} {'sum s':>7}"
        f" {'finished own':>12} {'opened own':>10}"
    )
    print(
        f"{length:>10,} {len(times):>8} {statistics.median(times):>10.2f} {times[int(len(times) * 0.95)]:>8.2f}"
        f" {times[-1]:>8.2f} {own[int(len(own) * 0.95)]:>8.2f} {own[-1]:>8.2f} {sum(times) / 1000:>7.2f}"
        f" {finished:>12.1f} {whole:>10.1f}"
    )


def longest_turn(app, change) -> float:
    """Milliseconds of the longest turn of the event loop from a change on until nothing more is done."""
    spent, quiet, turn = [], perf_counter() + 0.3, change
    while perf_counter() < quiet:
        worked = thread_time()
        turn()
        turn = app.processEvents
        spent.append((thread_time() - worked) * 1000)
        if spent[-1] > 0.5:
            quiet = perf_counter() + 0.3
    return max(spent)


if __name__ == "__main__":
    main()
