"""Argument types that several tools share, with the descriptions that models read."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from mcp.types import ToolAnnotations
from pydantic import Field

from system.store.schemas import Cursor, PageLimit

UserId = Annotated[
    str, Field(description="The caller's own user id; must be the subject of the bearer token.")
]
TaskId = Annotated[UUID, Field(description="Id of a task of this user, as listed.")]
ProjectId = Annotated[UUID, Field(description="Id of a project of this user, as listed.")]
PageCursor = Annotated[
    Cursor, Field(description="`next_cursor` of the page before; leave out for the first page.")
]
Limit = Annotated[PageLimit, Field(description="How many to return at most, 1 to 100.")]

READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
ADDS = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)
CHANGES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)
COMPLETES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
# Deleting twice answers not_found the second time, and changes nothing more.
DELETES = CHANGES
