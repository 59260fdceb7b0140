"""A file on the web: fetched once by way of the one door, asked about anew when it is refreshed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from studio.engine.errors import Forbidden, Unavailable
from tests.data_rooms import Rooms


@dataclass
class Site:
    """What a small server answers, by path, and what it was asked."""

    url: str
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content, kind = served.files.get(self.path, (b"", ""))
            etag = f'"{hash(content)}"'
            served.asked.append(f"{self.path} {self.headers.get('If-None-Match') == etag}")
            status = 404 if not kind else 304 if self.headers.get("If-None-Match") == etag else 200
            self.send_response(status)
            self.send_header("ETag", etag)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content) if status == 200 else 0))
            self.end_headers()
            self.wfile.write(content if status == 200 else b"")

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Site(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield served
    server.shutdown()
    server.server_close()


async def test_a_file_on_the_web_is_a_dataset_and_a_refresh_asks_for_what_is_newer(rooms: Rooms, site: Site) -> None:
    rooms.connections.egress.grant(site.url)
    site.files["/a%20b.csv?x=1"] = (b"id,name\n1,a\n", "text/csv")
    dataset = await rooms.datasets.register(f"{site.url}/a%20b.csv?x=1")
    assert (dataset.name, dataset.storage_type, dataset.format, dataset.row_count) == ("a b", "web", "csv", 1)
    await rooms.datasets.page(dataset.id, 0, 10)
    assert site.asked == ["/a%20b.csv?x=1 False"], "it is fetched once"
    await rooms.datasets.refresh(dataset.id)
    assert site.asked[1:] == ["/a%20b.csv?x=1 True"]
    site.files["/a%20b.csv?x=1"] = (b"id,name\n1,a\n2,b\n", "text/csv")
    assert (await rooms.datasets.refresh(dataset.id)).row_count == 2


async def test_an_address_without_an_ending_is_what_its_type_says(rooms: Rooms, site: Site) -> None:
    rooms.connections.egress.grant(site.url)
    site.files["/export"] = (b'[{"a": 1}, {"a": 2}]', "application/json; charset=utf-8")
    assert (await rooms.datasets.register(f"{site.url}/export")).row_count == 2


async def test_what_cannot_be_fetched_says_why_and_what_was_fetched_stays(rooms: Rooms, site: Site) -> None:
    rooms.connections.egress.grant(site.url)
    with pytest.raises(Unavailable, match="nothing is there"):
        await rooms.datasets.register(f"{site.url}/gone.csv")
    assert await rooms.datasets.list() == []
    site.files["/a.csv"] = (b"id\n1\n", "text/csv")
    dataset = await rooms.datasets.register(f"{site.url}/a.csv")
    del site.files["/a.csv"]
    assert (await rooms.datasets.refresh(dataset.id)).status == "active"
    assert (await rooms.datasets.page(dataset.id, 0, 9)).num_rows == 1


async def test_a_host_inside_this_network_is_not_asked_unless_it_was_granted(rooms: Rooms, site: Site) -> None:
    with pytest.raises(Forbidden, match="inside this network"):
        await rooms.datasets.register(f"{site.url}/a.csv")
    assert site.asked == []
