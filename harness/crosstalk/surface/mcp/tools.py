"""The tools of any MCP server, over any transport, as operations.

Nothing is assumed that a server need not keep to: arguments may be nested, answers may have any
form, errors may not say that they are, and the caller's identity may travel anywhere. What a person
said about a tool counts for more than what its schema suggests. `stateless` has the same surface
for servers that are known to keep to the protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mcp.shared.inbound import find_invalid_x_mcp_header, mcp_param_headers, x_mcp_header_map

from crosstalk.core.errors import did_you_mean
from crosstalk.core.history import Answer
from crosstalk.core.identifiers import last_name
from crosstalk.surface.created_objects import naming_created
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SettingError, SurfaceError
from crosstalk.surface.http.exchange import unreachable, unsendable
from crosstalk.surface.mcp.answers import inferred_answer
from crosstalk.surface.mcp.deferred import AS_TASK, awaited, with_task
from crosstalk.surface.mcp.facts import READING, Kind, ToolFacts, known_role, limited
from crosstalk.surface.mcp.inputs import completed
from crosstalk.surface.mcp.listing import listed_to_all
from crosstalk.surface.mcp.streams import with_events
from crosstalk.surface.nesting import (
    Shape,
    as_number,
    first,
    flat_name,
    nested,
    path_of,
    shape_of,
    with_names,
)
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.schemas import is_question, parameter, role_of
from crosstalk.surface.transports.base import Reply, Transport, TransportError
from crosstalk.surface.transports.current import request


class ToolSurface:
    """The tools of one MCP server.

    Args:
        transport: Carries the messages.
        discovery: What is presented when the tools are listed.
        shape: Finds the values that a schema has room for.
        answer: Reads replies.
        facts: Tool name to what is known about it.
        roles: Roles of arguments in every tool, by flat or last name.
        carried: Arguments that the caller's credential fills in; they are not drawn.
        kinds: What each tool does, by name, where nothing is known and the server does not say.
        named: Finds the arguments that name objects, in tools of which nothing is known.

    Attributes:
        discovery: What is presented when the tools are listed.
        also: What others present who list them too: a tool that is shown to one of them alone is
            called by all.
    """

    def __init__(
        self,
        transport: Transport,
        discovery: Presented,
        *,
        shape: Callable[[Mapping[str, Any]], Shape] = shape_of,
        answer: Callable[[Reply], Answer] = inferred_answer,
        facts: Mapping[str, ToolFacts] | None = None,
        roles: Mapping[str, Role] | None = None,
        carried: Sequence[str] = (),
        kinds: Callable[[Sequence[Mapping[str, Any]]], Mapping[str, Kind]] | None = None,
        named: Callable[[Sequence[Mapping[str, Any]]], Mapping[str, Role]] | None = None,
    ) -> None:
        self._transport = transport
        self.discovery = discovery
        self.also: Sequence[Presented] = ()
        self._shape = shape
        self._answer = answer
        self._facts = dict(facts or {})
        self._roles = dict(roles or {})
        self._carried = frozenset(carried)
        self._kinds = kinds
        self._named = named

    def listed(self) -> list[Mapping[str, Any]]:
        """Return the tools that the server shows to any of those who look, as it describes them.

        Raises:
            SurfaceError: It cannot be reached, or does not list tools.
        """
        found = listed_to_all(
            self._transport, "tools/list", "tools", "name", (self.discovery, *self.also)
        )
        if found is None:
            raise SurfaceError(f"{self._transport.where} does not list tools: it has none")
        return found

    def discover(self) -> list[Operation]:
        """Return the server's tools as operations.

        Raises:
            SurfaceError: It cannot be reached, or does not list tools.
        SettingError: It lacks one that is spoken of.
        """
        tools = self.listed()
        offered = {str(tool.get("name")) for tool in tools}
        strange = sorted(set(self._facts) - offered)
        if strange:
            raise SettingError(
                f"{self._transport.where} has no tool {strange[0]!r}, of which [tools] speaks"
                f"{did_you_mean(strange[0], offered)}"
            )
        kinds = self._kinds(tools) if self._kinds is not None else {}
        named = self._named(tools) if self._named is not None else {}
        called = [
            self._operation(tool, kinds.get(str(tool.get("name"))), named)
            for tool in tools
            if not self._facts.get(str(tool.get("name")), ToolFacts()).skip
        ]
        called = naming_created(called, identities=self._roles)
        return [*called, *(_started(each) for each in called if each.extra["task"])]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Call a tool."""
        extra = operation.extra
        types: Mapping[str, str] = extra["types"]
        about: frozenset[str] = extra["meta"]
        given = {name: _typed(value, types.get(first(name))) for name, value in arguments.items()}
        undeclared = {each for each in arguments if first(each) not in types} - about
        given |= {name: as_number(arguments[name]) for name in undeclared}
        for name in extra["carried"]:
            value = presented.arguments.get(last_name(name), presented.arguments.get(name))
            if value is not None:
                given[name] = _typed(value, types.get(name))
        try:
            mirrored = mcp_param_headers(extra["mirrored"], given)
        except (ValueError, RecursionError) as error:
            return _unsendable(error)
        return self.call_tool(
            extra["tool"],
            nested(
                {name: value for name, value in given.items() if name not in about},
                {**{name: path_of(name) for name in undeclared}, **extra["paths"]},
                extra["containers"],
            ),
            # The credential counts for more than what a header repeats of an argument.
            replace(presented, headers={**mirrored, **presented.headers}),
            {name: value for name, value in given.items() if name in about},
            task=extra["started"] or extra["task"] == "required",
            wait=not extra["started"],
        )

    def call_tool(
        self,
        name: str,
        arguments: Mapping[str, Any],
        presented: Presented,
        meta: Mapping[str, Any] | None = None,
        *,
        task: bool = False,
        wait: bool = True,
    ) -> Answer:
        """Call a tool with arguments as they are.

        Args:
            name: Of the tool.
            arguments: In the structure that it takes.
            presented: Who calls.
            meta: What goes into the request's `_meta`.
            task: Whether the server is asked to do it as a task.
            wait: Whether the task's result is awaited, where it is done as one.
        """
        params = {"name": name, "arguments": dict(arguments), **({"_meta": meta} if meta else {})}
        params |= {"task": AS_TASK} if task else {}
        try:
            reply = completed(self._transport, "tools/call", params, presented)
            if wait:
                reply = awaited(self._transport, reply, presented)
        except TransportError as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return _unsendable(error)
        return with_task(with_events(self._answer(reply), reply), reply)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _operation(
        self, tool: Mapping[str, Any], guessed: Kind | None, named: Mapping[str, Role]
    ) -> Operation:
        name = str(tool["name"])
        own = self._facts.get(name)
        facts = own or ToolFacts(roles=named)
        said = tool.get("inputSchema")
        # `true` admits anything, and says nothing of it.
        schema: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
        shape = with_names(self._shape(schema), own.roles if own else ())
        carried = [leaf.name for leaf in shape.leaves if self._is_carried(leaf.name)]
        parameters = tuple(
            Parameter(
                leaf.name,
                known,
                leaf.required,
                self._role(leaf.name, known, facts),
                flat_name(leaf.inside),
            )
            for leaf in shape.leaves
            if leaf.name not in carried
            if (known := limited(leaf.name, leaf.schema, facts)) is not None
        )
        keys = tuple(
            parameter(key, each, {}, required=False)
            for key, each in (tool.get("_meta") or {}).items()
            if isinstance(each, Mapping) and role_of(key, each) is Role.KEY
        )
        kind = facts.kind or guessed
        hinted = bool((tool.get("annotations") or {}).get("readOnlyHint"))
        if kind == "search" and not any(each.role is Role.QUERY for each in parameters):
            # What is asked is looked for, as a word of any other search is.
            parameters = tuple(
                replace(each, role=Role.QUERY)
                if each.role is Role.TEXT and is_question(each.name)
                else each
                for each in parameters
            )
        reads_only = hinted if kind is None else kind in READING
        needs = [each for each in parameters if each.required and each.role is not Role.IDENTITY]
        lists = reads_only and not needs and kind in (None, "list")
        return Operation(
            surface="mcp",
            name=f"mcp:{name}",
            parameters=(*parameters, *keys),
            reads_only=reads_only,
            public=facts.public,
            lists=lists,
            takes_more=schema.get("additionalProperties") is not False,
            extra={
                "paths": {leaf.name: leaf.path for leaf in shape.leaves},
                "types": {leaf.name: str(leaf.schema.get("type")) for leaf in shape.leaves},
                "containers": shape.containers,
                "carried": carried,
                "kind": kind,
                "tool": name,
                "about": str(tool.get("description") or ""),
                # Whether it can be, or must be, called as a task (2025-11-25, Tasks).
                "task": _task_support(tool),
                "started": False,
                # Headers that must repeat an argument (transports, section Custom Headers).
                "mirrored": {} if find_invalid_x_mcp_header(schema) else x_mcp_header_map(schema),
                # What travels in the request's `_meta`, as the tool's own `_meta` announces.
                "meta": frozenset(each.name for each in keys),
            },
        )

    def _is_carried(self, name: str) -> bool:
        return name in self._carried or last_name(name) in self._carried

    def _role(self, name: str, schema: Mapping[str, Any], facts: ToolFacts) -> Role:
        known = known_role(name, facts.roles, self._roles)
        return known if known is not None else role_of(last_name(name), schema)


def _task_support(tool: Mapping[str, Any]) -> str:
    """Return `required` or `optional`; empty for a tool that answers at once."""
    execution = tool.get("execution")
    said = execution.get("taskSupport") if isinstance(execution, Mapping) else None
    return str(said) if said in ("required", "optional") else ""


def _started(operation: Operation) -> Operation:
    """Return the operation that begins a tool's task and does not wait for what comes of it."""
    return replace(
        operation,
        name=f"{operation.name} as a task",
        lists=False,
        extra={**operation.extra, "started": True},
    )


def tool_call(name: str, arguments: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return headers and message of one tool call, to be sent by other means."""
    return request("tools/call", {"name": name, "arguments": dict(arguments)}, 1)


def _unsendable(error: Exception) -> Answer:
    return unsendable(f"argument or header is not expressible ({type(error).__name__})")


def _typed(value: Any, kind: str | None) -> Any:
    """An id that travelled as text in the type that the schema wants."""
    if kind in ("integer", "number") and isinstance(value, str) and value.isdigit():
        return int(value)
    return value
