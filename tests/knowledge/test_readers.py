import pytest

from studio.engine.errors import BadParameter
from studio.engine.knowledge.reader import Unreadable, reader_for
from studio.engine.knowledge.readers.docx import Docx
from studio.engine.knowledge.readers.html import Html
from studio.engine.knowledge.readers.markdown import Markdown
from studio.engine.knowledge.readers.pdf import Pdf
from studio.engine.knowledge.readers.text import PlainText
from tests.contracts.reader_contract import CHINESE, SENTENCE, ReaderContract
from tests.knowledge import papers

HEADING = "Warranty 保修"


class TestPdf(ReaderContract):
    kind = Pdf
    has_pages = True

    def make(self, path):
        papers.pdf(path, [[("heading", "Cover 封面")], [("heading", HEADING), ("text", SENTENCE), ("text", CHINESE)]])

    def test_the_sentence_is_on_the_second_page(self, pages):
        assert SENTENCE not in pages[0].text
        assert SENTENCE in pages[1].text

    def test_a_wrapped_line_is_joined_and_a_new_paragraph_is_not(self, tmp_path):
        long = " ".join(f"word{number}" for number in range(60)) + "."
        page = Pdf().read(papers.pdf(tmp_path / "a.pdf", [[("text", long), ("text", "Another paragraph here.")]]))[0]
        assert page.text.split("\n") == [long, "Another paragraph here."]

    def test_chinese_lines_are_joined_without_a_space(self, tmp_path):
        long = (
            "水泵故障指压力低于正常值、泵体渗漏或持续噪声超过限值，请先询问批次号并写入工单，再预约取件，往返运费由极光承担。"
            * 2
        )
        page = Pdf().read(papers.pdf(tmp_path / "a.pdf", [[("text", long)]]))[0]
        assert page.text == long

    def test_running_titles_stay_out_of_the_text(self, tmp_path):
        words = ["pumps leak", "motors hum", "lamps glow", "doors jam", "belts slip"]
        pages = [
            [("text", f"Aurora Handbook {n}"), ("text", f"On this page {what} and nothing else.")]
            for n, what in enumerate(words, 1)
        ]
        read = Pdf().read(papers.pdf(tmp_path / "a.pdf", pages))
        assert [page.text for page in read] == [f"On this page {what} and nothing else." for what in words]

    def test_a_locked_file_says_so(self, tmp_path):
        locked = papers.pdf(tmp_path / "locked.pdf", [[("text", SENTENCE)]], password="secret")
        with pytest.raises(Unreadable) as failure:
            Pdf().read(locked)
        assert "password" in failure.value.message.en and "密码" in failure.value.message.zh

    def test_a_damaged_file_says_so(self, tmp_path):
        path = tmp_path / "broken.pdf"
        path.write_bytes(b"%PDF-1.7\nnot really")
        with pytest.raises(Unreadable, match="damaged"):
            Pdf().read(path)

    def test_pictures_of_pages_are_refused_with_the_way_out(self, tmp_path):
        with pytest.raises(Unreadable) as failure:
            Pdf().read(papers.pdf(tmp_path / "scan.pdf", [[("text", " ")], [("text", " ")]]))
        assert "OCR" in failure.value.repair.en


class TestMarkdown(ReaderContract):
    kind = Markdown

    def make(self, path):
        path.write_text(f"# {HEADING}\n\n{SENTENCE}\n\n{CHINESE}\n\n```\n# not a heading\n```\n## Next\n")

    def test_a_comment_in_code_is_no_heading(self, pages):
        assert [(heading.level, heading.title) for heading in pages[0].headings] == [(1, HEADING), (2, "Next")]

    def test_the_text_is_the_file_so_that_places_are_the_same(self, file, pages):
        assert pages[0].text == file.read_text()


class TestPlainText(ReaderContract):
    kind = PlainText

    def make(self, path):
        path.write_text(f"{HEADING}\n\n{SENTENCE}\n{CHINESE}\n")

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030", "big5"])
    def test_the_encoding_is_found_from_the_bytes(self, tmp_path, encoding):
        words = "水的溫度與壓力都在正常範圍內，請勿拆開機身。" * 3 if encoding == "big5" else CHINESE * 3
        path = tmp_path / "a.txt"
        path.write_bytes(words.encode(encoding))
        assert PlainText().read(path)[0].text == words

    def test_western_letters_survive(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_bytes(("La garantie de l'été a été prolongée à Genève, déjà.\r\n" * 6).encode("latin-1"))
        assert "prolongée à Genève" in PlainText().read(path)[0].text


class TestDocx(ReaderContract):
    kind = Docx

    def make(self, path):
        papers.docx(path, HEADING, [SENTENCE, CHINESE], [["Code", "Fault"], ["E01", "No pressure"]])

    def test_a_row_of_a_table_is_a_line(self, pages):
        assert "E01 | No pressure" in pages[0].text.split("\n")


class TestHtml(ReaderContract):
    kind = Html

    def make(self, path):
        path.write_text(
            f"<html><head><title>x</title><script>alert('no')</script></head><body><h1>{HEADING}</h1>"
            f"<p>The warranty on the <b>K7</b> pump\n is 24 months from the date of purchase.</p><p>{CHINESE}</p></body></html>"
        )

    def test_scripts_are_silent(self, pages):
        assert "alert" not in pages[0].text


def test_an_unknown_ending_names_those_that_can_be_read():
    with pytest.raises(BadParameter) as failure:
        reader_for("movie.mp4")
    assert ".pdf" in failure.value.repair.en
