"""Words for people, always in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Text:
    """A phrase in English and Chinese. Leaving one out is a TypeError, so no translation is ever missing."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.en

    def in_language(self, language: str) -> str:
        """The phrase as a reader of `language` sees it; anything but "zh" reads English."""
        return self.zh if language.startswith("zh") else self.en

    def format(self, **values: object) -> Text:
        """Fill `{named}` places in both languages; a value that is a Text comes in that language."""
        zh = {name: value.zh if isinstance(value, Text) else value for name, value in values.items()}
        return Text(self.en.format(**values), self.zh.format(**zh))

    def as_dict(self) -> dict[str, str]:
        return {"en": self.en, "zh": self.zh}

    @classmethod
    def same(cls, words: str) -> Text:
        """A name that reads alike in both languages, such as a file name or a product."""
        return cls(words, words)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _read, serialization=core_schema.plain_serializer_function_ser_schema(Text.as_dict)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "object", "properties": {"en": {"type": "string"}, "zh": {"type": "string"}}}


def _read(value: Any) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, dict):
        return Text(str(value["en"]), str(value["zh"]))
    return Text.same(str(value))


def listed(names: Iterable[object]) -> Text:
    """Names one after the other, as each language sets them apart."""
    said = [str(name) for name in names]
    return Text(", ".join(said), "、".join(said))


def plural(count: int, one: str, many: str) -> str:
    """The English form for a count, with thousands separators: `plural(1200, "row", "rows")` is "1,200 rows"."""
    return f"{count:,} {one if count == 1 else many}"
