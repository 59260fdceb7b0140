"""Colours for code that is being typed: a line at a time, with what is left open carried to the next line."""

from __future__ import annotations

import re
from collections.abc import Mapping

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from studio.ui.theme import theme
from studio.ui.widgets.highlight import spans, style

# What may stay open at a line's end: (opens, closes, role). The block state is the place in this list, plus one.
OPEN: dict[str, tuple[tuple[str, str, str], ...]] = {
    "sql": (("/*", "*/", "comment"),),
    "python": (('"""', '"""', "string"), ("'''", "'''", "string")),
    "prompt": (("{#", "#}", "comment"),),
}
SKIPPED = {
    "sql": r"--.*|'(?:[^']|'')*'|\"[^\"]*\"",
    "python": r"#.*|(?<!\")\"(?!\"\")(?:[^\"\\]|\\.)*\"|(?<!')'(?!'')(?:[^'\\]|\\.)*'",
    "prompt": r"(?!)",
}
VARIABLE = re.compile(r"\{\{-?\s*([\w.\u4e00-\u9fff]+)[^{}]*\}\}")
STATEMENT = re.compile(r"\{%.*?%\}")


class CodeColours(QSyntaxHighlighter):
    """Follows the theme. In a prompt, `{{variables}}` are tinted: by `set_variables`, else in one colour."""

    def __init__(self, document: QTextDocument, language: str) -> None:
        super().__init__(document)
        self._language = language
        self._variables: dict[str, str] = {}
        self._looks: dict[str, QTextCharFormat] = {}
        theme.changed.connect(self.recolour)

    def set_language(self, language: str) -> None:
        self._language = language
        self.rehighlight()

    def set_variables(self, colours: Mapping[str, str]) -> None:
        """Each variable's colour as a path of the theme, such as "portText.docs"; one that is missing is an error."""
        self._variables = dict(colours)
        self.rehighlight()

    def recolour(self) -> None:
        self._looks.clear()
        self.rehighlight()

    def highlightBlock(self, line: str) -> None:
        begin = self._finish_open(line)
        if begin < 0:
            return
        rest = line[begin:]
        if self._language == "prompt":
            self._colour_prompt(line)
        elif rest:  # an empty editor must not pay for its lexer: SQL's takes 30 ms
            for start, length, role in spans(rest, self._language):
                self.setFormat(begin + start, length, self._look(role))
        self._find_open(line, begin)

    def _finish_open(self, line: str) -> int:
        """Colour what an earlier line left open. The place after it, or -1 if it stays open."""
        self.setCurrentBlockState(0)
        state = self.previousBlockState()
        kinds = OPEN.get(self._language, ())
        if not 0 < state <= len(kinds):
            return 0
        _, closes, role = kinds[state - 1]
        end = line.find(closes)
        if end < 0:
            self.setFormat(0, len(line), self._look(role))
            self.setCurrentBlockState(state)
            return -1
        self.setFormat(0, end + len(closes), self._look(role))
        return end + len(closes)

    def _find_open(self, line: str, begin: int) -> None:
        kinds = OPEN.get(self._language, ())
        if not kinds:
            return
        wholes = "|".join(re.escape(opens) + ".*?" + re.escape(closes) for opens, closes, _ in kinds)
        rest = re.sub(f"{wholes}|{SKIPPED[self._language]}", lambda match: " " * len(match[0]), line[begin:])
        for place, (opens, _, role) in enumerate(kinds):
            start = rest.find(opens)
            if start >= 0:
                self.setFormat(begin + start, len(line) - begin - start, self._look(role))
                self.setCurrentBlockState(place + 1)

    def _colour_prompt(self, line: str) -> None:
        for match in STATEMENT.finditer(line):
            self.setFormat(match.start(), len(match[0]), self._look("keyword"))
        for match in VARIABLE.finditer(line):
            self.setFormat(match.start(), len(match[0]), self._variable_look(match[1].split(".")[0]))

    def _variable_look(self, name: str) -> QTextCharFormat:
        unknown = bool(self._variables) and name not in self._variables
        colour = theme.colour("danger.text" if unknown else self._variables.get(name, "syntax.variable"))
        look = QTextCharFormat()
        look.setForeground(colour)
        look.setBackground(QColor(colour.red(), colour.green(), colour.blue(), 40))
        return look

    def _look(self, role: str) -> QTextCharFormat:
        if role not in self._looks:
            self._looks[role] = style(role)
        return self._looks[role]
