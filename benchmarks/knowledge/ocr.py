"""How well and how fast scans are read: pages of the sample handbook as pictures, against the text of the PDF they come from.

`python benchmarks/knowledge/ocr.py [--pages 13] [--dots 200] [--worn]`. Error rates are edits (Levenshtein) in hundreds of characters of
the text, spaces aside, told for Chinese and for the rest; spaces are told by themselves. `--worn` turns each picture by 0.7 degrees,
adds noise and writes it as a poor JPEG.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import re
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy
import psutil
import pypdfium2
from PIL import Image
from rapidfuzz.distance import Levenshtein

from studio.engine.knowledge.readers.pdf import Pdf
from studio.engine.knowledge.reading import Limits, Readers, Rules
from studio.engine.paths import resource

HANDBOOK = resource("sample/handbook.pdf")
CHINESE = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=20, help="spread over the book")
    parser.add_argument("--dots", type=int, default=200, help="an inch")
    parser.add_argument("--worn", action="store_true")
    options = parser.parse_args()
    book = Pdf().read(HANDBOOK)
    numbers = [round(4 + place * (len(book) - 4) / options.pages) for place in range(options.pages)]
    with tempfile.TemporaryDirectory() as folder, pypdfium2.PdfDocument(HANDBOOK) as document:
        files = []
        for number in numbers:
            picture = document[number - 1].render(scale=options.dots / 72).to_pil().convert("RGB")
            file = Path(folder) / f"{number}.png"
            (worn(picture, number) if options.worn else picture).save(file)
            files.append(file)
        pages, seconds, own, most = await read(files)
    told = {"zh": [0, 0], "en": [0, 0], "spaces": [0, 0]}
    for number, found in zip(numbers, pages, strict=True):
        count(told, without_title(book[number - 1].text), without_title(found))
    loading, *others = seconds
    print(f"{len(pages)} pages at {options.dots} dots an inch{', worn' if options.worn else ''}")
    for name, (edits, of) in told.items():
        print(f"  {name}: {100 * edits / of:.2f} % of {of:,}")
    print(
        f"  first page, with the models' loading, {loading:.2f} s; then {median(others):.2f} s (at most {max(others):.2f})"
    )
    print(f"  of the processor {own[0]:.2f} s, then {median(own[1:]):.2f} s (at most {max(own[1:]):.2f})")
    print(f"  the process at most {most / 1e6:.0f} MB")


async def read(files: list[Path]) -> tuple[list[str], list[float], list[float], int]:
    """The texts, the seconds of each by the clock and of the processor, and the most memory."""
    readers, texts, seconds, spent, most = Readers(), [], [], [0.0], 0
    for file in files:
        began = time.monotonic()
        async with readers.read(file, "image", Limits(), Rules(), whole=True) as reading:
            seconds.append(time.monotonic() - began)
            texts.append("\n".join([one.page.text async for part in reading.pages() for one in part]))
        (worker,) = readers._living
        times = psutil.Process(worker.child.pid).cpu_times()
        spent.append(times.user + times.system)
        status = Path(f"/proc/{worker.child.pid}/status").read_text()
        most = max(
            most,
            1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1]),
            psutil.Process(worker.child.pid).memory_info().rss,
        )
    await readers.close()
    return texts, seconds, [after - before for before, after in pairwise(spent)], most


def worn(picture: Image.Image, seed: int) -> Image.Image:
    turned = picture.rotate(0.7, Image.Resampling.BICUBIC, fillcolor="white")
    noise = numpy.random.default_rng(seed).normal(0, 14, (turned.height, turned.width, 1))
    noisy = Image.fromarray(numpy.clip(numpy.asarray(turned) + noise, 0, 255).astype(numpy.uint8))
    content = io.BytesIO()
    noisy.save(content, "JPEG", quality=45)
    return Image.open(content)


def without_title(text: str) -> str:
    """The words without the line that stands above every page: the PDF's reader knows it, one picture alone does not."""
    return re.sub(r"^Aurora After-sales Handbook 2025 ?\d*\s*", "", text)


def count(told: dict[str, list[int]], wanted: str, found: str) -> None:
    """Add the edits that make one text of the other to those that are told."""
    spaces = [len("".join(one.split())) for one in (wanted, found)]
    told["spaces"][1] += len(wanted) - spaces[0]
    told["spaces"][0] += abs((len(wanted) - spaces[0]) - (len(found) - spaces[1]))
    wanted, found = "".join(wanted.split()), "".join(found.split())
    for letter in wanted:
        told["zh" if CHINESE.match(letter) else "en"][1] += 1
    for edit in Levenshtein.editops(wanted, found):
        letter = found[edit.dest_pos] if edit.tag == "insert" else wanted[edit.src_pos]
        told["zh" if CHINESE.match(letter) else "en"][0] += 1


if __name__ == "__main__":
    asyncio.run(main())
