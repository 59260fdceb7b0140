"""Make the files of the sample project again: `python resources/sample/make.py [orders|handbook]`.

The handbook needs reportlab (the dev extra) and two fonts, Inter and Noto Sans SC, both under the SIL Open Font License
1.1, which allows to embed them: `npm install @expo-google-fonts/inter @expo-google-fonts/noto-sans-sc`, then name that
folder with `--fonts node_modules`. The other files need pyarrow alone.
"""

import argparse
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def main() -> None:
    """Make what the command line names, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("orders", "handbook"))
    parser.add_argument("--fonts", type=Path, default=HERE.parent / "fonts", help="a folder with the fonts below it")
    asked = parser.parse_args()
    if asked.what != "handbook":
        make_data()
    if asked.what != "orders":
        make_handbook(asked.fonts)


def make_data() -> None:
    """Write orders, tickets and products."""
    from making.orders import make_orders, write_orders
    from making.products import write_products
    from making.tickets import write_tickets

    orders = make_orders()
    write_orders(orders, HERE / "orders")
    write_tickets(orders, HERE / "tickets.csv")
    write_products(HERE / "products.jsonl")


def make_handbook(fonts: Path) -> None:
    """Set handbook.md as handbook.pdf, and tell the labelled questions its pages."""
    from making.fonts import load_fonts
    from making.handbook import typeset

    load_fonts(fonts)
    pages = typeset(HERE / "handbook.md", HERE / "handbook.pdf")
    number_questions(HERE / "questions.json", pages)


def number_questions(target: Path, pages: dict[str, int]) -> None:
    """Write the page of each question's section into the labelled questions, and leave all else as it stands."""
    lines = target.read_text(encoding="utf-8").splitlines(keepends=True)
    target.write_text("".join(_renumbered(line, pages) for line in lines), encoding="utf-8")


def _renumbered(line: str, pages: dict[str, int]) -> str:
    section = re.search(r'"section": "([\d.]+)"', line)
    return re.sub(r'"page": \d+', f'"page": {pages[section[1]]}', line) if section else line


if __name__ == "__main__":
    main()
