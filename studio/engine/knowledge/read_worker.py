"""The child process that opens other people's files, so that one that crashes or never ends takes nothing along.

`python -m studio.engine.knowledge.read_worker` reads one request as JSON from its standard input and writes one answer as
JSON to the file that the request names. Limits on memory and processor time come from the parent and from here.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from studio.engine.errors import StudioError
from studio.engine.knowledge.reader import readers


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What the request asks for, or {"error": …} in words for people."""
    try:
        return {"read": _read, "render": _render}[request["do"]](request)
    except StudioError as error:
        return {"error": error.as_dict()}


def _read(request: dict[str, Any]) -> dict[str, Any]:
    path = Path(request["path"])
    pages = readers.get(request["reader"])().read(path)
    return {"pages": [page.as_dict() for page in pages]}


def _render(request: dict[str, Any]) -> dict[str, Any]:
    from studio.engine.knowledge.pdf_image import render

    image = render(Path(request["path"]), request["page"], request["spans"], request["width"], request["text"])
    return {**image, "png": base64.b64encode(image["png"]).decode()}


def main() -> None:
    request = json.load(sys.stdin)
    seconds = int(request["seconds"])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    os.nice(5)
    Path(request["answer"]).write_text(json.dumps(answer(request)))


if __name__ == "__main__":
    main()
