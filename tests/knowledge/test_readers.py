import asyncio
import os
import zipfile

import pytest

from studio.engine.errors import BadParameter
from studio.engine.knowledge.reader import Unreadable, reader_for
from studio.engine.knowledge.readers.code import Code
from studio.engine.knowledge.readers.csv import Csv
from studio.engine.knowledge.readers.docx import Docx
from studio.engine.knowledge.readers.eml import Eml
from studio.engine.knowledge.readers.epub import Epub
from studio.engine.knowledge.readers.html import Html
from studio.engine.knowledge.readers.markdown import Markdown
from studio.engine.knowledge.readers.pdf import Pdf
from studio.engine.knowledge.readers.pptx import Pptx
from studio.engine.knowledge.readers.text import PlainText
from studio.engine.knowledge.readers.xlsx import Xlsx
from studio.engine.knowledge.reading import Limits, Readers, Rules
from studio.engine.knowledge.split import Splitter, split
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

    def test_navigation_and_footers_are_left_out_and_a_row_is_a_line(self, tmp_path):
        path = tmp_path / "a.html"
        path.write_text(
            "<head><title>Pumps</title><body><nav>Home</nav><main><h1>Pumps</h1><p>Long enough to be the page.</p>"
            "<table><tr><th>Code<th>Fault</tr><tr><td>E01</td><td>No pressure</td></tr></table></main><footer>Imprint</footer>"
        )
        assert Html().read(path)[0].text.split("\n") == [
            "Pumps",
            "Long enough to be the page.",
            "Code | Fault",
            "E01 | No pressure",
        ]


class TestPptx(ReaderContract):
    kind = Pptx
    has_pages = True

    def make(self, path):
        papers.pptx(path, [("Cover", ["Pumps"], ""), (HEADING, [SENTENCE, CHINESE], "Say it slowly.")])

    def test_a_slide_is_a_page_with_its_notes(self, pages):
        assert SENTENCE in pages[1].text and "Say it slowly." in pages[1].text and SENTENCE not in pages[0].text


class TestXlsx(ReaderContract):
    kind = Xlsx
    has_pages = True

    def make(self, path):
        papers.xlsx(
            path, {HEADING: [["Model", "Text"], ["K7", SENTENCE], ["K8", CHINESE]], "Prices": [["Price"], [12.5]]}
        )

    def test_a_row_is_a_chunk_with_its_number_and_cells(self, pages):
        piece = next(piece for piece in split(pages) if SENTENCE in piece.text)
        assert (piece.row, piece.fields["Model"], piece.heading) == (2, "K7", HEADING)
        assert [piece.row for piece in split(pages)] == [2, 3, 2]

    @pytest.mark.parametrize("kind", [".xls", ".ods", ".xlsm"])
    def test_other_endings_that_hold_something_else_say_so(self, tmp_path, kind):
        path = tmp_path / f"a{kind}"
        path.write_text("no spreadsheet")
        with pytest.raises(Unreadable, match="spreadsheet"):
            list(Xlsx().read(path))


class TestCsv(ReaderContract):
    kind = Csv
    has_pages = True

    def make(self, path):
        path.write_text(f"model;{HEADING};year\nK7;{SENTENCE};2024\nK8;{CHINESE};2025\n", encoding="utf-8")

    def test_rows_count_from_one_and_numbers_are_numbers(self, pages):
        assert [(piece.row, piece.fields["year"]) for piece in split(pages)] == [(1, 2024), (2, 2025)]

    def test_a_chinese_encoding_and_a_cell_of_several_lines(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_bytes(f'编号,说明\n1,"{CHINESE}\n{CHINESE}"\n'.encode("gb18030"))
        (piece,) = split(list(Csv().read(path)))
        assert piece.text.count(CHINESE) == 2 and piece.row == 1

    def test_a_long_table_comes_in_parts_and_no_row_is_lost(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("n,words\n" + "".join(f"{n},row of number {n}\n" for n in range(1, 1001)))
        pages = list(Csv().read(path))
        assert [page.number for page in pages] == [1, 2, 3, 4, 5]
        assert [piece.row for piece in split(pages)] == list(range(1, 1001))


class TestEpub(ReaderContract):
    kind = Epub
    has_pages = True

    def make(self, path):
        papers.epub(path, [("Cover", "<p>A book.</p>"), (HEADING, f"<p>{SENTENCE}</p><p>{CHINESE}</p>")])

    def test_chapters_come_in_the_order_of_the_spine(self, pages):
        assert "A book." in pages[0].text and SENTENCE in pages[1].text


class TestEml(ReaderContract):
    kind = Eml

    def make(self, path):
        papers.eml(path, HEADING, f"{SENTENCE}\n\n{CHINESE}\n", attached="prices.xlsx")

    def test_who_wrote_and_what_is_attached_is_said(self, pages):
        assert "From: Ada <ada@example.com>" in pages[0].text and "prices.xlsx" in pages[0].text

    def test_a_letter_of_html_in_a_chinese_encoding(self, tmp_path):
        path = tmp_path / "a.eml"
        papers.eml(path, "Hi", f"<p>{CHINESE}</p>", html=True, charset="gb18030")
        assert CHINESE in Eml().read(path)[0].text and "<p>" not in Eml().read(path)[0].text


class TestCode(ReaderContract):
    kind = Code

    def make(self, path):
        path.write_text(f'X = 1\n\n\ndef Warranty(保修):\n    """{SENTENCE}\n    {CHINESE}"""\n    return 24\n')

    def test_a_definition_is_a_chunk_and_knows_its_line(self, pages):
        pieces = split(pages)
        assert [(piece.row, piece.heading) for piece in pieces] == [(1, ""), (4, "def Warranty(保修)")]

    @pytest.mark.parametrize(
        ("name", "parts"),
        [
            (
                "a.py",
                ["import os", "@cache\ndef area(r):\n    def half():\n        return r / 2\n    return half()  # 一半"],
            ),
            ("a.js", ["import x from 'x';", "export const half = (n) => {\n  return n / 2;  // 一半\n};"]),
            ("a.c", ["#include <stdio.h>", "int\nhalf(int n)\n{\n    return n / 2;\n}"]),
            ("a.tsx", ["type N = number;", "function Half(n: N) {\n  return <b>{n / 2}</b>;\n}"]),
            ("a.go", ["package half", "func Half(n int) int {\n\treturn n / 2\n}"]),
            ("a.rs", ["use std::fmt;", "fn half(n: i32) -> i32 {\n    n / 2\n}"]),
            ("A.java", ["import x.Y;", "class Half {\n    int half(int n) { return n / 2; }\n}"]),
            ("a.sql", ["-- Halves", "create table half (\n  n int,\n  m int\n);"]),
        ],
    )
    def test_what_belongs_together_stays_together(self, tmp_path, name, parts):
        path = tmp_path / name
        path.write_text("\n\n".join(parts) + "\n")
        grammar = Code.grammar(path)
        assert (grammar is None) == (name == "a.sql")
        cut = [piece for page in Code().read(path) for piece in Splitter(len(parts[1]), 0, grammar=grammar).split(page)]
        assert [piece.text for piece in cut] == parts
        assert [piece.row for piece in cut] == [1, 3]

    def test_a_part_of_a_long_definition_is_named_by_what_it_stands_in(self, tmp_path):
        lines = [f"        self.n{n} = {n}" for n in range(40)]
        path = tmp_path / "a.py"
        path.write_text(
            "\n".join(
                [
                    "class Pump:",
                    "    def start(self):",
                    *lines,
                    "",
                    "def last():",
                    *(f"    stop({n:9})" for n in range(9)),
                    "",
                ]
            )
        )
        (page,) = Code().read(path)
        cut = Splitter(200, 0, grammar=Code.grammar(path)).split(page)
        assert {piece.heading for piece in cut[1:-1]} == {"class Pump › def start(self)"}
        assert cut[-1].heading == "def last()" and cut[-1].row == 44


def test_a_packed_file_that_grows_beyond_all_measure_is_not_opened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * (100 << 20))
    for kind in (Xlsx, Pptx, Epub):
        with pytest.raises(Unreadable, match="unpacks"):
            list(kind().read(path))


def test_an_unknown_ending_names_those_that_can_be_read():
    with pytest.raises(BadParameter) as failure:
        reader_for("movie.mp4")
    assert ".pdf" in failure.value.repair.en


async def test_no_reader_outlives_its_room_whatever_it_was_reading(tmp_path):
    never = tmp_path / "never.txt"
    os.mkfifo(never)  # opened for reading, it waits for words that do not come
    readers, began = Readers(), asyncio.Event()

    async def read():
        began.set()
        async with readers.read(never, "text", Limits(), Rules()):
            pass

    reading = asyncio.create_task(read())
    await began.wait()
    while not readers._living:
        await asyncio.sleep(0.01)
    (worker,) = readers._living
    await readers.close()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not worker.child.running and not worker.folder.exists()
    with pytest.raises(asyncio.CancelledError):
        await read()
