"""MCP resources, prompts and completions as operations.

A template's variables become parameters (`mcp:resources/read task://{task_id}`), so that a URI
carries an id of a user as an argument does. A resource of a fixed URI is a reading of the caller's
own (`mcp:resources/read notes://all`), and `mcp:resources/read` takes a whole URI as some answer
gave it. `mcp:completion/complete` asks what a variable or an argument could be, from a part of it.

What is listed to one caller is tried by all: to read what one is not shown is the attack.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mcp.shared.uri_template import InvalidUriTemplate, UriTemplate

from crosstalk.core.errors import did_you_mean
from crosstalk.core.history import Answer, Outcome
from crosstalk.core.identifiers import identifiers_in, last_name
from crosstalk.core.verdict import Inconclusive, InconclusiveKind
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SettingError, SurfaceError
from crosstalk.surface.http.exchange import unreachable, unsendable
from crosstalk.surface.http.json_text import encode
from crosstalk.surface.mcp.answers import METHOD_NOT_FOUND, declared_result
from crosstalk.surface.mcp.facts import ToolFacts, known_role, limited
from crosstalk.surface.mcp.inputs import completed
from crosstalk.surface.mcp.listing import listed_to_all
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.schemas import role_of
from crosstalk.surface.transports.base import Reply, Transport, TransportError
from crosstalk.surface.transports.current import request

SURFACE = "mcp-resources"
_TEXT = {"type": "string"}
_LIST = "resources/list"
_READ = "resources/read"
_TEMPLATES = "resources/templates/list"
_PROMPTS = "prompts/list"
_PROMPT = "prompts/get"
_COMPLETE = "completion/complete"
# Resources of fixed URIs and completions that become operations of their own; others of a server
# that has more are read by `resources/read`.
_MOST = 24
# What no server lists: to complete it there is nothing, unless something is taken from elsewhere.
_UNLISTED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("(unlisted prompt) name", {"type": "ref/prompt", "name": "unlisted"}, "name"),
    ("(unlisted template) id", {"type": "ref/resource", "uri": "unlisted://{id}"}, "id"),
)
# A variable of a template by which users name an object.
_NAMED = re.compile(r"(?:^|_)(?:name|title|slug|path|label|topic|key)$|^file_?name$", re.IGNORECASE)
# A URI of one object of many: it ends with a number.
_NUMBERED = re.compile(r"[/:=#-]\d+(?:\.\w+)?$")


class McpResourcesSurface:
    """The resources, prompts and completions of one MCP server.

    Args:
        transport: Carries the messages.
        discovery: What is presented when resources, templates and prompts are listed.
        also: What others present who list them too.
        answer: Reads replies.
        strict: The server keeps to the protocol: what it answers beside it is an error. Otherwise
            a list that is not understood is not offered.
        facts: Operation, e.g. `prompts/get digest`, to what is known about it.
        roles: Roles of variables and arguments in every operation, by name.
        carried: Arguments that the caller's credential fills in; they are not drawn.

    Attributes:
        not_understood: What is offered in a form that cannot be called, once it was discovered.
    """

    def __init__(
        self,
        transport: Transport,
        discovery: Presented,
        *,
        also: Sequence[Presented] = (),
        answer: Callable[[Reply], Answer] = declared_result,
        strict: bool = True,
        facts: Mapping[str, ToolFacts] | None = None,
        roles: Mapping[str, Role] | None = None,
        carried: Sequence[str] = (),
    ) -> None:
        self._transport = transport
        self.discovery = discovery
        self.also = also
        self._answer = answer
        self._strict = strict
        self._facts = dict(facts or {})
        self._roles = dict(roles or {})
        self._carried = frozenset(carried)
        self._templates: list[UriTemplate] = []
        self.not_understood: list[Inconclusive] = []

    def discover(self) -> list[Operation]:
        """Reading, listing and prompting, as far as the server offers it; perhaps nothing.

        Raises:
            SurfaceError: It cannot be reached, does not answer as the protocol says, or lacks what
                is spoken of.
        """
        self._templates.clear()
        self.not_understood.clear()
        found: list[Operation] = []
        resources = self._listed(_LIST, "resources", "uri")
        templates = self._listed(_TEMPLATES, "resourceTemplates", "uriTemplate") or []
        read = [each for item in templates if (each := self._template(item)) is not None]
        if resources is not None:
            cursor = Parameter("cursor", _TEXT, False, Role.CURSOR)
            uri = Parameter("uri", _TEXT, True, Role.REFERENCE)
            # The method exists and nothing is offered, as in many servers that offer tools alone.
            nothing = not resources and not templates
            # Where templates alone are offered, a list may stay empty, and names no URI then.
            empty = not resources
            found = [
                self._operation(_LIST, "", (cursor,), unannounced=empty, descriptive=nothing),
                # A tool may link to a resource that no list names.
                self._operation(_READ, "", (uri,), unannounced=empty),
                *(self._operation(_READ, each, ()) for each in self._fixed(resources)),
            ]
        prompts = self._listed(_PROMPTS, "prompts", "name") or []
        found += [*read, *(self._prompt(each) for each in prompts if each.get("name"))]
        found += self._completions(found)
        self._require_known({_title(each) for each in found})
        return [each for each in found if not self._facts.get(_title(each), ToolFacts()).skip]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """List, read, prompt or complete."""
        method = str(operation.extra["method"])
        given = dict(arguments)
        for name in operation.extra["carried"]:
            value = presented.arguments.get(last_name(name), presented.arguments.get(name))
            if value is not None:
                given[name] = value
        try:
            reply = completed(self._transport, method, _params(operation, given), presented)
        except TransportError as error:
            return unreachable(error)
        except (ValueError, RecursionError) as error:
            return unsendable(f"argument or header is not expressible ({type(error).__name__})")
        answer = self._answer(reply)
        if method == _LIST and answer.outcome is Outcome.OK:
            return replace(answer, linked=self._named_by(answer.body))
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _listed(self, method: str, key: str, naming: str) -> list[Mapping[str, Any]] | None:
        lookers = (self.discovery, *self.also)
        if self._strict:
            return listed_to_all(self._transport, method, key, naming, lookers)
        found: list[Mapping[str, Any]] | None = None
        # It may be offered to others alone.
        for place in range(len(lookers)):
            with contextlib.suppress(SurfaceError, ValueError, RecursionError):
                found = listed_to_all(self._transport, method, key, naming, lookers[place:])
                break
        return found

    def _operation(
        self,
        method: str,
        name: str,
        parameters: Sequence[Parameter],
        *,
        unannounced: bool = False,
        descriptive: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> Operation:
        facts = self._facts.get(f"{method} {name}".rstrip(), ToolFacts())
        carried = [each.name for each in parameters if last_name(each.name) in self._carried]
        kept = []
        for each in parameters:
            schema = limited(each.name, each.schema, facts)
            if each.name not in carried and schema is not None:
                role = known_role(each.name, facts.roles, self._roles) or each.role
                kept.append(replace(each, schema=schema, role=role))
        return Operation(
            surface=SURFACE,
            name=f"mcp:{method} {name}".rstrip(),
            parameters=tuple(kept),
            reads_only=True,
            public=facts.public,
            lists=not any(each.required and each.role is not Role.IDENTITY for each in kept),
            unannounced=unannounced,
            descriptive=descriptive,
            extra={"method": method, "of": name, "carried": carried, **(extra or {})},
        )

    def _fixed(self, resources: Sequence[Mapping[str, Any]]) -> list[str]:
        """URIs that are not of one object among many: those have a template, an id or a number."""
        uris = [str(each["uri"]) for each in resources if each.get("uri")]
        return [
            uri
            for uri in uris
            if not identifiers_in(uri)
            and not _NUMBERED.search(uri)
            and not any(each.match(uri) for each in self._templates)
        ][:_MOST]

    def _template(self, item: Mapping[str, Any]) -> Operation | None:
        """A template as an operation; one that is not an RFC 6570 template cannot be filled."""
        text = str(item.get("uriTemplate", ""))
        try:
            template = UriTemplate.parse(text)
        except InvalidUriTemplate:
            self.not_understood.append(
                Inconclusive(
                    InconclusiveKind.NOT_UNDERSTOOD,
                    f"mcp:{_READ} {text}",
                    "offered and not read: it is not a URI template (RFC 6570)",
                )
            )
            return None
        self._templates.append(template)
        optional = template.query_variable_names
        parameters = [
            Parameter(name, _TEXT, name not in optional, _role_of_variable(name))
            for name in template.variable_names
        ]
        return self._operation(_READ, text, parameters)

    def _prompt(self, item: Mapping[str, Any]) -> Operation:
        arguments = [each for each in item.get("arguments") or () if isinstance(each, Mapping)]
        parameters = [
            Parameter(
                str(each.get("name")),
                _TEXT,
                bool(each.get("required")),
                role_of(str(each.get("name")), _TEXT),
            )
            for each in arguments
        ]
        return self._operation(_PROMPT, str(item["name"]), parameters)

    def _completions(self, operations: Sequence[Operation]) -> list[Operation]:
        """What could complete these operations' parameters, if the server completes anything."""
        places = [
            (f"{operation.extra['of']} {each.name}", _reference(operation), each.name)
            for operation in operations
            if operation.extra["of"]
            for each in operation.parameters
        ][:_MOST]
        found = [
            self._operation(
                _COMPLETE,
                name,
                # Nothing typed yet is completed to everything.
                (Parameter("value", _TEXT, False, Role.QUERY),),
                unannounced=True,
                extra={"ref": reference, "argument": argument},
            )
            for name, reference, argument in (*places, *_UNLISTED)
        ]
        if not places:
            return []
        answer = self.call(found[0], {}, self.discovery)
        if answer.code == METHOD_NOT_FOUND or (not self._strict and answer.status == 404):
            return []
        return found

    def _named_by(self, body: Any) -> dict[str, list[str]]:
        """The variables of templates in the URIs that a list shows, by which they can be read."""
        found: dict[str, list[str]] = {}
        for each in body.get("resources") or () if isinstance(body, Mapping) else ():
            uri = str(each.get("uri")) if isinstance(each, Mapping) else ""
            for template in self._templates:
                for name, value in (template.match(uri) or {}).items():
                    if isinstance(value, str) and value:
                        found.setdefault(name, []).append(value)
        return found

    def _require_known(self, titles: set[str]) -> None:
        for title in self._facts:
            if title not in titles:
                raise SettingError(
                    f"{self._transport.where} does not offer {title!r}, of which [tools] speaks"
                    f"{did_you_mean(title, titles)}"
                )


def resource_read(uri: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return headers and message of one reading, to be sent by other means."""
    return request(_READ, {"uri": uri}, 1)


def _title(operation: Operation) -> str:
    return operation.name.split(":", 1)[1]


def _role_of_variable(name: str) -> Role:
    """What a variable of a template is for: it says which resource is meant, if nothing else."""
    role = role_of(name, _TEXT)
    if role is Role.TEXT:
        return Role.NAME if _NAMED.search(name) else Role.REFERENCE
    return role


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
        argument = {"name": operation.extra["argument"], "value": "", **arguments}
        return {"ref": operation.extra["ref"], "argument": argument}
    if method == _PROMPT:
        return {"name": name, "arguments": dict(arguments)}
    if method == _READ and name and not arguments and not UriTemplate.is_template(name):
        return {"uri": name}
    if method == _READ and name:
        filled = {
            key: value if isinstance(value, str) else encode(value).decode()
            for key, value in arguments.items()
        }
        return {"uri": UriTemplate.parse(name).expand(filled)}
    return dict(arguments)
