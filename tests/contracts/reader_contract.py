"""What every document reader must do. A test of a reader inherits this and brings a file with known words."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.errors import StudioError
from studio.engine.knowledge.reader import Page, Reader, reader_for
from studio.engine.knowledge.split import split

SENTENCE = "The warranty on the K7 pump is 24 months from the date of purchase."
CHINESE = "水泵的保修期为自购买之日起 24 个月。"


class ReaderContract:
    kind: type[Reader]
    has_pages = False

    def make(self, path: Path) -> None:
        """Write a file with the heading “Warranty 保修”, then SENTENCE and CHINESE as paragraphs."""
        raise NotImplementedError

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / f"手册{self.kind.suffixes[0]}"
        self.make(path)
        return path

    @pytest.fixture
    def pages(self, file: Path) -> list[Page]:
        return list(self.kind().read(file))

    def test_the_registry_finds_it_by_the_ending_in_any_case(self):
        for suffix in self.kind.suffixes:
            assert reader_for(f"FILE{suffix.upper()}") is self.kind

    def test_the_words_are_there_in_both_languages(self, pages):
        text = "\n".join(page.text for page in pages)
        assert SENTENCE in text
        assert CHINESE in text

    def test_pages_count_from_one_or_have_no_number(self, pages):
        numbers = [page.number for page in pages]
        assert numbers == (list(range(1, len(pages) + 1)) if self.has_pages else [None])

    def test_a_heading_begins_where_it_says(self, pages):
        for page in pages:
            for heading in page.headings:
                assert heading.title.split()[0] in page.text[heading.start : heading.start + len(heading.title) + 8]

    def test_the_chunk_of_the_sentence_stands_under_its_heading(self, pages):
        piece = next(piece for piece in split(pages, markdown=self.kind.markdown) if SENTENCE in piece.text)
        assert "Warranty" in piece.heading or not any(page.headings for page in pages)

    def test_a_page_survives_the_way_through_json(self, pages):
        assert [Page.from_dict(page.as_dict()) for page in pages] == pages

    def test_bytes_of_something_else_are_an_error_of_ours_or_text(self, tmp_path):
        path = tmp_path / f"bad{self.kind.suffixes[0]}"
        path.write_bytes(b"\0\x01\x02 nothing of the kind \xff\xfe" * 20)
        try:
            assert list(self.kind().read(path)) is not None
        except StudioError as error:
            assert error.message.zh
