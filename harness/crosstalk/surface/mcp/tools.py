"""The tools of any MCP server, over any transport, as operations.

What `stateless_tools` assumes of the reference system is not assumed here: arguments may be
nested, answers may have any form, errors may not say that they are, and the caller's identity may
travel anywhere. What a person said about a tool counts for more than what its schema suggests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.identifiers import last_name
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.http.exchange import unreachable, unsendable
from crosstalk.surface.mcp.replies import content_of, error_kind, sorted_out
from crosstalk.surface.mcp.stateless_messages import result_of
from crosstalk.surface.nesting import nested, shape_of, with_names
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.schemas import role_of
from crosstalk.surface.transports import Reply, Transport, TransportError

Kind = Literal["create", "read", "list", "search", "change", "delete", "other"]
READING: frozenset[str] = frozenset({"read", "list", "search"})
_METHOD_NOT_FOUND = "-32601"


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """What is known about a tool beside its schema.

    Attributes:
        kind: What it does; None leaves it to the server's annotations.
        roles: Argument, by flat name or by its last name, to what it is for.
        public: It needs no credential on purpose.
        skip: It is not to be called.
        values: Argument, by flat or last name, to the values that it takes where its schema does
            not say; one without any is left out.
    """

    kind: Kind | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)
    public: bool = False
    skip: bool = False
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)


class ToolSurface:
    """The tools of one MCP server.

    Args:
        transport: Carries the messages.
        discovery: What is presented when the tools are listed.
        facts: Tool name to what is known about it.
        roles: Roles of arguments in every tool, by flat or last name.
        carried: Arguments that the caller's credential fills in; they are not drawn.
        guess: What a tool does, where nothing is known and the server does not say.
        names: Finds the arguments by which users name objects, in tools of which nothing is known.
    """

    def __init__(
        self,
        transport: Transport,
        discovery: Mapping[str, str],
        *,
        facts: Mapping[str, ToolFacts] | None = None,
        roles: Mapping[str, Role] | None = None,
        carried: Sequence[str] = (),
        guess: Callable[[Mapping[str, Any]], Kind] | None = None,
        names: Callable[[Sequence[Mapping[str, Any]]], frozenset[str]] | None = None,
    ) -> None:
        self._transport = transport
        self._discovery = Presented.of(discovery)
        self._facts = dict(facts or {})
        self._roles = dict(roles or {})
        self._carried = frozenset(carried)
        self._guess = guess
        self._names = names

    def listed(self) -> list[Mapping[str, Any]]:
        """The server's tools as it describes them, from all pages.

        Raises:
            SurfaceError: It cannot be reached, or does not list tools.
        """
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        seen: set[str] = set()
        where = self._transport.where
        while True:
            try:
                params = {"cursor": cursor} if cursor else {}
                reply = self._transport.request("tools/list", params, self._discovery)
            except TransportError as error:
                raise SurfaceError(str(error)) from error
            result = result_of(reply.body)
            if result is None or not isinstance(result.get("tools"), list):
                raise SurfaceError(f"{where} does not list tools: {_reason(reply)}")
            found += [each for each in result["tools"] if isinstance(each, Mapping)]
            cursor = result.get("nextCursor")
            if not cursor:
                return found
            if cursor in seen:
                raise SurfaceError(f"{where} lists its tools in a circle")
            seen.add(cursor)

    def discover(self) -> list[Operation]:
        """The server's tools as operations.

        Raises:
            SurfaceError: It cannot be reached, does not list tools, or lacks one that is spoken of.
        """
        tools = self.listed()
        strange = set(self._facts) - {str(tool.get("name")) for tool in tools}
        if strange:
            raise SurfaceError(
                f"{self._transport.where} has no tool {sorted(strange)[0]!r}: "
                "correct or drop what is said about it under [tools]"
            )
        names = self._names(tools) if self._names is not None else frozenset()
        return [
            self._operation(tool, names)
            for tool in tools
            if not self._facts.get(str(tool.get("name")), ToolFacts()).skip
        ]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Answer:
        """Call a tool."""
        presented = Presented.of(headers)
        paths: Mapping[str, Sequence[str]] = operation.extra["paths"]
        types: Mapping[str, str] = operation.extra["types"]
        given = {name: _typed(value, types.get(name)) for name, value in arguments.items()}
        for name in operation.extra["carried"]:
            value = presented.arguments.get(last_name(name), presented.arguments.get(name))
            if value is not None:
                given[name] = _typed(value, types.get(name))
        return self.call_tool(
            operation.name.split(":", 1)[1],
            nested(given, paths, operation.extra["containers"]),
            presented,
        )

    def call_tool(self, name: str, arguments: Mapping[str, Any], presented: Presented) -> Answer:
        """Call a tool with arguments as they are."""
        params = {"name": name, "arguments": dict(arguments)}
        try:
            reply = self._transport.request("tools/call", params, presented)
        except TransportError as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"argument or header is not expressible ({type(error).__name__})")
        return answer_of(reply)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _operation(self, tool: Mapping[str, Any], names: frozenset[str]) -> Operation:
        name = str(tool["name"])
        own = self._facts.get(name)
        facts = own or ToolFacts(roles=dict.fromkeys(names, Role.NAME))
        shape = with_names(shape_of(tool.get("inputSchema") or {}), own.roles if own else ())
        carried = [leaf.name for leaf in shape.leaves if self._is_carried(leaf.name)]
        parameters = tuple(
            Parameter(leaf.name, schema, leaf.required, self._role(leaf.name, schema, facts))
            for leaf in shape.leaves
            if leaf.name not in carried
            if (schema := _limited(leaf.name, leaf.schema, facts)) is not None
        )
        kind = facts.kind or (self._guess(tool) if self._guess is not None else None)
        hinted = bool((tool.get("annotations") or {}).get("readOnlyHint"))
        reads_only = hinted if kind is None else kind in READING
        needs = [each for each in parameters if each.required and each.role is not Role.IDENTITY]
        lists = reads_only and not needs and kind in (None, "list")
        return Operation(
            surface="mcp",
            name=f"mcp:{name}",
            parameters=parameters,
            reads_only=reads_only,
            public=facts.public,
            lists=lists,
            extra={
                "paths": {leaf.name: leaf.path for leaf in shape.leaves},
                "types": {leaf.name: str(leaf.schema.get("type")) for leaf in shape.leaves},
                "containers": shape.containers,
                "carried": carried,
                "kind": kind,
            },
        )

    def _is_carried(self, name: str) -> bool:
        return name in self._carried or last_name(name) in self._carried

    def _role(self, name: str, schema: Mapping[str, Any], facts: ToolFacts) -> Role:
        short = last_name(name)
        for known in (facts.roles, self._roles):
            for each in (name, short):
                if each in known:
                    return known[each]
        return role_of(short, schema)


def _limited(name: str, schema: Mapping[str, Any], facts: ToolFacts) -> Mapping[str, Any] | None:
    """The schema with the values that are known; None where there is none to give."""
    values = facts.values.get(name, facts.values.get(last_name(name)))
    if values is None:
        return schema
    return {**schema, "enum": list(values)} if values else None


def answer_of(reply: Reply) -> Answer:
    """A reply as an answer."""
    if reply.status == 429:
        return Answer(
            Outcome.LIMITED, 429, reply.body, reply.headers, unsolicited=reply.unsolicited
        )
    body = reply.body
    result = result_of(body)
    headers = {name: value for name, value in reply.headers.items() if name != "mcp-session-id"}
    if result is None:
        if isinstance(body, Mapping) and "jsonrpc" in body:
            # The id of the request is new each time and says nothing.
            body = {key: value for key, value in body.items() if key not in ("jsonrpc", "id")}
        kind, code, message = error_kind(body)
        return Answer(kind, reply.status, body, headers, code, message, reply.unsolicited)
    # Hand-written servers answer with the bare value in the place of content blocks.
    bare = "content" not in result and "structuredContent" not in result
    content = content_of({"structuredContent": result} if bare else result)
    kind, code, message = sorted_out(content, flagged=bool(result.get("isError")))
    return Answer(kind, reply.status, content, headers, code, message, reply.unsolicited)


def _reason(reply: Reply) -> str:
    _, code, message = error_kind(reply.body)
    if reply.status in (401, 403):
        return f"{message or code or f'HTTP {reply.status}'}; it wants a credential"
    if code == _METHOD_NOT_FOUND:
        return "it has none"
    return message or code or f"HTTP {reply.status}"


def _typed(value: Any, kind: str | None) -> Any:
    """An id that travelled as text in the type that the schema wants."""
    if kind in ("integer", "number") and isinstance(value, str) and value.isdigit():
        return int(value)
    return value
