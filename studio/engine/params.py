"""Declared parameters: said once, they give the form, the API schema, the command line, the docs and the check."""

from __future__ import annotations

import enum
import functools
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from studio.engine.errors import Invalid
from studio.engine.text import Text

WHOLE, NUMBER = Text("A whole number is needed.", "请输入整数。"), Text("A number is needed.", "请输入数字。")
TRUTH = Text("True or false is needed.", "请填写 true 或 false。")
OBJECT = Text("An object of names and values is needed.", "请填写由名称和值组成的对象。")
# pydantic's kinds of error in words for people; what is not here shows pydantic's own.
WORDS = {
    "missing": Text("A value is needed.", "此项必填。"),
    "string_too_short": Text("Too short: at least {min_length} characters.", "过短，至少 {min_length} 个字符。"),
    "too_short": Text("Too few: at least {min_length}.", "至少需要 {min_length} 项。"),
    "too_long": Text("Too many: at most {max_length}.", "最多 {max_length} 项。"),
    "int_parsing": WHOLE,
    "int_parsing_size": WHOLE,
    "int_type": WHOLE,
    "int_from_float": WHOLE,
    "float_parsing": NUMBER,
    "float_type": NUMBER,
    "finite_number": NUMBER,
    "bool_parsing": TRUTH,
    "bool_type": TRUTH,
    "string_type": Text("A text is needed.", "请填写文本。"),
    "string_unicode": Text("The text holds half of a character.", "文本中含有不完整的字符。"),
    "path_type": Text("A path is needed.", "请填写路径。"),
    "list_type": Text("A list is needed.", "请填写列表。"),
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "extra_forbidden": Text("There is no such field.", "没有此字段。"),
    "literal_error": Text("Choose one of {expected}.", "请选择：{expected}。"),
    "string_too_long": Text("Too long: at most {max_length} characters.", "过长，最多 {max_length} 个字符。"),
    "greater_than_equal": Text("At least {ge}.", "不能小于 {ge}。"),
    "greater_than": Text("More than {gt}.", "必须大于 {gt}。"),
    "less_than_equal": Text("At most {le}.", "不能大于 {le}。"),
    "less_than": Text("Less than {lt}.", "必须小于 {lt}。"),
    "string_pattern_mismatch": Text("Does not fit the pattern {pattern}.", "不符合格式 {pattern}。"),
}


class Params(BaseModel):
    """The settings of a node, a backend, a format or a page of the studio's own settings."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)


@dataclass(frozen=True, slots=True)
class Ref:
    """Marks a text as the name of something the studio holds, so that a form can offer a picker for it."""

    kind: Literal["dataset", "collection", "model", "workflow", "service", "tool_server", "file", "folder"]


@dataclass(frozen=True, slots=True)
class Editor:
    """Marks a text as source that wants an editor: SQL, Python, a prompt with {{variables}}, JSON, a JSON schema, or plain lines."""

    language: Literal["sql", "python", "prompt", "json", "schema", "text", "secret"]
    line: bool = False  # one line, most of the time


DatasetRef = Annotated[str, Ref("dataset")]
KnowledgeRef = Annotated[str, Ref("collection")]
ModelRef = Annotated[str, Ref("model")]
WorkflowRef = Annotated[str, Ref("workflow")]
ServiceRef = Annotated[str, Ref("service")]
ToolServerRef = Annotated[str, Ref("tool_server")]
FileRef = Annotated[str, Ref("file")]
FolderRef = Annotated[str, Ref("folder")]
SqlText = Annotated[str, Editor("sql")]
PythonText = Annotated[str, Editor("python")]
PromptText = Annotated[str, Editor("prompt")]
PromptLine = Annotated[str, Editor("prompt", line=True)]
JsonText = Annotated[str, Editor("json")]
SchemaText = Annotated[str, Editor("schema")]
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
    when: tuple[str, str] | None = None,
    **checks: Any,
) -> Any:
    """Declare one parameter. `...` as default means that it must be given. `checks` are pydantic's (ge, le, …).

    `choices` names the values of a `Literal` in both languages; `advanced` puts it behind the form's fold;
    `when` names another parameter and the value of it with which this one counts: a form shows it only then.
    """
    extra: dict[str, Any] = {
        "title_zh": title.zh,
        "help": help.as_dict() if help else None,
        "choices": {value: text.as_dict() for value, text in (choices or {}).items()},
        "unit": unit,
        "advanced": advanced,
        **({"when": list(when)} if when else {}),
    }
    return Field(default, title=title.en, description=help.en if help else None, json_schema_extra=extra, **checks)


@dataclass(frozen=True, slots=True)
class ParamField:
    """One declared parameter as a form sees it.

    `kind` is what to draw: "toggle", "integer", "number", "choice", "text", "editor" (see `language`), "ref" (see `ref`),
    "list", "pairs" (names and texts), "fields" (a list of named, typed fields; `choices` are their types) or "json". `default` is `...` where a value must be given.
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
    line: bool = False
    when: tuple[str, str] | None = None

    def counts(self, values: dict[str, Any], defaults: dict[str, Any]) -> bool:
        """Whether it means anything with what the others hold."""
        if self.when is None:
            return True
        other, value = self.when
        return bool(values.get(other, defaults.get(other)) == value)


def fields_of(params: type[BaseModel]) -> list[ParamField]:
    """The declared parameters of a class, in the order of their declaration."""
    return list(_fields(params))


@functools.cache
def _fields(params: type[BaseModel]) -> tuple[ParamField, ...]:
    """Read once for each class: a canvas asks for every step."""
    return tuple(_field(name, info) for name, info in params.model_fields.items())


P = TypeVar("P", bound=Params)


def check(params: type[P], values: dict[str, Any]) -> P:
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


def problems_in_words(params: type[BaseModel], values: dict[str, Any]) -> dict[str, Text]:
    """What is wrong with each field, in both languages; one thing of each."""
    try:
        params.model_validate(values)
    except ValidationError as error:
        return {str(item["loc"][0]) if item["loc"] else "": in_words(item) for item in error.errors()}
    return {}


def in_words(item: Any) -> Text:
    """One of pydantic's errors as a sentence in both languages."""
    given = dict(item.get("ctx", {}))
    empty = item["type"] == "string_too_short" and given.get("min_length") == 1
    known = WORDS.get("missing" if empty else item["type"])
    if "expected" in given:
        given["expected"] = Text(given["expected"], given["expected"].replace(" or ", "、").replace(", ", "、"))
    return known.format(**given) if known else Text(f"{item['msg']}.", f"{item['msg']}。")


def _explain(params: type[BaseModel], error: ValidationError) -> Text:
    titles = {field.name: field.title for field in fields_of(params)}
    english, chinese = [], []
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else ""
        title = titles.get(name, Text.same(name))
        words = in_words(item)
        english.append(f"{title.en} ({name}): {words.en}")
        chinese.append(f"{title.zh}（{name}）：{words.zh}")
    return Text(" ".join(english), "".join(chinese))


def _field(name: str, info: FieldInfo) -> ParamField:
    extra: dict[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    title = info.title or name
    help_text = extra.get("help")
    ref = next((mark.kind for mark in info.metadata if isinstance(mark, Ref)), "")
    editor = next((mark for mark in info.metadata if isinstance(mark, Editor)), None)
    language = editor.language if editor else ""
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
        line=bool(editor and editor.line),
        when=(when[0], when[1]) if (when := extra.get("when")) else None,
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
    inside = typing.get_args(annotation)
    if origin is list or annotation is list:
        of_fields = bool(inside) and isinstance(inside[0], type) and issubclass(inside[0], BaseModel)
        return ("fields" if of_fields else "list"), []
    if origin is dict and inside == (str, str):
        return "pairs", []
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
