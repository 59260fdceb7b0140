"""Conditions as people write them: a closed interpreter over Python's syntax tree. Never `eval`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from studio.engine.errors import Invalid
from studio.engine.text import Text
from studio.engine.workflows.values import is_table

LENGTH = 4_000
SIZE = 1_000_000


def _contains(left: Any, right: Any) -> bool:
    return left in right


COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.In: _contains, ast.NotIn: lambda left, right: left not in right,
    ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip
CALCULATE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip
SIGN: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def _length(value: Any) -> int:
    return int(value.num_rows) if is_table(value) else len(value or ())


def _lower(value: Any) -> str:
    return str(value).lower()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "len": _length, "lower": _lower, "upper": lambda value: str(value).upper(), "strip": lambda value: str(value).strip(),
    "number": float, "text": str, "int": int, "float": float, "str": str, "bool": bool, "abs": abs, "round": round,
    "min": min, "max": max, "sum": sum, "any": any, "all": all, "contains": lambda whole, part: part in whole,
    "startswith": lambda whole, part: str(whole).startswith(part), "endswith": lambda whole, part: str(whole).endswith(part),
}  # fmt: skip
CONSTANTS = {"true": True, "false": False, "none": None, "null": None}


def names(expression: str) -> list[str]:
    """The names that an expression asks for, in order of first use; none while it does not parse."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = [part for part in ast.walk(tree) if isinstance(part, ast.Name)]
    found.sort(key=lambda part: (part.lineno, part.col_offset))
    return [
        name for name in dict.fromkeys(part.id for part in found) if name not in FUNCTIONS and name not in CONSTANTS
    ]


def evaluate(expression: str, values: dict[str, Any]) -> Any:
    """The value of an expression. It can compare, count and calculate; `Invalid` names anything else that it tries."""
    if len(expression) > LENGTH:
        raise Invalid(Text(f"The condition is longer than {LENGTH:,} characters.", f"条件超过 {LENGTH:,} 个字符。"))
    try:
        return _Reader(values).read(ast.parse(expression.strip(), mode="eval").body)
    except SyntaxError as error:
        raise Invalid(Text(f"The condition does not parse: {error.msg}.", f"条件有语法错误：{error.msg}。")) from error
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError, MemoryError) as error:
        raise Invalid(
            Text(f"The condition “{expression}” cannot be judged: {error}.", f"无法判断条件“{expression}”：{error}。")
        ) from error


class _Reader:
    """Walks one syntax tree. What has no method here is refused by name."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def read(self, part: ast.expr) -> Any:
        method = getattr(self, f"_{type(part).__name__.lower()}", None)
        if method is None:
            what = type(part).__name__
            raise Invalid(Text(f"A condition may not use {what}.", f"条件中不能使用 {what}。"))
        return method(part)

    def _constant(self, part: ast.Constant) -> Any:
        return part.value

    def _name(self, part: ast.Name) -> Any:
        if part.id in self._values:
            return self._values[part.id]
        if part.id in CONSTANTS:
            return CONSTANTS[part.id]
        raise Invalid(Text(f"The condition does not know “{part.id}”.", f"条件中的“{part.id}”未定义。"))

    def _boolop(self, part: ast.BoolOp) -> Any:
        found: Any = None
        for value in part.values:
            found = self.read(value)
            if bool(found) != isinstance(part.op, ast.And):
                return found
        return found

    def _unaryop(self, part: ast.UnaryOp) -> Any:
        return self._known(SIGN, part.op)(self.read(part.operand))

    def _binop(self, part: ast.BinOp) -> Any:
        left, right = self.read(part.left), self.read(part.right)
        work = self._known(CALCULATE, part.op)
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if not numbers and not (
            isinstance(part.op, ast.Add) and type(left) is type(right) and len(left) + len(right) < SIZE
        ):
            raise TypeError("only numbers can be calculated with, and texts or lists joined with +")
        return work(left, right)

    def _compare(self, part: ast.Compare) -> bool:
        left = self.read(part.left)
        for sign, item in zip(part.ops, part.comparators, strict=True):
            right = self.read(item)
            if not self._known(COMPARE, sign)(left, right):
                return False
            left = right
        return True

    def _ifexp(self, part: ast.IfExp) -> Any:
        return self.read(part.body if self.read(part.test) else part.orelse)

    def _list(self, part: ast.List) -> list[Any]:
        return [self.read(item) for item in part.elts]

    def _tuple(self, part: ast.Tuple) -> tuple[Any, ...]:
        return tuple(self.read(item) for item in part.elts)

    def _subscript(self, part: ast.Subscript) -> Any:
        return self._field(self.read(part.value), self.read(part.slice))

    def _attribute(self, part: ast.Attribute) -> Any:
        """`value.page` reads the field of an object; it never reaches an attribute of Python's."""
        return self._field(self.read(part.value), part.attr)

    def _call(self, part: ast.Call) -> Any:
        name = part.func.id if isinstance(part.func, ast.Name) else ""
        if name not in FUNCTIONS or part.keywords:
            known = ", ".join(sorted(FUNCTIONS))
            raise Invalid(Text(f"A condition can call only: {known}.", f"条件中只能调用：{known}。"))
        return FUNCTIONS[name](*[self.read(item) for item in part.args])

    @staticmethod
    def _field(value: Any, key: Any) -> Any:
        if not isinstance(value, dict | list | tuple | str):
            raise TypeError(f"{type(value).__name__} has no fields")
        return value[key]

    @staticmethod
    def _known(table: dict[Any, Any], sign: Any) -> Any:
        if type(sign) not in table:
            raise Invalid(
                Text(f"A condition may not use {type(sign).__name__}.", f"条件中不能使用 {type(sign).__name__}。")
            )
        return table[type(sign)]
