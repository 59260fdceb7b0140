from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.engine.egress import Egress
from studio.engine.errors import BadParameter, Forbidden, Unavailable
from studio.engine.paths import resource
from studio.engine.workflows.addressed import addresses
from studio.engine.workflows.context import Context, Services
from studio.engine.workflows.nodes.load_documents import LoadDocumentsParams, load_documents
from studio.engine.workflows.nodes.split import SplitParams, split
from studio.engine.workflows.values import table_of
from tests.contracts.node_contract import NodeContract
from tests.workflows.conftest import rooms
from tests.workflows.nodes.objects import bucket
from tests.workflows.nodes.test_http import address

__all__ = ["address", "bucket", "rooms"]


class TestLoadDocuments(NodeContract):
    name = "load_documents"

    async def test_files_of_a_bucket_are_read_with_their_pages(self, bucket: Any) -> None:
        await bucket.put("s3://in/handbook.pdf", resource("sample/handbook.pdf").read_bytes())
        await bucket.put("s3://in/notes/a.md", "# 泵\n\nK7".encode())
        context = Context(services=Services(objects=bucket))
        pages = await load_documents(context, LoadDocumentsParams(places=["s3://in"]))
        warranty = next(page for page in pages if "24 months" in page["text"])
        assert (warranty["file_name"], warranty["page"], warranty["url"]) == (
            "handbook.pdf",
            13,
            "s3://in/handbook.pdf",
        )
        assert pages[-1]["file_name"] == "a.md" and pages[-1]["page"] is None
        whole = await load_documents(context, LoadDocumentsParams(places=["s3://in/handbook.pdf"], by="file"))
        chunks = await split(whole, Context(), SplitParams())
        assert len(whole) == 1 and next(chunk for chunk in chunks if "24 months" in chunk["text"])["page"] == 13

    async def test_files_of_this_computer_are_read_only_where_the_run_was_given_them(self, tmp_path: Path) -> None:
        inbox, secret = tmp_path / "inbox", tmp_path / "secret.txt"
        inbox.mkdir()
        secret.write_text("secret")
        (inbox / "a.txt").write_text("from the inbox")
        (inbox / "link.txt").symlink_to(secret)
        found = await load_documents(
            Context(inputs={"files": [str(inbox / "a.txt")]}), LoadDocumentsParams(), [str(inbox / "a.txt")]
        )
        assert [document["text"].strip() for document in found] == ["from the inbox"]
        for wanted in (secret, inbox / "../secret.txt", inbox / "link.txt"):
            with pytest.raises(Forbidden, match="not given"):
                await load_documents(Context(inputs={"files": [str(inbox)]}), LoadDocumentsParams(), [str(wanted)])
        with pytest.raises(Forbidden, match="not given"):
            await load_documents(Context(), LoadDocumentsParams(places=[str(inbox)]))
        with pytest.raises(BadParameter, match="ftp://x"):
            await load_documents(Context(), LoadDocumentsParams(places=["ftp://x/y"]))

    async def test_a_page_of_the_web_goes_through_the_guard(self, address: str) -> None:
        egress = Egress()
        context = Context(services=Services(egress=egress))
        with pytest.raises(Forbidden):
            await load_documents(context, LoadDocumentsParams(places=[f"{address}/page"]))
        egress.grant(address)
        found = await load_documents(context, LoadDocumentsParams(places=[f"{address}/page"]))
        assert "/page" in found[0]["text"] and found[0]["url"] == f"{address}/page"
        with pytest.raises(Unavailable, match="404"):
            await load_documents(context, LoadDocumentsParams(places=[f"{address}/missing"]))
        left_out = LoadDocumentsParams(places=[f"{address}/missing", f"{address}/page"], on_file_error="skip")
        assert len(await load_documents(context, left_out)) == 1

    def test_addresses_come_as_texts_lists_and_rows(self) -> None:
        assert addresses(table_of([{"url": "s3://a/b", "size": 1}])) == ["s3://a/b"]
        assert addresses(["a", {"path": "b"}, None, ""]) == ["a", "b"] and addresses(None) == []
