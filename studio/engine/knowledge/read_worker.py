"""The child process that opens other people's files, so that one that crashes or never ends takes nothing along.

`python -m studio.engine.knowledge.read_worker` answers requests, one JSON a line, with one JSON line each; what it read and cut
lies in the file that the request names, one JSON line for each page. The parent limits its memory and the time of each file.
While pictures of pages are read, a line after each of them tells how many are done.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

from studio.engine.errors import StudioError, from_unexpected, says_full
from studio.engine.knowledge.ocr import Ocr
from studio.engine.knowledge.reader import readers
from studio.engine.knowledge.split import Splitter


def answer(request: dict[str, Any], ocr: Ocr) -> dict[str, Any]:
    """What the request asks for, or {"error": …} in words for people."""
    try:
        return {"read": _read, "render": _render}[request["do"]](request, ocr)
    except StudioError as error:
        return {"error": error.as_dict()}
    except OSError as error:
        if not says_full(error):
            raise
        return {"error": from_unexpected(error).as_dict()}


def _read(request: dict[str, Any], ocr: Ocr) -> dict[str, Any]:
    reader = readers.get(request["reader"])
    ocr.always = request["ocr"] == "always"
    grammar = reader.grammar(Path(request["path"]))
    splitter = Splitter(request["characters"], request["overlap"], reader.markdown, grammar)
    pages = pieces = numbered = 0
    with Path(request["answer"]).open("w", encoding="utf-8", errors="surrogatepass") as file:
        for page in reader(None if request["ocr"] == "never" else ocr).read(Path(request["path"])):
            cut = [] if request["whole"] else [_without_text(piece.as_dict()) for piece in splitter.split(page)]
            shown = page.as_dict()
            if not request["whole"]:
                shown = {name: shown[name] for name in ("number", "text", "printed")}
            line = {"page": shown, "pieces": cut}
            file.write(json.dumps(line) + "\n")
            pages, pieces, numbered = pages + 1, pieces + len(cut), numbered + (page.number is not None)
    return {"pages": pages, "pieces": pieces, "numbered": numbered}


def _without_text(piece: dict[str, Any]) -> dict[str, Any]:
    del piece["text"]
    return piece


def _render(request: dict[str, Any], _: Ocr) -> dict[str, Any]:
    reader = readers.get(request["reader"])()
    image = reader.show(Path(request["path"]), request["page"], request["width"], request["spans"], request["text"])
    rectangles = [
        (left * image.width, top * image.height, (right - left) * image.width, (bottom - top) * image.height)
        for left, top, right, bottom in request["boxes"] or image.boxes
    ]
    told = {"width": image.width, "height": image.height, "rectangles": rectangles}
    Path(request["answer"]).write_text(json.dumps({**told, "png": base64.b64encode(image.png).decode()}))
    return {}


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a parser prints belongs into the log
    os.nice(5)

    def tell(told: dict[str, Any]) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    ocr = Ocr(lambda done, of: tell({"read": done, "of": of}))
    for line in sys.stdin:
        tell(answer(json.loads(line), ocr))


if __name__ == "__main__":
    main()
