"""A page of the web, or another document by its address, fetched through the egress guard."""

from __future__ import annotations

import asyncio
import html
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from studio.engine.egress import Egress, not_an_address, place, read_up_to
from studio.engine.errors import Unavailable
from studio.engine.text import Text

LONGEST = 64 << 20  # bytes of a web page
SECONDS = 30  # of silence of a web server
ENDINGS = {
    "text/html": ".html", "application/xhtml+xml": ".html", "text/plain": ".txt", "text/markdown": ".md", "application/pdf": ".pdf",
    "text/csv": ".csv", "application/json": ".json", "application/xml": ".xml", "text/xml": ".xml", "application/epub+zip": ".epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}  # fmt: skip


class WebPage(NamedTuple):
    """What lies at an address. `name` has the ending that its reader is found by; pages of HTML are UTF-8, whatever they were.
    `url` is where redirects led."""

    name: str
    content: bytes
    title: str
    url: str = ""


async def fetch(egress: Egress, url: str, purpose: str, longest: int = LONGEST, agent: str = "") -> WebPage:
    """Fetch it as it is now, up to `longest` bytes. Raises what the guard or the server says, `BadParameter` where `url` is
    no address."""
    import httpx

    place(url)  # httpx mends some that are none
    headers = {"User-Agent": agent} if agent else None
    try:
        async with (
            egress.client(purpose=purpose, timeout=SECONDS) as client,
            client.stream("GET", url, follow_redirects=True, headers=headers) as answer,
        ):
            if not answer.is_success:
                raise _unreachable(url, f"HTTP {answer.status_code}")
            content, whole = await read_up_to(answer, longest)
            if not whole:
                raise _unreachable(url, f"it is longer than {longest / 1_048_576:,.3g} MB")
            kind, charset = answer.headers.get("content-type", "text/html"), answer.charset_encoding
            at = str(answer.url)
    except httpx.InvalidURL as error:
        raise not_an_address(url) from error
    except httpx.HTTPError as error:
        raise _unreachable(url, str(error) or type(error).__name__) from error
    name = _name(url, kind)
    if not name.endswith(".html"):
        return WebPage(name, content, "", at)
    content = await asyncio.to_thread(_as_utf8, content, charset)
    return WebPage(name, content, _title(content), at)


def _name(url: str, kind: str) -> str:
    parts = urlsplit(url)
    ending = ENDINGS.get(kind.partition(";")[0].strip().lower(), "")
    name = Path(unquote(parts.path)).name.replace("\\", "_")[-150:] or parts.hostname or "page"
    if ending and Path(name).suffix.lower() != ending:
        return f"{name}{ending}"
    return name if Path(name).suffix else f"{name}.html"


def _as_utf8(content: bytes, charset: str | None) -> bytes:
    """A page in the encoding that its server or its head names, as UTF-8."""
    named = re.search(rb"<meta[^>]+charset=[\"']?([\w-]+)", content[:4096], re.IGNORECASE)
    for encoding in (charset, named.group(1).decode("ascii", "replace") if named else None):
        try:
            if encoding:
                return content.decode(encoding).encode()
        except (LookupError, UnicodeDecodeError):
            continue
    return content


def _title(content: bytes) -> str:
    found = re.search(rb"<title[^>]*>(.*?)</title>", content[:200_000], re.IGNORECASE | re.DOTALL)
    return html.unescape(" ".join(found.group(1).decode("utf-8", "replace").split()))[:200] if found else ""


def _unreachable(url: str, reason: str) -> Unavailable:
    return Unavailable(
        Text(f"{url} cannot be fetched: {reason}.", f"无法获取 {url}：{reason}。"),
        Text("Check the address and the connection, then try again.", "请检查网址和网络连接，然后重试。"),
    )
