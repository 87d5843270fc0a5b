"""MCP resources, prompts and completions as operations.

A template's variables become parameters (`mcp:resources/read task://{task_id}`), so that a URI
carries an id of a user as an argument does; `mcp:resources/read` takes a whole URI as some answer
gave it. `mcp:completion/complete` asks what a variable or an argument could be, from a part of
it. None has an identity argument: whose data is meant, the credential alone says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mcp.shared.uri_template import InvalidUriTemplate, UriTemplate

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.exchange import unreachable, unsendable
from crosstalk.surface.http.json_text import encode, loads
from crosstalk.surface.mcp.answers import METHOD_NOT_FOUND, refusal, result_of
from crosstalk.surface.mcp.inputs import completed
from crosstalk.surface.mcp.listing import listed
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.schemas import parameter
from crosstalk.surface.transports.base import Transport, TransportError
from crosstalk.surface.transports.current import request

SURFACE = "mcp-resources"
_TEXT = {"type": "string"}
_LIST = "resources/list"
_READ = "resources/read"
_PROMPT = "prompts/get"
_COMPLETE = "completion/complete"
# They tell a client how long to keep an answer and who gave it, and hold no user's data.
_PROTOCOL_FIELDS = frozenset({"_meta", "resultType", "ttlMs", "cacheScope"})


class McpResourcesSurface:
    """The resources, prompts and completions of one MCP server.

    Args:
        transport: Carries the messages.
        discovery: What is presented when templates and prompts are listed.
    """

    def __init__(self, transport: Transport, discovery: Presented) -> None:
        self._transport = transport
        self._discovery = discovery

    def discover(self) -> list[Operation]:
        """Reading, listing and prompting, as far as the server offers it; perhaps nothing.

        Raises:
            SurfaceError: It cannot be reached, or does not answer as the protocol says.
        """
        found: list[Operation] = []
        if self._listed(_LIST, "resources") is not None:
            cursor = Parameter("cursor", _TEXT, False, Role.CURSOR)
            uri = Parameter("uri", _TEXT, True, Role.REFERENCE)
            found = [
                _operation(_LIST, "", (cursor,), lists=True),
                _operation(_READ, "", (uri,)),
            ]
        templates = self._listed("resources/templates/list", "resourceTemplates")
        found += [each for item in templates or () if (each := _template(item)) is not None]
        found += [_prompt(each) for each in self._listed("prompts/list", "prompts") or ()]
        return [*found, *self._completions(found)]

    def _listed(self, method: str, key: str) -> list[Mapping[str, Any]] | None:
        return listed(self._transport, method, key, self._discovery)

    def _completions(self, operations: Sequence[Operation]) -> list[Operation]:
        """What could complete these operations' parameters, if the server completes anything."""
        found = [
            _operation(
                _COMPLETE,
                f"{operation.extra['of']} {each.name}",
                (Parameter("value", _TEXT, True, Role.QUERY),),
                extra={"ref": _reference(operation), "argument": each.name},
            )
            for operation in operations
            if operation.extra["of"]
            for each in operation.parameters
        ]
        if not found:
            return []
        answer = self.call(found[0], {"value": ""}, self._discovery)
        return found if answer.code != METHOD_NOT_FOUND else []

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """List, read, prompt or complete."""
        method = str(operation.extra["method"])
        try:
            params = _params(operation, arguments)
            reply = completed(self._transport, method, params, presented)
        except TransportError as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"argument or header is not expressible ({type(error).__name__})")
        result = result_of(reply.body)
        if reply.status == 429 or result is None:
            return refusal(reply)
        content = _content(result)
        return Answer(
            Outcome.OK, reply.status, content, reply.headers, unsolicited=reply.unsolicited
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def resource_read(uri: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return headers and message of one reading, to be sent by other means."""
    return request(_READ, {"uri": uri}, 1)


def _operation(
    method: str,
    name: str,
    parameters: tuple[Parameter, ...],
    *,
    lists: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> Operation:
    return Operation(
        surface=SURFACE,
        name=f"mcp:{method} {name}".rstrip(),
        parameters=parameters,
        reads_only=True,
        lists=lists,
        extra={"method": method, "of": name, **(extra or {})},
    )


def _template(item: Mapping[str, Any]) -> Operation | None:
    """A template as an operation; one that is not an RFC 6570 template cannot be filled."""
    text = str(item.get("uriTemplate", ""))
    try:
        names = UriTemplate.parse(text).variable_names
    except InvalidUriTemplate:
        return None
    return _operation(
        _READ, text, tuple(parameter(name, _TEXT, {}, required=True) for name in names)
    )


def _prompt(item: Mapping[str, Any]) -> Operation:
    parameters = tuple(
        parameter(str(each["name"]), _TEXT, {}, required=bool(each.get("required")))
        for each in item.get("arguments") or ()
    )
    needs = any(each.required for each in parameters)
    return _operation(_PROMPT, str(item["name"]), parameters, lists=not needs)


def _reference(operation: Operation) -> dict[str, str]:
    """How a completion names what it completes (completion, section Reference Types)."""
    if operation.extra["method"] == _PROMPT:
        return {"type": "ref/prompt", "name": str(operation.extra["of"])}
    return {"type": "ref/resource", "uri": str(operation.extra["of"])}


def _params(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the method takes.

    Raises:
        ValueError, RecursionError: An argument has no place in a URI.
    """
    method, name = operation.extra["method"], str(operation.extra["of"])
    if method == _COMPLETE:
        argument = {"name": operation.extra["argument"], **arguments}
        return {"ref": operation.extra["ref"], "argument": argument}
    if method == _PROMPT:
        return {"name": name, "arguments": dict(arguments)}
    if method == _READ and name:
        filled = {
            key: value if isinstance(value, str) else encode(value).decode()
            for key, value in arguments.items()
        }
        return {"uri": UriTemplate.parse(name).expand(filled)}
    return dict(arguments)


def _content(result: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _opened(value) for key, value in result.items() if key not in _PROTOCOL_FIELDS}


def _opened(value: Any) -> Any:
    """The same with JSON read where a text holds it, as contents and messages do."""
    if isinstance(value, Mapping):
        return {
            key: loads(each) if key == "text" and isinstance(each, str) else _opened(each)
            for key, each in value.items()
        }
    return [_opened(each) for each in value] if isinstance(value, list) else value
