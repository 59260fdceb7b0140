# ruff: noqa: SIM905 - names read better as running text
"""The orders of one year, 2024-11-13 to 2025-11-12: the same rows every time, with one story in them.

The story: in 华南, returns of the K7 coffee machine rise in the last 90 days. Everything else stays as it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .products import K7, PRODUCTS, Product

ROWS = 12_000
FIRST, LAST = datetime(2024, 11, 13, 8, 2, 11), datetime(2025, 11, 12, 21, 47, 36)
RISE_STARTS = LAST - timedelta(days=90)
RISEN_RATE = 0.115
REGIONS = {"华东": 0.30, "华南": 0.22, "华北": 0.17, "华中": 0.11, "西南": 0.09, "东北": 0.06, "EMEA": 0.05}
CITIES = {
    "华东": ("上海", "杭州", "南京", "苏州", "宁波", "合肥"),
    "华南": ("广州", "深圳", "东莞", "佛山", "厦门", "南宁"),
    "华北": ("北京", "天津", "石家庄", "太原", "济南"),
    "华中": ("武汉", "长沙", "郑州", "南昌"),
    "西南": ("成都", "重庆", "昆明", "贵阳"),
    "东北": ("沈阳", "大连", "长春", "哈尔滨"),
    "EMEA": ("Rotterdam", "Berlin", "Madrid", "Milan", "Dubai", "Warsaw"),
}
FAMILY = ("王 李 张 刘 陈 杨 黄 赵 周 吴 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 邓 冯 韩 曹 欧阳 司徒").split()
GIVEN = (
    "静 子涵 一鸣 晓彤 嘉怡 洋 敏 浩然 佳琪 凯 雨欣 嘉豪 文静 伟 芳 娜 秀英 强 磊 军 艳 勇 杰 涛 明 超 "
    "丽娟 霞 平 刚 桂英 梓萱 宇航 思远 若曦 诗琪 俊杰 志强 建华 春梅 海燕 子墨 欣妍 博文 可欣 天佑 雅婷 "
    "晨曦 立群 慧敏"
).split()
ABROAD_GIVEN = (
    "Marta Daniel Hana Lukas Sofia Omar Ingrid Pierre Chiara Jonas Amina Piotr Elena Yusuf Clara Tom"
).split()
ABROAD_FAMILY = (
    "Ruiz Okoro Sato Weber Rossi Haddad Nilsen Laurent Conti Becker Nowak Silva Demir Novak Brandt"
).split()
BY_HOUR = (2, 1, 1, 0, 0, 1, 2, 4, 6, 8, 9, 8, 8, 7, 7, 7, 7, 6, 7, 9, 12, 12, 9, 5)
SCHEMA = pa.schema(
    [
        pa.field("order_id", pa.int64(), nullable=False),
        pa.field("ordered_at", pa.timestamp("us"), nullable=False),
        ("customer", pa.string()),
        ("region", pa.string()),
        ("product", pa.string()),
        ("qty", pa.int32()),
        ("amount", pa.decimal128(12, 2)),
        ("status", pa.string()),
        ("rating", pa.float64()),
        ("shipping", pa.struct([("city", pa.string()), ("carrier", pa.string()), ("days", pa.int32())])),
    ]
)


@dataclass(frozen=True)
class Order:
    """One row, before it is a row."""

    order_id: int
    ordered_at: datetime
    customer: str
    region: str
    product: Product
    qty: int
    status: str
    rating: float | None
    shipping: dict[str, Any]

    def row(self) -> dict[str, Any]:
        """The row as the schema wants it; a third copy and more of a thing are not cheaper."""
        return {
            **{name: getattr(self, name) for name in SCHEMA.names if name not in ("product", "amount")},
            "product": self.product.label,
            "amount": Decimal(self.product.price) * self.qty,
        }


def make_orders(seed: int = 7) -> list[Order]:
    """All orders, oldest first."""
    random = Random(seed)
    order_id = 87_929_000
    orders = []
    for moment in _moments(random):
        order_id += random.choice((1, 1, 1, 2, 3))
        orders.append(_order(random, order_id, moment))
    return orders


def write_orders(orders: list[Order], folder: Path) -> None:
    """Write one Parquet file for each quarter of the year."""
    folder.mkdir(exist_ok=True)
    for name, part in _quarters(orders):
        table = pa.Table.from_pylist([order.row() for order in part], schema=SCHEMA)
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd", row_group_size=2000)


def _quarters(orders: list[Order]) -> Iterator[tuple[str, list[Order]]]:
    names = [f"orders-{order.ordered_at.year}-q{(order.ordered_at.month + 2) // 3}" for order in orders]
    for name in sorted(set(names)):
        yield name, [order for order, own in zip(orders, names, strict=True) if own == name]


def _moments(random: Random) -> list[datetime]:
    """Moments that grow denser through the year, mostly by day and in the evening; both ends are kept."""
    days = (LAST - FIRST).days
    moments = [FIRST, LAST]
    while len(moments) < ROWS:
        day = int(days * random.random() ** 0.84)
        hour = random.choices(range(24), weights=BY_HOUR)[0]
        moment = FIRST.replace(hour=hour, minute=random.randrange(60), second=random.randrange(60)) + timedelta(
            days=day
        )
        if FIRST < moment < LAST:
            moments.append(moment)
    return sorted(moments)


def _order(random: Random, order_id: int, moment: datetime) -> Order:
    region = random.choices(tuple(REGIONS), weights=tuple(REGIONS.values()))[0]
    product = random.choices(PRODUCTS, weights=[product.share for product in PRODUCTS])[0]
    status = _status(random, region, product, moment)
    rating = _rating(random, status)
    return Order(
        order_id, moment, _customer(random, region), region, product, _qty(random, product), status, rating,
        _shipping(random, region, status),
    )  # fmt: skip


def _status(random: Random, region: str, product: Product, moment: datetime) -> str:
    risen = product is K7 and region == "华南" and moment >= RISE_STARTS
    draw = random.random()
    if draw < (RISEN_RATE if risen else product.returned):
        return "returned"
    if draw > 0.972:
        return "cancelled"
    return "shipped" if moment > LAST - timedelta(days=random.choice((2, 3, 4, 6))) else "delivered"


def _rating(random: Random, status: str) -> float | None:
    if status in ("cancelled", "shipped") or random.random() < 0.34:
        return None
    if status == "returned":
        return random.choice((1.0, 1.0, 1.5, 2.0, 2.0, 2.5, 3.0))
    return random.choices((2.5, 3.0, 3.5, 4.0, 4.5, 5.0), weights=(1, 3, 5, 22, 34, 35))[0]


def _qty(random: Random, product: Product) -> int:
    weights = (94, 5, 1) if Decimal(product.price) > 500 else (70, 19, 11)
    return random.choices((1, 2, 3), weights=weights)[0]


def _customer(random: Random, region: str) -> str:
    if region == "EMEA":
        return f"{random.choice(ABROAD_GIVEN)} {random.choice(ABROAD_FAMILY)}"
    return random.choice(FAMILY) + random.choice(GIVEN)


def _shipping(random: Random, region: str, status: str) -> dict[str, Any]:
    abroad = region == "EMEA"
    carrier = random.choice(("DHL", "GLS")) if abroad else random.choice(("顺丰", "京东物流", "中通", "德邦"))
    days = random.randint(5, 9) if abroad else random.randint(1, 5)
    done = status in ("delivered", "returned")
    return {"city": random.choice(CITIES[region]), "carrier": carrier, "days": days if done else None}
