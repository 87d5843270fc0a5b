"""Operations of a GraphQL endpoint: one for each field of its queries and mutations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2

from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import deletes
from crosstalk.surface.graphql.form import GraphQLForm, Together
from crosstalk.surface.graphql.schema import (
    Schema,
    fetched_schema,
    named,
    required,
    written_type,
)
from crosstalk.surface.nesting import flat_name, shape_at
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.schemas import role_of

# Fields whose objects are asked for together: own and foreign in one request.
_MOST_TOGETHER = 6


def graphql_operations(
    http: httpx2.Client, url: str, headers: Mapping[str, str]
) -> list[Operation]:
    """Return the fields of a GraphQL endpoint as operations, e.g. `rest:POST /graphql addNote`.

    A field that takes one id alone is an operation three times: by itself, as aliases of one
    document, and as a batch of requests, where a check of the first may let the others through.

    Args:
        http: Asks what there is.
        url: Of the endpoint.
        headers: That the request has, e.g. a user's credential.

    Raises:
        SurfaceError: The endpoint cannot be reached, or does not answer introspection.
    """
    schema = fetched_schema(http, url, headers)
    plain = [
        *_fields(schema, schema.query, "query", url),
        *_fields(schema, schema.mutation, "mutation", url),
    ]
    alone = [each for each in plain if _takes_one_id(each)][:_MOST_TOGETHER]
    ways: tuple[Together, ...] = ("aliases", "batch")
    return [*plain, *(_together(each, way) for each in alone for way in ways)]


def _fields(schema: Schema, type_name: str, root: str, url: str) -> Iterator[Operation]:
    for each in schema.fields(type_name):
        selection = schema.selection(each["type"])
        if selection is None:
            continue
        yield _operation(schema, each, root, url, selection)


def _operation(
    schema: Schema, described: Mapping[str, Any], root: str, url: str, selection: str
) -> Operation:
    parameters: list[Parameter] = []
    paths: dict[str, tuple[str, ...]] = {}
    arguments = described.get("args") or ()
    for argument in arguments:
        known = schema.json_schema(argument["type"])
        is_id = named(argument["type"]) == "ID"
        shape = shape_at(known, (argument["name"],), required=required(argument))
        for leaf in shape.leaves:
            name = flat_name(leaf.path)
            role = role_of(last_name(name), leaf.schema)
            if is_id and role in (Role.TEXT, Role.VALUE):
                role = Role.REFERENCE
            paths[name] = leaf.path
            inside = flat_name(leaf.inside)
            parameters.append(Parameter(name, leaf.schema, leaf.required, role, inside))
    field, reads = str(described["name"]), root == "query"
    needs = [each for each in parameters if each.required and each.role is not Role.IDENTITY]
    form = GraphQLForm(
        url,
        root,
        field,
        {each["name"]: written_type(each["type"]) for each in arguments},
        selection,
        paths,
        {each.name: str(each.schema.get("type")) for each in parameters},
    )
    return Operation(
        "rest",
        f"rest:POST {urlsplit(url).path or '/'} {field}",
        tuple(parameters),
        reads_only=reads,
        lists=reads and not needs,
        extra={"form": form, **({"kind": "delete"} if not reads and deletes(field) else {})},
    )


def _takes_one_id(operation: Operation) -> bool:
    if not operation.reads_only or len(operation.parameters) != 1:
        return False
    (only,) = operation.parameters
    return only.required and only.role is Role.REFERENCE and not only.many


def _together(operation: Operation, way: Together) -> Operation:
    (only,) = operation.parameters
    many = replace(only, schema={"type": "array", "items": only.schema})
    form = replace(operation.extra["form"], together=way)
    return replace(
        operation,
        name=f"{operation.name} as {way}",
        parameters=(many,),
        # No schema says whether a server takes batches.
        unannounced=True,
        extra={**operation.extra, "form": form},
    )
