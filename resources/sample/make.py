"""Make the files of the sample project again: `python resources/sample/make.py [orders|handbook]`.

The handbook needs reportlab (the dev extra) and two fonts, both free to embed: Inter (SIL OFL 1.1) from `--inter`, a
folder with Inter_400Regular.ttf and Inter_600SemiBold.ttf somewhere below it, and Droid Sans Fallback (Apache-2.0) from
Debian's fonts-droid-fallback.
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

DROID = Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf")


def main() -> None:
    """Make what the command line names, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("orders", "handbook"))
    parser.add_argument("--inter", type=Path, default=HERE.parent / "fonts")
    parser.add_argument("--droid", type=Path, default=DROID)
    asked = parser.parse_args()
    if asked.what != "handbook":
        make_data()
    if asked.what != "orders":
        make_handbook(asked.inter, asked.droid)


def make_data() -> None:
    """Write orders, tickets and products."""
    from making.orders import make_orders, write_orders
    from making.products import write_products
    from making.tickets import write_tickets

    orders = make_orders()
    write_orders(orders, HERE / "orders")
    write_tickets(orders, HERE / "tickets.csv")
    write_products(HERE / "products.jsonl")


def make_handbook(inter: Path, droid: Path) -> None:
    """Set handbook.md as handbook.pdf."""
    from making.fonts import load_fonts
    from making.handbook import typeset

    load_fonts(inter, droid)
    typeset(HERE / "handbook.md", HERE / "handbook.pdf")


if __name__ == "__main__":
    main()
