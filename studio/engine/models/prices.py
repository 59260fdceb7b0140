"""What the tokens of a model cost, where a person has said so."""

from __future__ import annotations

from collections.abc import Mapping

from studio.engine.params import Params, param
from studio.engine.text import Text

MILLION = 1_000_000


class Prices(Params):
    """Money for a million tokens. Nothing is known of a model that has none."""

    input: float = param(0.0, Text("A million tokens read", "每百万输入词元"), ge=0)
    output: float = param(0.0, Text("A million tokens written", "每百万输出词元"), ge=0)
    currency: str = param("USD", Text("Currency", "货币"), min_length=1, max_length=8)

    def of(self, read: int, written: int) -> float:
        """What so many tokens cost."""
        return (read * self.input + written * self.output) / MILLION


Used = Mapping[str, tuple[int, int]]  # by model: tokens read and written


def cost(used: Used, prices: Mapping[str, Prices]) -> tuple[dict[str, float], list[str]]:
    """What was used in money by currency, and the models that nobody has set a price for."""
    sums: dict[str, float] = {}
    for model, (read, written) in used.items():
        if model in prices:
            price = prices[model]
            sums[price.currency] = sums.get(price.currency, 0.0) + price.of(read, written)
    return sums, [model for model in used if model not in prices]
