"""The child process that opens other people's files, so that one that crashes or never ends takes nothing along.

`python -m studio.engine.knowledge.read_worker` answers requests, one JSON a line, with one JSON line each; what it read and cut
lies in the file that the request names, one JSON line for each page. The parent limits its memory and the time of each file.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

from studio.engine.errors import StudioError, from_unexpected, says_full
from studio.engine.knowledge.reader import readers
from studio.engine.knowledge.split import Splitter


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What the request asks for, or {"error": …} in words for people."""
    try:
        return {"read": _read, "render": _render}[request["do"]](request)
    except StudioError as error:
        return {"error": error.as_dict()}
    except OSError as error:
        if not says_full(error):
            raise
        return {"error": from_unexpected(error).as_dict()}


def _read(request: dict[str, Any]) -> dict[str, Any]:
    reader = readers.get(request["reader"])
    grammar = reader.grammar(Path(request["path"]))
    splitter = Splitter(request["characters"], request["overlap"], reader.markdown, grammar)
    pages = pieces = numbered = 0
    with Path(request["answer"]).open("w", encoding="utf-8", errors="surrogatepass") as file:
        for page in reader().read(Path(request["path"])):
            cut = [] if request["whole"] else [_without_text(piece.as_dict()) for piece in splitter.split(page)]
            shown = page.as_dict() if request["whole"] else {"number": page.number, "text": page.text}
            line = {"page": shown, "pieces": cut}
            file.write(json.dumps(line) + "\n")
            pages, pieces, numbered = pages + 1, pieces + len(cut), numbered + (page.number is not None)
    return {"pages": pages, "pieces": pieces, "numbered": numbered}


def _without_text(piece: dict[str, Any]) -> dict[str, Any]:
    del piece["text"]
    return piece


def _render(request: dict[str, Any]) -> dict[str, Any]:
    from studio.engine.knowledge.pdf_image import render

    image = render(Path(request["path"]), request["page"], request["spans"], request["width"], request["text"])
    Path(request["answer"]).write_text(json.dumps({**image, "png": base64.b64encode(image["png"]).decode()}))
    return {}


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a parser prints belongs into the log
    os.nice(5)
    for line in sys.stdin:
        out.write(json.dumps(answer(json.loads(line))) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
