"""Conditions over attributes, e.g. `subject.tenant == owner.tenant`: a few forms, and no more.

A condition is parsed as a Python expression and read node by node. Attributes of the persons and of
the operation, texts, numbers, lists, comparisons, `and`, `or`, `not` and `in` are known; calls,
subscripts, arithmetic and everything else are refused when the file is read.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

NAMES = ("subject", "owner", "operation")
_LONGEST = 500
_DEEPEST = 40


class ConditionError(ValueError):
    """A condition that cannot be used; the message says which part of it."""


def parsed(text: str) -> ast.expr:
    """Return the expression of a condition.

    Args:
        text: E.g. `"support" in subject.roles and subject.region == owner.region`.

    Raises:
        ConditionError: It is not an expression of the known forms.
    """
    if len(text) > _LONGEST:
        raise ConditionError(f"the condition is longer than {_LONGEST} characters")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConditionError(f"{text!r} is not an expression") from error
    _require_known(tree, text, 0)
    return tree


def holds(text: str, names: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether a condition is true; an attribute that a user lacks makes it false.

    Args:
        text: The condition.
        names: `subject`, `owner` and `operation`, each with its attributes.

    Raises:
        ConditionError: It is not an expression of the known forms.
    """
    try:
        return bool(_value(parsed(text), names))
    except (KeyError, TypeError):
        return False


def _require_known(node: ast.AST, text: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise ConditionError(f"{text!r} is nested too deeply")
    inner: list[ast.expr] = []
    if isinstance(node, ast.BoolOp):
        inner = node.values
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = [node.operand]
    elif isinstance(node, ast.Compare) and all(isinstance(each, _COMPARED) for each in node.ops):
        inner = [node.left, *node.comparators]
    elif isinstance(node, ast.List | ast.Tuple):
        inner = node.elts
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id not in NAMES:
            known = ", ".join(NAMES)
            raise ConditionError(f"{text!r} names {node.value.id!r}: there are {known}")
        if node.attr.startswith("_"):
            raise ConditionError(f"{text!r} names the attribute {node.attr!r}")
    elif not (
        isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool | None)
    ):
        raise ConditionError(
            f"{text!r} has a form that is not known: compare attributes such as subject.tenant and "
            "owner.tenant with ==, !=, <, <=, >, >= or in, and join them with and, or, not"
        )
    for each in inner:
        _require_known(each, text, depth + 1)


_COMPARED = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)


def _value(node: ast.expr, names: Mapping[str, Mapping[str, Any]]) -> Any:
    if isinstance(node, ast.BoolOp):
        values = (_value(each, names) for each in node.values)
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.UnaryOp):
        return not _value(node.operand, names)
    if isinstance(node, ast.Compare):
        left = _value(node.left, names)
        for operator, each in zip(node.ops, node.comparators, strict=True):
            right = _value(each, names)
            if not _compared(operator, left, right):
                return False
            left = right
        return True
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(each, names) for each in node.elts]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return names[node.value.id][node.attr]
    if isinstance(node, ast.Constant):
        return node.value
    raise ConditionError("the condition has a form that is not known")


def _compared(operator: ast.cmpop, left: Any, right: Any) -> bool:
    if isinstance(operator, ast.Eq | ast.NotEq):
        return bool((left == right) is isinstance(operator, ast.Eq))
    if isinstance(operator, ast.In | ast.NotIn):
        return bool((left in right) is isinstance(operator, ast.In))
    if isinstance(operator, ast.Lt):
        return bool(left < right)
    if isinstance(operator, ast.LtE):
        return bool(left <= right)
    return bool(left > right) if isinstance(operator, ast.Gt) else bool(left >= right)
