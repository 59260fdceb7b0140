"""The catalogue of Aurora 极光电器: the one place where prices, shares and usual return rates stand."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Product:
    """One line of the catalogue. `share` is its part of all orders; `returned` its usual return rate."""

    sku: str
    label: str  # how the orders and tickets name it
    name_en: str
    name_zh: str
    price: str  # yuan
    warranty_months: int  # of the whole appliance; single parts differ, see the handbook
    launched: str
    share: float
    returned: float


K7 = Product("AUR-K7", "K7 咖啡机 Espresso", "K7 Coffee Machine", "K7 咖啡机", "2499.00", 18, "2023-09-12", 0.24, 0.041)
KETTLE_S = Product("AUR-KS", "Kettle S 恒温壶", "Kettle S", "Kettle S 恒温壶", "349.00", 12, "2022-03-01", 0.15, 0.031)
V9 = Product("AUR-V9", "Vacuum V9 吸尘器", "Vacuum V9", "V9 吸尘器", "1799.00", 15, "2023-05-18", 0.12, 0.052)
AIRPURE = Product(
    "AUR-AP3", "AirPure 3 净化器", "AirPure 3", "AirPure 3 净化器", "1299.00", 20, "2022-10-10", 0.10, 0.034
)
FILTER = Product(
    "AUR-AP3F", "AirPure 3 滤芯", "AirPure 3 Filter", "AirPure 3 滤芯", "129.00", 0, "2022-10-10", 0.08, 0.012
)
GRINDER = Product("AUR-G2", "Grinder G2 磨豆机", "Grinder G2", "G2 磨豆机", "899.00", 30, "2024-01-15", 0.09, 0.036)
COOKER = Product(
    "AUR-R5", "Rice Cooker R5 电饭煲", "Rice Cooker R5", "R5 电饭煲", "599.00", 36, "2021-08-20", 0.11, 0.028
)
FROTHER = Product("AUR-MF", "Milk Frother 奶泡机", "Milk Frother", "奶泡机", "199.00", 6, "2023-11-02", 0.06, 0.047)
DESCALER = Product(
    "AUR-D6", "Descaler 除垢剂 ×6", "Descaler, 6 sachets", "除垢剂 6 袋装", "39.00", 0, "2021-04-06", 0.05, 0.008
)

PRODUCTS = (K7, KETTLE_S, V9, AIRPURE, FILTER, GRINDER, COOKER, FROTHER, DESCALER)

_PUBLIC = ("sku", "name_en", "name_zh", "price", "warranty_months", "launched")


def write_products(target: Path) -> None:
    """Write the catalogue as JSON Lines."""
    lines = [json.dumps(_public(product), ensure_ascii=False) for product in PRODUCTS]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _public(product: Product) -> dict[str, str | float | int]:
    values = {name: getattr(product, name) for name in _PUBLIC}
    return values | {"label": product.label, "price": float(product.price)}
