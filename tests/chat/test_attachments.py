"""Files and documents go along with a question, whole or by passages, and what does not fit is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.chat.message import Attachment, Message
from studio.engine.chat.service import Answered
from studio.engine.errors import BadParameter
from tests.chat.conftest import Place

FACT = "The spare gasket of the K7 carries the order number G-4410 and fits every batch since 2023."


def long_text() -> str:
    filler = [f"Paragraph {number} speaks of packaging, pallets and the colour of boxes." for number in range(400)]
    return "\n\n".join([*filler[:200], FACT, *filler[200:]])


async def test_a_short_file_goes_in_whole_and_is_cited(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "gasket.txt"
    file.write_text(FACT)
    attached = await place.chat.attachments.add(file)
    assert (attached.mode, attached.title) == ("whole", "gasket.txt")
    file.unlink()
    place.models.words = ["The spare gasket of the K7 carries the order number G-4410."]
    answer, told = await _asked(place, attached)
    assert FACT in told
    assert answer.content.endswith("[1]")
    [source] = answer.sources
    assert (source.kind, source.cited, source.flagged) == ("file", True, None)
    assert await place.chat.attachments.page_text(source.attachment_id, source.page) == FACT
    assert [step.title.en for step in answer.steps] == ["Read all of gasket.txt"]


async def test_a_long_file_goes_in_by_the_passages_that_fit_the_question(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "long.md"
    file.write_text(long_text())
    attached = await place.chat.attachments.add(file)
    assert attached.mode == "passages"
    answer, told = await _asked(place, attached)
    assert "G-4410" in told
    assert len(told) < len(long_text()) / 3
    step = answer.steps[0]
    assert step.title.en.startswith("Read ") and step.title.en.endswith("of long.md")


async def test_a_text_that_is_wanted_whole_and_does_not_fit_is_said_and_goes_in_by_passages(
    place: Place, tmp_path: Path
) -> None:
    file = tmp_path / "long.md"
    file.write_text(long_text())
    attached = (await place.chat.attachments.add(file)).model_copy(update={"mode": "whole"})
    answer, _ = await _asked(place, attached)
    step = answer.steps[0]
    assert step.detail is not None
    assert "does not fit this model's context" in step.detail.en


async def test_a_file_that_cannot_be_read_or_has_no_text_is_refused_by_name(place: Place, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\0")
    (tmp_path / "b.txt").write_text("  ")
    with pytest.raises(BadParameter, match="bin"):
        await place.chat.attachments.add(tmp_path / "a.bin")
    with pytest.raises(BadParameter, match=r"b\.txt"):
        await place.chat.attachments.add(tmp_path / "b.txt")


async def test_an_attachment_that_is_gone_is_said_and_the_rest_is_answered(place: Place) -> None:
    gone = Attachment(id="att-1", kind="file", ref="0000.txt", title="gone.txt")
    answer, _ = await _asked(place, gone)
    assert answer.steps[0].failed
    assert answer.status == "done"


async def test_datasets_and_collections_go_along_with_one_question(place: Place) -> None:
    attached = [
        Attachment(id="1", kind="dataset", ref="orders", title="orders"),
        Attachment(id="2", kind="collection", ref="handbook", title="handbook"),
    ]
    thread = (await place.chat.create()).id
    events = await place.ask("How many K7 were returned?", thread, attachments=attached)
    assert isinstance(events[-1], Answered)
    assert [source.kind for source in events[-1].message.sources] == ["page", "rows"]
    question = (await place.chat.messages(thread))[0]
    assert question.attachments == attached
    assert (await place.chat.thread(thread)).datasets == []
    [again] = [event async for event in place.chat.answer_again(thread, question.id) if isinstance(event, Answered)]
    assert len(again.message.sources) == 2, "an answer made again has what the question had"


async def _asked(place: Place, attached: Attachment) -> tuple[Message, str]:
    thread = (await place.chat.create()).id
    last = (await place.ask("What is the order number of the spare gasket?", thread, attachments=[attached]))[-1]
    assert isinstance(last, Answered)
    told = "\n".join(str(message["content"]) for message in place.models.asked[-1]["messages"])
    return last.message, told
