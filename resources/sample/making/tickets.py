"""Support tickets about real orders of the sample, in the language of the customer."""

import csv
from datetime import timedelta
from pathlib import Path
from random import Random

from .orders import LAST, RISE_STARTS, Order
from .products import K7
from .ticket_texts import (
    BEGIN_EN,
    BEGIN_ZH,
    END_EN,
    END_ZH,
    PUMP_NOISE_EN,
    PUMP_NOISE_ZH,
    TROUBLES_EN,
    TROUBLES_ZH,
)

ROWS = 600
COLUMNS = ("ticket_id", "created_at", "order_id", "product", "region", "lang", "subject", "body", "batch")
BAD_BATCH = "K7-2508"
BATCHES = ("K7-2411", "K7-2502", "K7-2504", "K7-2506", "K7-2508")


def write_tickets(orders: list[Order], target: Path, seed: int = 11) -> None:
    """Write one line for each ticket, oldest first."""
    random = Random(seed)
    tickets = sorted((_ticket(random, order) for order in _troubled(random, orders)), key=lambda row: row["created_at"])
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({"ticket_id": f"T-{20_400 + at}", **row} for at, row in enumerate(tickets, start=1))


def _troubled(random: Random, orders: list[Order]) -> list[Order]:
    """Every K7 returned in 华南, then other returns, then orders whose customer kept the thing and asked."""
    returned = [order for order in orders if order.status == "returned"]
    kept = [order for order in orders if order.status == "delivered" and order.ordered_at < LAST - timedelta(days=9)]
    story = [order for order in returned if _is_story(order)]
    rest = [order for order in returned if not _is_story(order)]
    others = random.sample(rest, min(len(rest), 260))
    return story + others + random.sample(kept, ROWS - len(story) - len(others))


def _is_story(order: Order) -> bool:
    return order.product is K7 and order.region == "华南" and order.ordered_at >= RISE_STARTS


def _ticket(random: Random, order: Order) -> dict[str, str]:
    english = random.random() < (0.95 if order.region == "EMEA" else 0.12)
    noise = order.product is K7 and random.random() < (0.75 if _is_story(order) else 0.08)
    subject, trouble = random.choice(_troubles(order, english, noise))
    created = order.ordered_at + timedelta(days=random.uniform(1.5, 8 if order.status == "returned" else 60))
    return {
        "created_at": min(created, LAST).isoformat(sep=" ", timespec="seconds"),
        "order_id": str(order.order_id),
        "product": order.product.label,
        "region": order.region,
        "lang": "en" if english else "zh",
        "subject": subject,
        "body": _body(random, trouble, english),
        "batch": _batch(random, order, noise),
    }


def _troubles(order: Order, english: bool, noise: bool) -> list[tuple[str, str]]:
    if noise:
        return PUMP_NOISE_EN if english else PUMP_NOISE_ZH
    return (TROUBLES_EN if english else TROUBLES_ZH)[order.product]


def _body(random: Random, trouble: str, english: bool) -> str:
    if english:
        return " ".join(filter(None, (random.choice(BEGIN_EN), trouble, random.choice(END_EN))))
    return random.choice(BEGIN_ZH) + trouble + random.choice(END_ZH)


def _batch(random: Random, order: Order, noise: bool) -> str:
    """The batch on the label; only the K7 has one, and the noisy pumps of 华南 mostly come from one batch."""
    if order.product is not K7:
        return ""
    if noise and _is_story(order) and random.random() < 0.85:
        return BAD_BATCH
    known = [batch for batch in BATCHES if f"20{batch[3:5]}-{batch[5:]}" <= f"{order.ordered_at:%Y-%m}"]
    return random.choice(known)
