"""Reference of `crosstalk.toml`, made from the model that reads it."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from crosstalk.targets.described.config import TargetConfig
from tools.docs_site.docstrings import attributes_of

_NAMES = {str: "text", int: "integer", float: "number", bool: "boolean", Any: "anything"}


def target_file_reference() -> str:
    """Return the page: a table for each part of the file.

    Raises:
        ValueError: A key has no description.
    """
    lines = [
        "# crosstalk.toml",
        "",
        "Every key of the file, as the version of these pages reads it; "
        "[Describing your own system](../targets.md) says how to begin.",
    ]
    for heading, model in _parts("", TargetConfig):
        lines += ["", f"## {heading or 'Top level'}", "", _about(model), ""]
        lines += ["| key | type | default | |", "|---|---|---|---|", *_rows(model)]
    return "\n".join(lines) + "\n"


def _parts(path: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Return heading and model of a part and of all below it, each model once."""
    seen: set[type[BaseModel]] = set()
    waiting = [(path, model)]
    while waiting:
        path, model = waiting.pop(0)
        if model in seen:
            continue
        seen.add(model)
        yield path, model
        for name, field in model.model_fields.items():
            below = f"{_bare(path)}.{field.alias or name}" if path else name
            waiting += [(form, each) for each, form in _models_in(field.annotation, below)]


def _models_in(annotation: Any, path: str) -> Iterator[tuple[type[BaseModel], str]]:
    """Return the models in an annotation, each with the heading that its table has in TOML."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation, f"[{path}]"
        return
    parts = get_args(annotation)
    if get_origin(annotation) is dict:
        yield from ((each, f"[{_bare(path)}.NAME]") for each, _ in _models_in(parts[1], path))
    elif get_origin(annotation) is list:
        yield from ((each, f"[[{_bare(path)}]]") for each, _ in _models_in(parts[0], path))
    else:
        for part in parts:
            yield from _models_in(part, _bare(path))


def _bare(path: str) -> str:
    return path.replace("[", "").replace("]", "")


def _about(model: type[BaseModel]) -> str:
    return (inspect.getdoc(model) or "").partition("\n\n")[0].replace("\n", " ")


def _rows(model: type[BaseModel]) -> Iterator[str]:
    told = attributes_of(model)
    for name, field in model.model_fields.items():
        if name not in told:
            raise ValueError(f"{model.__name__}.{name} has no description in its docstring")
        cells = (f"`{field.alias or name}`", _type(field.annotation), _default(field), told[name])
        yield f"| {' | '.join(each.replace('|', '&#124;') for each in cells)} |"


def _type(annotation: Any) -> str:
    """Return a type in the words of TOML."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in _NAMES:
        return _NAMES[annotation]
    if origin is Annotated:
        return _type(parts[0])
    if inspect.isclass(annotation) and issubclass(annotation, Enum):
        return ", ".join(f"`{each.value}`" for each in annotation)
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type(each) for each in parts if each is not type(None)))
    if origin in (list, tuple, set, frozenset):
        return f"list of {_type(parts[0])}" if parts else "list"
    if origin is dict:
        return f"table of {_type(parts[1])}" if parts else "table"
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return "table"
    return getattr(annotation, "__name__", "text").lower()


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined or value is None or value in ([], {}, "", ()):
        return ""
    if isinstance(value, BaseModel):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
