"""Suggestions for the ids that prompts and resource templates take, from the caller's own data.

What was typed may be the beginning of an id or a part of a name; what is suggested is the id. A
reference to anything that does not exist suggests nothing, as one to an empty list does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.types import CompleteRequestParams, CompleteResult, Completion, PromptReference

from system.mcp.data_access.base import Data
from system.mcp.gate import caller
from system.mcp.guarded import GuardedServer
from system.store.schemas import MAX_PAGE

METHOD = "completion/complete"
# The protocol allows no more (completion, section Completion Results).
_MOST = 100
_PROJECTS = frozenset({("plan_my_day", "project_id"), ("project://{project_id}", "project_id")})
_TASKS = frozenset({("task://{task_id}", "task_id")})


def register(server: GuardedServer, data: Data) -> None:
    """Add completions to a server."""

    async def suggest(place: tuple[str, str], typed: str) -> Completion:
        subject = caller()
        found: Iterable[tuple[str, str]] = ()
        if place in _PROJECTS:
            projects = await data.list_projects(subject, None, MAX_PAGE)
            found = [(str(each.id), each.name) for each in projects.items]
        elif place in _TASKS:
            tasks = await data.list_tasks(subject, None, None, None, MAX_PAGE)
            found = [(str(each.id), each.title) for each in tasks.items]
        fitting = [identifier for identifier, name in found if _fits(typed, identifier, name)]
        return Completion(values=fitting[:_MOST], total=len(fitting), has_more=False)

    async def complete(
        ctx: ServerRequestContext[Any], params: CompleteRequestParams
    ) -> CompleteResult:
        ref, argument = params.ref, params.argument
        name = ref.name if isinstance(ref, PromptReference) else ref.uri
        work = suggest((name, argument.name), argument.value)
        return CompleteResult(completion=await server.answer(METHOD, work))

    server.handle(METHOD, CompleteRequestParams, complete)


def _fits(typed: str, identifier: str, name: str) -> bool:
    return identifier.startswith(typed.lower()) or typed.casefold() in name.casefold()
