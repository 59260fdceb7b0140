"""`studio knowledge` and its routes, against a studio that serves: a collection's whole life."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.cli.test_commands import as_json, studio_command
from tests.conftest import Running

CSV = "id,model,note\n" + "".join(f"{n},{'K7' if n % 2 else 'P4'},Ticket {n}: the seal leaks.\n" for n in range(1, 9))


@pytest.fixture
def shelf(studio: Running):
    """A name for a collection that is gone afterwards."""
    yield "Shelf 书架"
    with httpx.Client(base_url=studio.url, headers={"Authorization": f"Bearer {studio.token}"}, timeout=240) as client:
        for one in client.get("/api/v1/collections").json()["data"]:
            if one["name"].startswith("Shelf"):
                client.delete(f"/api/v1/collections/{one['id']}")


def test_a_collections_life_in_the_terminal(studio, shelf, tmp_path):
    (tmp_path / "tickets.csv").write_text(CSV)
    (tmp_path / "pumps.md").write_text("# Pumps\n\nThe warranty on the P4 valve is 18 months.\n")
    added = as_json(studio.home, "knowledge", "add", str(tmp_path), "-c", shelf, "--tag", "shelf")
    assert {one["file_name"]: one["status"] for one in added} == {"tickets.csv": "indexed", "pumps.md": "indexed"}
    rows = as_json(studio.home, "knowledge", "search", "leaking seal", "-c", shelf, "--where", "model=P4")
    assert {one["row"] for one in rows} == {2, 4, 6, 8} and rows[0]["why"]["words"]
    (tmp_path / "queries.jsonl").write_text(
        json.dumps({"query": "warranty of the valve", "relevant": [{"document": "pumps.md"}]}) + "\n"
    )
    measured = as_json(studio.home, "knowledge", "eval", shelf, "--queries", str(tmp_path / "queries.jsonl"), "-k", "3")
    assert next((one["mode"], one["mrr"]) for one in measured) == ("hybrid", 1.0)
    studio_command(studio.home, "knowledge", "export", shelf, "-o", str(tmp_path / "shelf.knowledge"))
    made = as_json(studio.home, "knowledge", "import", str(tmp_path / "shelf.knowledge"), "--name", "Shelf again")
    assert (made["name"], made["document_count"], made["chunk_count"]) == ("Shelf again", 2, 9)
    assert "Shelf again" in studio_command(studio.home, "knowledge", "ls").stdout
    studio_command(studio.home, "knowledge", "rm", "Shelf again")
    assert "--text" in studio_command(studio.home, "knowledge", "add", "ds-001", "-c", shelf, code=2).stderr
    assert "is not there" in studio_command(studio.home, "knowledge", "add", "Shelf", str(tmp_path), code=1).stderr


def test_a_host_of_this_network_is_allowed_in_the_terminal(studio):
    try:
        studio_command(studio.home, "settings", "set", "privacy.hosts", '["10.0.0.7", "10.0.0.8"]')
        assert as_json(studio.home, "settings", "list")["privacy"]["hosts"] == ["10.0.0.7", "10.0.0.8"]
    finally:
        studio_command(studio.home, "settings", "set", "privacy.hosts", "[]")


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def test_the_routes_of_a_collection(studio, shelf, tmp_path):
    path = tmp_path / "parts.md"
    path.write_text("## One\n\nThe first part is red.\n\n## Two\n\nThe second part is blue.\n")
    with httpx.Client(base_url=studio.url, headers={"Authorization": f"Bearer {studio.token}"}, timeout=240) as client:

        def ask(method, route, code=200, **body):
            answer = client.request(method, f"/api/v1{route}", json=body or None)
            assert answer.status_code == code, answer.text
            return answer.json().get("data")

        kb = ask("POST", "/collections", 201, name=shelf, chunk_characters=400)["id"]
        seen = ask("POST", f"/collections/{kb}/preview", path=str(path))
        assert [one["heading"] for one in seen] == ["One", "Two"]
        ask("POST", "/documents/upload", 201, content=path.read_text(), file_name="parts.md", collection=kb)
        (document,) = ask("GET", f"/documents?collection={kb}")
        chunk = ask("GET", f"/documents/{document['id']}")["chunks"][1]
        assert ask("PUT", f"/chunks/{chunk['id']}", text="The second part is green.")["original"]
        (found,) = ask("POST", "/search", query="green", collection=kb, mode="keyword")
        assert found["metadata"]["chunk_id"] == chunk["id"]
        ask("PUT", f"/chunks/{chunk['id']}", excluded=True)
        assert ask("POST", "/search", query="green", collection=kb, mode="keyword") == []
        ask("PUT", f"/documents/{document['id']}", tags=["colours"])
        filter = {"tags": ["colours"]}
        assert len(ask("POST", "/search", query="part", collection=kb, filter=filter)) == 1
        ask("PUT", f"/collections/{kb}", description="Parts", chunk_overlap=0)
        settings = ask("GET", f"/collections/{kb}")["settings"]
        assert settings.pop("probe"), "what its embedding model is known by"
        assert settings == {"chunk_characters": 400, "chunk_overlap": 0}
        ask("PUT", f"/collections/{kb}", 400, chunk_characters=7)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ask("POST", f"/collections/{kb}/documents", 403, url=f"http://127.0.0.1:{server.server_address[1]}/inside")
        server.shutdown()
        ask("POST", f"/collections/{kb}/documents", 400)
        for work in ("pause", "resume", "stop", "reindex"):
            client.post(f"/api/v1/collections/{kb}/{work}").raise_for_status()
        packed = client.get(f"/api/v1/collections/{kb}/export")
        assert packed.content[-40:-32] == b"ODSKNOW1"
        ask("DELETE", f"/documents/{document['id']}")
        ask("DELETE", f"/collections/{kb}")
        ask("GET", f"/collections/{kb}", 404)
