"""Roles and references of operations, and a server that is not there."""

from __future__ import annotations

import pytest

from crosstalk.surface import (
    NOTHING,
    RestSurface,
    Role,
    SurfaceError,
    stateless_tools,
)
from crosstalk.surface.schemas import resolve, role_of


@pytest.mark.parametrize(
    ("name", "schema", "role"),
    [
        ("user_id", {"type": "string"}, Role.IDENTITY),
        ("owner", {"type": "string"}, Role.IDENTITY),
        ("task_id", {"type": "string"}, Role.REFERENCE),
        ("thing", {"type": "string", "format": "uuid"}, Role.REFERENCE),
        ("cursor", {"type": "string"}, Role.CURSOR),
        ("q", {"type": "string"}, Role.QUERY),
        ("containing", {"type": "string"}, Role.QUERY),
        ("subject", {"type": "string"}, Role.TEXT),
        ("subject_id", {"type": "string"}, Role.IDENTITY),
        ("Idempotency-Key", {"type": "string", "pattern": "x"}, Role.KEY),
        ("crosstalk/idempotencyKey", {"type": "string"}, Role.KEY),
        ("idempotency_key", {"type": "string"}, Role.KEY),
        ("api_key", {"type": "string"}, Role.REFERENCE),
        ("title", {"type": "string"}, Role.TEXT),
        ("status", {"type": "string", "enum": ["a"]}, Role.VALUE),
        ("limit", {"type": "integer"}, Role.VALUE),
    ],
)
def test_role_is_read_from_name_and_schema(
    name: str, schema: dict[str, object], role: Role
) -> None:
    assert role_of(name, schema) is role


def test_schema_is_resolved_with_references_and_without_null() -> None:
    root = {"$defs": {"S": {"type": "string", "enum": ["a"]}}}
    schema = {"anyOf": [{"$ref": "#/$defs/S"}, {"type": "null"}], "default": None}
    assert resolve(schema, root) == {"type": "string", "enum": ["a"]}
    loop = {"$defs": {"L": {"properties": {"next": {"$ref": "#/$defs/L"}}}}}
    assert resolve({"$ref": "#/$defs/L"}, loop)


def test_surface_without_a_server_says_so_in_one_line() -> None:
    with pytest.raises(SurfaceError, match="no MCP server answers"):
        stateless_tools("http://127.0.0.1:9/mcp", NOTHING).discover()
    with pytest.raises(SurfaceError, match="no OpenAPI document"):
        RestSurface("http://127.0.0.1:9").discover()
