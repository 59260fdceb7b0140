"""What a run cost: its tokens by the prices that a person has set. Where none is set, there is no figure."""

from __future__ import annotations

from typing import Any

from studio.engine.models.prices import Prices, Used, cost
from studio.engine.text import Text

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥"}
NOT_ALL = Text("{money}, without {models}", "{money}，不含 {models}")


def cost_in_words(used: Used, prices: dict[str, Prices], names: dict[str, str]) -> Text | None:
    """The money, and which models it leaves out; None where no model that was used has a price."""
    sums, unknown = cost(used, prices)
    if not sums:
        return None
    said = " + ".join(money(amount, currency) for currency, amount in sums.items())
    if not unknown:
        return Text.same(said)
    return NOT_ALL.format(money=said, models=", ".join(names.get(model, model) for model in unknown))


def money(amount: float, currency: str) -> str:
    """Two digits at least, and enough of them that a small amount is not nothing."""
    digits = 2 if amount >= 1 or amount == 0 else 4 if amount >= 0.01 else 6
    sign = SIGNS.get(currency)
    return f"{sign}{amount:,.{digits}f}" if sign else f"{amount:,.{digits}f} {currency}"


def tokens_in_words(used: Used) -> Text | None:
    """How many tokens were read and written."""
    read, written = (sum(pair[place] for pair in used.values()) for place in (0, 1))
    if not read and not written:
        return None
    return Text(f"{read:,} read · {written:,} written", f"输入 {read:,} · 输出 {written:,}")


def used_of(result: dict[str, Any]) -> Used:
    return {model: (int(pair[0]), int(pair[1])) for model, pair in result.get("used", {}).items()}
