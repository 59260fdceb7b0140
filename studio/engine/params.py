"""Declared parameters: said once, they give the form, the API schema, the command line, the docs and the check."""

from __future__ import annotations

import enum
import functools
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from studio.engine.errors import Invalid
from studio.engine.text import Text


class Params(BaseModel):
    """The settings of a node, a backend, a format or a page of the studio's own settings."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)


@dataclass(frozen=True, slots=True)
class Ref:
    """Marks a text as the name of something the studio holds, so that a form can offer a picker for it."""

    kind: Literal["dataset", "collection", "model", "workflow", "file", "folder"]


@dataclass(frozen=True, slots=True)
class Editor:
    """Marks a text as source that wants an editor: SQL, Python, a prompt with {{variables}}, JSON, or plain lines."""

    language: Literal["sql", "python", "prompt", "json", "text", "secret"]


DatasetRef = Annotated[str, Ref("dataset")]
KnowledgeRef = Annotated[str, Ref("collection")]
ModelRef = Annotated[str, Ref("model")]
WorkflowRef = Annotated[str, Ref("workflow")]
FileRef = Annotated[str, Ref("file")]
FolderRef = Annotated[str, Ref("folder")]
SqlText = Annotated[str, Editor("sql")]
PythonText = Annotated[str, Editor("python")]
PromptText = Annotated[str, Editor("prompt")]
JsonText = Annotated[str, Editor("json")]
LongText = Annotated[str, Editor("text")]
SecretText = Annotated[str, Editor("secret")]


def param(
    default: Any,
    title: Text,
    *,
    help: Text | None = None,
    choices: dict[str, Text] | None = None,
    unit: str = "",
    advanced: bool = False,
    **checks: Any,
) -> Any:
    """Declare one parameter. `...` as default means that it must be given. `checks` are pydantic's (ge, le, …).

    `choices` names the values of a `Literal` in both languages; `advanced` puts it behind the form's fold.
    """
    extra: dict[str, Any] = {
        "title_zh": title.zh,
        "help": help.as_dict() if help else None,
        "choices": {value: text.as_dict() for value, text in (choices or {}).items()},
        "unit": unit,
        "advanced": advanced,
    }
    return Field(default, title=title.en, description=help.en if help else None, json_schema_extra=extra, **checks)


@dataclass(frozen=True, slots=True)
class ParamField:
    """One declared parameter as a form sees it.

    `kind` is what to draw: "toggle", "integer", "number", "choice", "text", "editor" (see `language`), "ref" (see `ref`),
    "list" or "json". `default` is `...` where a value must be given.
    """

    name: str
    kind: str
    title: Text
    help: Text | None
    default: Any
    choices: dict[str, Text]
    minimum: float | None
    maximum: float | None
    unit: str
    advanced: bool
    ref: str = ""
    language: str = ""


def fields_of(params: type[BaseModel]) -> list[ParamField]:
    """The declared parameters of a class, in the order of their declaration."""
    return list(_fields(params))


@functools.cache
def _fields(params: type[BaseModel]) -> tuple[ParamField, ...]:
    """Read once for each class: a canvas asks for every step."""
    return tuple(_field(name, info) for name, info in params.model_fields.items())


def check(params: type[Params], values: dict[str, Any]) -> Params:
    """Build the parameters, or raise `Invalid` that names each field and what is wrong with it."""
    try:
        return params.model_validate(values)
    except ValidationError as error:
        raise Invalid(_explain(params, error)) from error


def problems(params: type[BaseModel], values: dict[str, Any]) -> dict[str, str]:
    """What is wrong with each field, by its name; empty when all is well."""
    try:
        params.model_validate(values)
    except ValidationError as error:
        return {".".join(str(part) for part in item["loc"]): item["msg"] for item in error.errors()}
    return {}


def _explain(params: type[BaseModel], error: ValidationError) -> Text:
    titles = {field.name: field.title for field in fields_of(params)}
    english, chinese = [], []
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else ""
        title = titles.get(name, Text.same(name))
        english.append(f"{title.en} ({name}): {item['msg']}")
        chinese.append(f"{title.zh}（{name}）：{item['msg']}")
    return Text("; ".join(english) + ".", "；".join(chinese) + "。")


def _field(name: str, info: FieldInfo) -> ParamField:
    extra: dict[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    title = info.title or name
    help_text = extra.get("help")
    ref = next((mark.kind for mark in info.metadata if isinstance(mark, Ref)), "")
    language = next((mark.language for mark in info.metadata if isinstance(mark, Editor)), "")
    choices = {value: Text(**words) for value, words in (extra.get("choices") or {}).items()}
    kind, values = _kind(info.annotation, ref, language)
    return ParamField(
        name=name,
        kind=kind,
        title=Text(title, str(extra.get("title_zh", title))),
        help=Text(**help_text) if isinstance(help_text, dict) else None,
        default=... if info.is_required() else info.get_default(call_default_factory=True),
        choices={value: choices.get(value, Text.same(value)) for value in values} or choices,
        minimum=_bound(info, "ge", "gt"),
        maximum=_bound(info, "le", "lt"),
        unit=str(extra.get("unit", "")),
        advanced=bool(extra.get("advanced", False)),
        ref=ref,
        language=language,
    )


def _kind(annotation: Any, ref: str, language: str) -> tuple[str, list[str]]:
    """What to draw for a type, and the values of a choice."""
    if ref:
        return "ref", []
    if language:
        return "editor", []
    origin = typing.get_origin(annotation)
    if origin in (Union, types.UnionType):
        inner = [part for part in typing.get_args(annotation) if part is not type(None)]
        return _kind(inner[0], ref, language) if len(inner) == 1 else ("json", [])
    if origin is Literal:
        return "choice", [str(value) for value in typing.get_args(annotation)]
    if origin is list or annotation is list:
        return "list", []
    if isinstance(annotation, type):
        if issubclass(annotation, enum.Enum):
            return "choice", [str(member.value) for member in annotation]
        simple = {bool: "toggle", int: "integer", float: "number", str: "text"}
        return simple.get(annotation, "json"), []
    return "json", []


def _bound(info: FieldInfo, *names: str) -> float | None:
    for mark in info.metadata:
        for name in names:
            value = getattr(mark, name, None)
            if value is not None:
                return float(value)
    return None
