"""Source code and configuration: the text as it stands, cut by its grammar, named by its definitions, found down to the line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from studio.engine.knowledge.reader import Heading, Page, Reader, Row, Unit
from studio.engine.knowledge.readers.text import decoded
from studio.engine.text import Text

_WORDS = (
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|sealed|async|pub(?:\([a-z]+\))?|unsafe|open|"
    r"override|virtual|inline|extern|const|data|case)\s+)*"
    r"(?:def|class|fn|func|function|interface|struct|enum|trait|impl|module|namespace|object|record|type|protocol|"
    r"create\s+(?:or\s+replace\s+)?(?:table|view|function|procedure|index))\b"
)
_VALUE = r"(?:export\s+)?(?:const|let|var)\s+[\w$]+\s*=\s*(?:async\s*)?(?:function\b|(?:\([^)]*\)|[\w$]+)\s*=>)"
_DEFINITION = re.compile(rf"^(?:{_WORDS}|{_VALUE}|[A-Za-z_][\w\s*&:<>,]*\([^;]*\)\s*\{{)", re.IGNORECASE)
_INNER = re.compile(rf"^[ \t]{{1,8}}{_WORDS}", re.IGNORECASE)
LONGEST = 120  # characters of a heading
GRAMMARS = {
    ".py": "python", ".js": "javascript", ".jsx": "javascript", ".ts": "typescript:language_typescript",
    ".tsx": "typescript:language_tsx", ".java": "java", ".c": "c", ".h": "cpp", ".cc": "cpp", ".cpp": "cpp", ".hpp": "cpp",
    ".go": "go", ".rs": "rust",
}  # fmt: skip


class Code(Reader):
    """One page without a number; a definition at the margin is a heading, one within it a lower one."""

    name: ClassVar[str] = "code"
    suffixes: ClassVar[tuple[str, ...]] = (
        ".py", ".js", ".jsx", ".ts", ".tsx", ".java", ".kt", ".scala", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".go", ".rs",
        ".rb", ".php", ".swift", ".r", ".jl", ".lua", ".sh", ".ps1", ".sql", ".css", ".json", ".yaml", ".yml", ".toml", ".ini",
        ".xml",
    )  # fmt: skip
    title: ClassVar[Text] = Text("Source code", "源代码")
    unit: ClassVar[Unit] = "line"

    @classmethod
    def grammar(cls, path: Path) -> Any:
        """Those of the languages that are written most; the others are cut where a definition begins."""
        name = GRAMMARS.get(path.suffix.lower())
        if name is None:
            return None
        module, _, language = name.partition(":")
        try:
            return getattr(import_module(f"tree_sitter_{module}"), language or "language")()
        except ImportError:
            return None

    def read(self, path: Path) -> list[Page]:
        text = decoded(path)
        rows, headings, place = list[Row](), list[Heading](), 0
        for number, line in enumerate(text.splitlines(keepends=True), 1):
            rows.append(Row(place, number))
            headings += _heading(place, line)
            place += len(line)
        return [Page(None, text, headings, rows)]


def _heading(place: int, line: str) -> Iterator[Heading]:
    level = 1 if _DEFINITION.match(line) else 2 if _INNER.match(line) else 0
    if level:
        yield Heading(place, level, line.strip().rstrip("{:").strip()[:LONGEST])
