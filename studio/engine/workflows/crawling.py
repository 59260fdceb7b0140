"""Going from page to page of the web: through the guard of the network, as far as its bounds and each site's robots.txt allow."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import urldefrag, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from studio.engine.egress import Egress, place, read_up_to
from studio.engine.errors import StudioError
from studio.engine.knowledge.web_page import WebPage, fetch
from studio.engine.text import Text

AGENT = "ONE-Data-Studio"
MOST_LINKS = 2_000  # of one page that are looked at
MOST_KNOWN = 100_000  # addresses that wait or were visited
LONGEST_DELAY = 10.0  # seconds between two pages that a site may ask for
ROBOTS = 512_000  # bytes of a robots.txt
NO_PAGES = frozenset(
    [
        ".7z", ".avi", ".bmp", ".bz2", ".css", ".deb", ".dmg", ".exe", ".gif", ".gz", ".ico", ".iso", ".jpeg",
        ".jpg", ".js", ".mov", ".mp3", ".mp4", ".msi", ".ogg", ".png", ".rar", ".rpm", ".svg", ".tar", ".tgz",
        ".ttf", ".wav", ".webm", ".webp", ".woff", ".woff2", ".xz", ".zip",
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Bounds:
    """How far it goes. `hosts` may be visited beside those of the first addresses; `anywhere` allows all."""

    depth: int = 1
    pages: int = 50
    seconds: float = 120.0
    bytes: int = 64 << 20  # of all pages together
    page_bytes: int = 8 << 20
    robots: bool = True
    anywhere: bool = False
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Visited:
    """A page, and how many links lie between it and the first."""

    url: str
    depth: int
    page: WebPage


@dataclass
class Crawl:
    """One crawl. `left_out` says of each address that was not taken why; `ended` why it ended before its links did."""

    egress: Egress
    bounds: Bounds
    log: Callable[[str | Text], None]
    left_out: dict[str, Text] = field(default_factory=dict)
    ended: str = ""
    _robots: dict[str, RobotFileParser] = field(default_factory=dict)
    _visited: dict[str, float] = field(default_factory=dict)  # when each site was asked last
    _began: float = field(default_factory=time.monotonic)
    _bytes: int = 0

    async def pages(self, starts: Sequence[str]) -> AsyncIterator[Visited]:
        """The first addresses, then what they link to, level by level. What keeps a first one from being read is raised; of
        others it is noted."""
        for url in starts:
            place(url.strip())  # raises for what is no address
        homes = {urlsplit(url.strip()).hostname or "" for url in starts}
        waiting = deque((plain_url(url), 0) for url in starts)
        known = {url for url, _ in waiting}
        done: set[str] = set()
        while waiting:
            if len(done) >= self.bounds.pages or self._over():
                self.ended = self.ended or "pages"
                return
            url, depth = waiting.popleft()
            visited = await self._visit(url, depth, homes, done)
            if visited is not None:
                yield visited
                waiting.extend((link, depth + 1) for link in await self._onward(visited, homes, known))

    async def _visit(self, url: str, depth: int, homes: set[str], done: set[str]) -> Visited | None:
        """The page at an address, unless it is done by now or leads where it may not."""
        page = await self._page(url, first=depth == 0)
        at = plain_url(page.url or url) if page else ""
        if page is None or at in done or not self._may_be_at(at, homes, depth):
            return None
        done.add(at)
        self._bytes += len(page.content)
        return Visited(at, depth, page)

    async def _onward(self, visited: Visited, homes: set[str], known: set[str]) -> list[str]:
        """Where a page leads that is near enough and was not known."""
        if visited.depth >= self.bounds.depth or not visited.page.name.endswith(".html"):
            return []
        links = await asyncio.to_thread(links_of, visited.page.content, visited.url)
        found = [link for link in links if link not in known and self._near(link, homes)]
        found = found[: max(0, MOST_KNOWN - len(known))]
        known.update(found)
        return found

    def _over(self) -> bool:
        if time.monotonic() - self._began > self.bounds.seconds:
            self.ended = "seconds"
        elif self._bytes >= self.bounds.bytes:
            self.ended = "bytes"
        return bool(self.ended)

    def _near(self, url: str, homes: set[str]) -> bool:
        host = urlsplit(url).hostname or ""
        return (
            self.bounds.anywhere
            or host in homes
            or any(host == one or host.endswith(f".{one}") for one in self.bounds.hosts)
        )

    def _may_be_at(self, url: str, homes: set[str], depth: int) -> bool:
        """Whether a page that redirects led to is one of those that were meant."""
        if depth == 0:
            homes.add(urlsplit(url).hostname or "")  # a first address that moved: https://www.…
            return True
        if not self._near(url, homes):
            self._leave(url, Text("it leads to another host", "指向其他主机"))
            return False
        return True

    async def _page(self, url: str, first: bool) -> WebPage | None:
        left = max(self.bounds.seconds - (time.monotonic() - self._began), 1.0)
        try:
            async with asyncio.timeout(left):
                if self.bounds.robots and not (await self._rules(url)).can_fetch(AGENT, url):
                    self._leave(url, Text("robots.txt does not allow it", "robots.txt 不允许"))
                    return None
                await self._take_turn(url)
                return await fetch(self.egress, url, "crawl", self.bounds.page_bytes, AGENT)
        except TimeoutError:
            self.ended = "seconds"
            self._leave(url, Text("time was over", "已到时限"))
        except StudioError as error:
            if first:
                raise
            self._leave(url, error.message)
        return None

    def _leave(self, url: str, why: Text) -> None:
        self.left_out[url] = why
        self.log(Text(f"{url}: {why.en}", f"{url}：{why.zh}"))

    async def _take_turn(self, url: str) -> None:
        """As long after the last page of a site as it asks for."""
        site = _site(url)
        rules = self._robots.get(site)
        delay = min(float(rules.crawl_delay(AGENT) or 0) if rules else 0.0, LONGEST_DELAY)
        since = time.monotonic() - self._visited.get(site, float("-inf"))
        if since < delay:
            await asyncio.sleep(delay - since)
        self._visited[site] = time.monotonic()

    async def _rules(self, url: str) -> RobotFileParser:
        """A site's robots.txt. None allows all, one that may not be read or breaks forbids all (RFC 9309)."""
        site = _site(url)
        if site not in self._robots:
            self._robots[site] = await self._read_rules(site)
        return self._robots[site]

    async def _read_rules(self, site: str) -> RobotFileParser:
        import httpx

        rules = RobotFileParser()
        try:
            async with (
                self.egress.client(purpose="crawl", timeout=15) as client,
                client.stream(
                    "GET", f"{site}/robots.txt", follow_redirects=True, headers={"User-Agent": AGENT}
                ) as answer,
            ):
                said, _ = await read_up_to(answer, ROBOTS)
        except (httpx.HTTPError, httpx.InvalidURL):
            rules.allow_all = True  # type: ignore[attr-defined]  # the page itself will say that nobody answers
            return rules
        if answer.is_success:
            rules.parse(said.decode("utf-8", "replace").splitlines())
        elif answer.status_code in (401, 403) or answer.status_code >= 500:
            rules.disallow_all = True  # type: ignore[attr-defined]
        else:
            rules.allow_all = True  # type: ignore[attr-defined]
        return rules


def plain_url(url: str) -> str:
    """An address without the place in its page, so that one page is one address."""
    return urldefrag(url.strip())[0]


def links_of(content: bytes, url: str) -> list[str]:
    """The addresses that a page links to, each once, in their order; none where it asks not to be followed."""
    found = _Links()
    found.feed(content.decode("utf-8", "replace"))
    found.close()
    if found.closed:
        return []
    base = urljoin(url, found.base) if found.base else url
    links = []
    for link in found.links[:MOST_LINKS]:
        try:
            whole = plain_url(urljoin(base, link))
            parts = urlsplit(whole)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and PurePosixPath(parts.path).suffix.lower() not in NO_PAGES:
            links.append(whole)
    return list(dict.fromkeys(links))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.base = ""
        self.closed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and said.get("href") and "nofollow" not in said.get("rel", "").lower():
            self.links.append(said["href"])
        elif tag == "base" and said.get("href"):
            self.base = self.base or said["href"]
        elif tag == "meta" and said.get("name", "").lower() in ("robots", AGENT.lower()):
            self.closed = self.closed or any(word in said.get("content", "").lower() for word in ("nofollow", "none"))


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
