"""Plain text in whatever encoding."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from studio.engine.knowledge.reader import Page, Reader, Unreadable
from studio.engine.text import Text


class PlainText(Reader):
    """The text as it stands; the encoding is found from its bytes."""

    name: ClassVar[str] = "text"
    suffixes: ClassVar[tuple[str, ...]] = (".txt", ".text", ".log")
    title: ClassVar[Text] = Text("Text", "文本")

    def read(self, path: Path) -> list[Page]:
        return [Page(None, decoded(path))]


def decoded(path: Path) -> str:
    """The text of a file: UTF-8 or UTF-16 where it says so or fits, else the likeliest encoding. Line ends become \\n."""
    return decoded_bytes(path.read_bytes(), path.name)


def decoded_bytes(content: bytes, name: str) -> str:
    """As `decoded`, for what is in memory already."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", errors="replace")
    elif b"\0" in content[:4096]:
        raise Unreadable(
            Text(f"{name} is not text: it holds binary data.", f"{name} 不是文本文件，其中包含二进制数据。")
        )
    else:
        text = _utf8(content) or _sniffed(content)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")


def _utf8(content: bytes) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _sniffed(content: bytes) -> str:
    """Not UTF-8: the Chinese encoding where it fits and looks Chinese, else what charset-normalizer thinks."""
    from charset_normalizer import from_bytes

    try:
        chinese = content.decode("gb18030")
    except UnicodeDecodeError:
        chinese = ""
    common = sum("\u4e00" <= character <= "\u9fff" for character in chinese)
    beyond_ascii = sum(ord(character) > 127 for character in chinese)
    if common and common > 0.7 * beyond_ascii:
        return chinese
    best = from_bytes(content).best()
    if best is None or all(ord(character) < 0x250 for character in str(best)):
        return content.decode("cp1252", errors="replace")  # Latin letters: the guess among their code pages is poor
    return str(best)
