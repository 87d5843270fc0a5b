"""Names that users choose, as paths and bodies of a REST API have them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from urllib.parse import urlsplit

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import IDENTIFYING_FIELDS
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.schemas import role_of

# Key of what an operation has in its path and its body: to rename a category is to send its name.
TWICE = "twice"


def with_chosen_names(operations: list[Operation]) -> list[Operation]:
    """The same, with names that users choose: one operation takes them, another's path has them."""
    in_paths = {
        each.name
        for operation in operations
        for each in operation.parameters
        if each.role is Role.REFERENCE
        and operation.extra["form"].paths[each.name][0][0] == "path"
        and not _says_id(each)
    }
    # A voucher's `card` names one of `/cards/{card}`, and gives it no name.
    named = {
        each.name
        for operation in operations
        if not operation.reads_only
        for each in operation.parameters
        if each.role is Role.TEXT
        and each.name in in_paths
        and not _names_another(operation, each, operations)
    }
    named |= in_paths & {name for each in operations for name in each.extra.get(TWICE, ())}
    named |= in_paths & _names_put(operations)
    named |= _names_asked(operations)
    # An `id` is that of any collection: it is chosen in those alone whose entries are put.
    put = _ids_put(operations)
    named |= put.keys()
    if not named:
        return operations
    homes = _collections(operations, named) | put
    return [
        replace(
            operation,
            parameters=tuple(
                replace(each, role=Role.NAME)
                if each.name in named
                and each.role in (Role.TEXT, Role.REFERENCE)
                and not _is_changed(operation, each)
                and _is_at_home(operation, each, homes)
                else each
                for each in operation.parameters
            ),
        )
        for operation in operations
    ]


def _collections(operations: Sequence[Operation], names: Collection[str]) -> dict[str, set[str]]:
    """Return the collections whose entries paths name so: `sketches` of `/sketches/{name}`."""
    found: dict[str, set[str]] = {}
    for operation in operations:
        parts = urlsplit(operation.extra["form"].url).path.split("/")
        for before, part in pairwise(parts):
            if part[:1] == "{" and part[1:-1] in names:
                found.setdefault(part[1:-1], set()).add(before)
    return found


def _names_another(
    operation: Operation, parameter: Parameter, operations: Sequence[Operation]
) -> bool:
    """Return whether a body names an object of another collection, into which others post without
    giving such a name.
    """
    homes = _collections(operations, {parameter.name}).get(parameter.name, set())
    parts = set(urlsplit(operation.extra["form"].url).path.split("/"))
    return not homes & parts and any(
        _is(each, "POST")
        and urlsplit(each.extra["form"].url).path.rstrip("/").rpartition("/")[2] in homes
        and all(one.name != parameter.name for one in each.parameters)
        for each in operations
    )


def _is_at_home(
    operation: Operation, parameter: Parameter, homes: Mapping[str, Collection[str]]
) -> bool:
    """Return whether a name is that of an entry of such a collection: others have a `name`, too."""
    if last_name(parameter.name).lower() not in IDENTIFYING_FIELDS:
        return True
    parts = urlsplit(operation.extra["form"].url).path.split("/")
    home = homes.get(parameter.name)
    return home is None or bool(set(home) & set(parts))


def _is_changed(operation: Operation, parameter: Parameter) -> bool:
    """Return whether a path names what is there already: a change of `/cars/{plate}`, or what is
    stored inside it, chooses no name.
    """
    form = operation.extra["form"]
    in_path = form.paths[parameter.name][0][0] == "path"
    put = form.method == "PUT" and form.url.rstrip("/").endswith(f"{{{parameter.name}}}")
    # What stores no text besides draws no new name: it takes one that there is.
    renamed = parameter.name in operation.extra.get(TWICE, ()) and not operation.stores
    return in_path and not operation.reads_only and form.method != "DELETE" and not (put or renamed)


def _names_put(operations: Sequence[Operation]) -> set[str]:
    """Return path parameters under which users store, where no POST gives out an id instead."""
    posted = {each.extra["form"].url.rstrip("/") for each in operations if _is(each, "POST")}
    found = set()
    for each in operations:
        collection, _, last = each.extra["form"].url.rstrip("/").rpartition("/")
        stores = _is(each, "PUT") and each.parameter(Role.TEXT) is not None
        if stores and last.startswith("{") and last.endswith("}") and collection not in posted:
            found.add(last[1:-1])
    return found


def _ids_put(operations: Sequence[Operation]) -> dict[str, set[str]]:
    """Return the texts called ids under which users store what no POST makes, to the collections.

    A client that works offline gives its records ids of its own: `PUT /payments/{id}`.
    """
    posted = {_collection_of(each) for each in operations if _is(each, "POST")}
    found: dict[str, set[str]] = {}
    for each in operations:
        home, last = _collection_of(each), each.extra["form"].url.rstrip("/").rpartition("/")[2]
        for one in each.parameters if _is(each, "PUT") and home not in posted else ():
            asks = any(e.required and e.role is Role.TEXT for e in each.parameters)
            text = one.schema.get("type") == "string"
            if last == f"{{{one.name}}}" and last_name(one.name) == "id" and text and asks:
                found.setdefault(one.name, set()).add(home)
    return found


def _collection_of(operation: Operation) -> str:
    """Return the last word of an address that is no variable: `payments` of `/payments/{id}`."""
    parts = urlsplit(operation.extra["form"].url).path.rstrip("/").split("/")
    return next((each for each in reversed(parts) if each[:1] != "{"), "")


def _names_asked(operations: Sequence[Operation]) -> set[str]:
    """Return required query parameters by which one address stores and shows: `/file?path=`."""
    stored: set[tuple[str, str]] = set()
    shown: set[tuple[str, str]] = set()
    for operation in operations:
        form = operation.extra["form"]
        texts = [each for each in operation.parameters if each.role is Role.TEXT]
        asked = {
            (form.url, each.name)
            for each in texts
            if each.required and form.paths[each.name][0][0] == "query"
        }
        if operation.reads_only or form.method == "DELETE":
            shown |= asked
        elif len(texts) > len(asked):
            stored |= asked
    return {name for _, name in stored & shown}


def _is(operation: Operation, method: str) -> bool:
    return str(operation.extra["form"].method) == method


def _says_id(parameter: Parameter) -> bool:
    return role_of(parameter.name, parameter.schema) is Role.REFERENCE
