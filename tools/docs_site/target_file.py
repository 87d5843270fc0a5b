"""Reference of `crosstalk.toml`, made from the model that reads it.

`python -m tools.docs_site.target_file` writes the page, docs/reference/crosstalk-toml.md.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.strict import ONE_OR_MORE
from tools.docs_site.docstrings import attributes_of

_NAMES = {str: "text", int: "integer", float: "number", bool: "boolean", Any: "anything"}


PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "crosstalk-toml.md"
_HEAD = """# crosstalk.toml

Every key of the file, with its type and its default. [Describing your own system](../targets.md)
says how to begin, [Who may see what](../policy.md) how to write a policy. The page is made from the
model that reads the file (`python -m tools.docs_site.target_file`), and a test holds it against
that model.

An unknown key is an error, with the nearest name. `$NAME` or `${NAME}` in any text takes a variable
of the environment; one that is not there is an error. *Text or list* means that one text needs no
brackets: `by = "bearer"` is `by = ["bearer"]`. *Table of …* has names of your own as keys. Commands
are lists, and no shell reads them. Paths are relative to the file.
"""
# Part of the file to the place that explains it; parts below it are explained there too.
_EXPLAINED = {
    "": "targets.md#describing-your-own-system",
    "mcp": "targets.md#where-it-is",
    "rest": "targets.md#where-it-is",
    "identity": "targets.md#who-calls",
    "identity.login": "targets.md#logging-in",
    "users": "targets.md#users-who-exist-already",
    "start": "targets.md#starting-the-system",
    "setup": "targets.md#objects-that-exist-already",
    "teardown": "targets.md#objects-that-exist-already",
    "reset": "targets.md#around-it",
    "rate_limit": "targets.md#around-it",
    "allowed_flows": "targets.md#the-same-for-every-user",
    "tools": "targets.md#what-the-tools-do",
    "policy": "policy.md",
    "policy.share": "policy.md#sharing",
    "policy.suspend": "policy.md#disabled-accounts",
    "database": "layers.md#the-database-of-a-described-system",
}
# Keys that are explained elsewhere than the rest of their part.
_EXPLAINED_KEYS = {
    "confirmed": "targets.md#beginning-one",
    "user_names": "targets.md#names-of-made-up-users",
    "tenant_names": "policy.md#tenants-and-roles-in-credentials",
    "tenants": "policy.md#tenants",
    "roles": "policy.md#roles-and-who-becomes-an-administrator",
    "objects": "targets.md#objects-that-exist-already",
    "accepted": "targets.md#around-it",
    "public_values": "targets.md#around-it",
    "read_only": "targets.md#what-the-tools-do",
    "rest.public": "targets.md#the-same-for-every-user",
    "rest.skip": "targets.md#leaving-operations-out",
    "rest.graphql": "targets.md#what-the-tools-do",
    "rest.pages": "targets.md#what-the-tools-do",
    "rest.also": "targets.md#what-the-tools-do",
    "rest.streams": "targets.md#what-the-tools-do",
    "rest.har": "targets.md#what-the-tools-do",
    "tools.arguments": "targets.md#roles-of-arguments",
    "tools.public": "targets.md#the-same-for-every-user",
    "tools.skip": "targets.md#leaving-operations-out",
    "policy.allow.operations": "policy.md#patterns-of-operations",
    "policy.reserve.operations": "policy.md#patterns-of-operations",
    "policy.allow.when": "policy.md#conditions",
    "policy.fields.own": "policy.md#fields",
    "policy.fields.forbidden": "policy.md#fields",
    "policy.transcripts": "policy.md#what-is-judged",
}


def target_file_reference() -> str:
    """Return the page: a table for each part of the file.

    Raises:
        ValueError: A key has no description.
    """
    lines = [_HEAD.rstrip()]
    for (heading, *others), model in _parts():
        lines += ["", f"## {heading or 'Top level'}", "", _about(model), ""]
        if others:
            same = " and ".join(f"`{each}`" for each in others)
            lines += [f"The same keys are those of {same}.", ""]
        lines += ["| key | type | default | | more |", "|---|---|---|---|---|"]
        lines += _rows(model, _bare(heading).replace(".NAME", ""))
    return "\n".join(lines) + "\n"


def _parts() -> Iterator[tuple[list[str], type[BaseModel]]]:
    """Return each model once, with the headings of all tables that it describes."""
    headings: dict[type[BaseModel], list[str]] = {}
    waiting: list[tuple[str, type[BaseModel]]] = [("", TargetConfig)]
    while waiting:
        path, model = waiting.pop(0)
        if model in headings:
            headings[model].append(path)
            continue
        headings[model] = [path]
        for name, field in model.model_fields.items():
            below = f"{_bare(path)}.{field.alias or name}".lstrip(".")
            waiting += [(form, each) for each, form in _models_in(field.annotation, below)]
    yield from ((paths, model) for model, paths in headings.items())


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


def _rows(model: type[BaseModel], part: str = "") -> Iterator[str]:
    told = attributes_of(model)
    for name, field in model.model_fields.items():
        if name not in told:
            raise ValueError(f"{model.__name__}.{name} has no description in its docstring")
        key = field.alias or name
        link = _link(part, f"{part}.{key}".lstrip("."))
        cells = (f"`{key}`", _field_type(field), _default(field), told[name], link)
        yield f"| {' | '.join(each.replace('|', '&#124;') for each in cells)} |"


def _link(part: str, key: str) -> str:
    """Return the link to what explains a key: its own, or that of the nearest part around it."""
    target = _EXPLAINED_KEYS.get(key) or _EXPLAINED.get(key)
    while target is None:
        target = _EXPLAINED.get(part)
        part = part.rpartition(".")[0]
    page, _, section = target.partition("#")
    title = (section or page.removesuffix(".md")).replace("-", " ")
    return f"[{title}](../{target})"


def _field_type(field: FieldInfo) -> str:
    """Return a field's type; pydantic keeps what annotates the whole of it elsewhere."""
    said = _type(field.annotation)
    return f"text or {said}" if ONE_OR_MORE in field.metadata else said


def _type(annotation: Any) -> str:
    """Return a type in the words of TOML."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in _NAMES:
        return _NAMES[annotation]
    if origin is Annotated:
        said = _type(parts[0])
        return f"text or {said}" if ONE_OR_MORE in parts[1:] else said
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


if __name__ == "__main__":
    PAGE.write_text(target_file_reference(), encoding="utf-8")
    print(PAGE)
