import pytest
import semantic_text_splitter
from hypothesis import given
from hypothesis import strategies as some

from studio.engine.knowledge.reader import Heading, Page
from studio.engine.knowledge.split import PART, split
from studio.engine.knowledge.words import keyword_terms, sentences, tokens

WORDS = some.text(some.sampled_from("ab 水泵。. \n，!？ 4K🙂"), max_size=400)


@given(WORDS, some.integers(100, 300), some.integers(0, 90))
def test_a_chunk_is_exactly_its_span_of_the_page(text, size, overlap):
    for piece in split([Page(1, text)], size, overlap):
        assert text[piece.start : piece.end] == piece.text
        assert 0 < len(piece.text) <= size
        assert all(piece.start <= start < end <= piece.end for start, end in piece.sentences)


@pytest.mark.parametrize("words", ["x", "The pump hums at seven.\n", "水泵每晚七点会响。", "a\n\n"])
def test_a_long_text_is_cut_part_by_part_and_nothing_of_it_is_lost(words, monkeypatch):
    class Counting:
        """A splitter that notes how much it is given at once: its time grows with the square of that."""

        def __init__(self, *given, **named):
            self.cut = made(*given, **named)

        def chunk_indices(self, text):
            longest.append(len(text))
            return self.cut.chunk_indices(text)

    longest: list[int] = []
    made = semantic_text_splitter.TextSplitter
    monkeypatch.setattr(semantic_text_splitter, "TextSplitter", Counting)
    text = (words * 300_000)[:300_000]
    pieces = split([Page(None, text)], 800, 0)
    assert max(longest) <= PART
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)
    kept = "".join(piece.text for piece in pieces)
    assert "".join(kept.split()) == "".join(text.split())


@given(WORDS)
def test_no_word_is_lost_between_chunks(text):
    covered = {place for piece in split([Page(None, text)], 100, 0) for place in range(piece.start, piece.end)}
    assert all(place in covered for place, character in enumerate(text) if not character.isspace())


@given(WORDS)
def test_sentences_cover_every_word_once(text):
    covered = [place for start, end in sentences(text) for place in range(start, end)]
    assert len(covered) == len(set(covered))
    assert {place for place, character in enumerate(text) if not character.isspace()} <= set(covered)


def test_a_heading_holds_until_the_next_of_its_level_even_over_pages():
    one = Page(1, "1 Pump\n1.1 Leaks\nIt leaks.", [Heading(0, 1, "1 Pump"), Heading(7, 2, "1.1 Leaks")])
    two = Page(2, "Still leaks.\n1.2 Noise\nIt hums.", [Heading(13, 2, "1.2 Noise")])
    assert [(piece.page, piece.heading) for piece in split([one, two])] == [
        (1, "1 Pump › 1.1 Leaks"),
        (2, "1 Pump › 1.1 Leaks"),
        (2, "1 Pump › 1.2 Noise"),
    ]


def test_a_list_of_contents_is_not_searched():
    page = Page(1, "Contents\n1 Pump 3\n2 Motor 4", [Heading(0, 1, "Contents")])
    assert split([page]) == []


def test_a_sentence_ends_where_a_reader_ends_it():
    text = "4.2 Warranty\nThe pump has 24 months, see 4.2. 水泵的保修期为两年。请保留发票！"
    found = [text[start:end] for start, end in sentences(text)]
    assert found == ["4.2 Warranty", "The pump has 24 months, see 4.2.", "水泵的保修期为两年。", "请保留发票！"]


def test_chinese_is_indexed_in_pairs_and_latin_in_words():
    assert tokens("K7 水泵保修 24 months") == ["k7", "水泵", "泵保", "保修", "24", "months"]


def test_a_query_cannot_break_out_of_its_quotes():
    assert keyword_terms('" OR 1 NEAR( 水') == ['"or"', '"1"', '"near"', '"水"*']
    assert keyword_terms("？！") == []
