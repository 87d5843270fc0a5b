"""A REST API as a description corrects it: kinds, roles, values, what is public or left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from crosstalk.core.errors import did_you_mean
from crosstalk.core.history import Answer
from crosstalk.core.identifiers import ELEMENT, last_name
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SettingError
from crosstalk.surface.mcp.facts import READING
from crosstalk.surface.operation import Operation, Parameter, Role, Surface
from crosstalk.targets.described.config import RestConfig, ToolConfig


class DescribedRest:
    """A REST API, whose description counts for more than its document.

    An OpenAPI document often says nothing about credentials; that does not make an operation
    public.

    Args:
        inner: Makes the calls.
        config: The description of the API.
        roles: Roles of parameters in every operation, by name.
        tools: Descriptions of operations, by method and path as the document writes them.
        read_only: Leaves out every operation that may change something.
        carried: Places (`header`, `query`, `cookie`) and names, in lower case, of what says who
            calls. It travels with every call, and is no argument of any.
    """

    def __init__(
        self,
        inner: Surface,
        config: RestConfig,
        roles: Mapping[str, Role],
        tools: Mapping[str, ToolConfig] | None = None,
        *,
        read_only: bool = False,
        carried: Collection[tuple[str, str]] = (),
    ) -> None:
        self._inner = inner
        self._config = config
        self._roles = roles
        self._tools = dict(tools or {})
        self._read_only = read_only
        self._carried = frozenset(carried)

    def discover(self) -> list[Operation]:
        """List the API's operations, without those that are left out.

        Raises:
            SurfaceError: There is no OpenAPI document.
            SettingError: The file speaks of an operation or an argument that it does not have.
        """
        found = self._inner.discover()
        self._require_known({_title(each) for each in found})
        corrected = [
            self._corrected(each)
            for each in found
            if _title(each) not in self._config.skip
            and not self._tools.get(_title(each), ToolConfig()).skip
        ]
        return [each for each in corrected if each.reads_only or not self._read_only]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Make one request."""
        return self._inner.call(operation, arguments, presented)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _require_known(self, titles: set[str]) -> None:
        settings = {
            "rest.public": self._config.public,
            "rest.skip": list(self._config.skip),
            "tools": list(self._tools),
        }
        for setting, named in settings.items():
            for title in named:
                if title not in titles:
                    raise SettingError(
                        f"{setting} names {title!r}, which the document does not have"
                        f"{did_you_mean(title, titles)}"
                    )

    def _corrected(self, operation: Operation) -> Operation:
        title = _title(operation)
        tool = self._tools.get(title, ToolConfig())
        self._require_parameters(title, tool, [each.name for each in operation.parameters])
        public = title in self._config.public or tool.public
        parameters = tuple(
            replace(limited, role=self._role(limited, tool))
            for each in operation.parameters
            if not self._is_carried(operation, each)
            and (limited := _limited(each, tool)) is not None
        )
        reads_only = operation.reads_only if tool.kind == "other" else tool.kind in READING
        needs = [each for each in parameters if each.required and each.role is not Role.IDENTITY]
        extra = operation.extra if tool.kind == "other" else {**operation.extra, "kind": tool.kind}
        return replace(
            operation,
            parameters=parameters,
            reads_only=reads_only,
            public=public,
            lists=reads_only and not public and not needs,
            extra=extra,
        )

    def _is_carried(self, operation: Operation, parameter: Parameter) -> bool:
        paths = getattr(operation.extra.get("form"), "paths", {}).get(parameter.name, ())
        places = {(str(path[0]), str(path[-1]).lower()) for path in paths}
        return bool(places) and places <= self._carried

    def _role(self, parameter: Parameter, tool: ToolConfig) -> Role:
        for known in (tool.arguments, self._roles):
            for name in _written(parameter):
                if name in known:
                    return known[name]
        return parameter.role

    @staticmethod
    def _require_parameters(title: str, tool: ToolConfig, names: Sequence[str]) -> None:
        known = {*names, *map(last_name, names)}
        for name in (*tool.arguments, *tool.values):
            if name.removesuffix(ELEMENT) not in known:
                raise SettingError(
                    f"tools.{title!r} names the argument {name!r}, which it does not take"
                    f"{did_you_mean(name, known)}"
                )


def is_operation(name: str) -> bool:
    """Return whether a name in the file is a REST operation's, e.g. `GET /books/{title}`."""
    method, space, path = name.partition(" ")
    return bool(space) and method.isupper() and path.startswith("/")


def _title(operation: Operation) -> str:
    return operation.name.split(":", 1)[1]


def _written(parameter: Parameter) -> tuple[str, ...]:
    """Return the ways in which a file may write an argument: a list also by its elements."""
    short = last_name(parameter.name)
    return parameter.name, short, *(f"{each}{ELEMENT}" for each in (parameter.name, short))


def _limited(parameter: Parameter, tool: ToolConfig) -> Parameter | None:
    """The parameter with the values that the file knows; None where it is left out."""
    given = (tool.values[name] for name in _written(parameter) if name in tool.values)
    values = next(given, None)
    if values is None:
        return parameter
    if not values:
        return None
    return replace(parameter, schema={**parameter.schema, "enum": list(values)}, role=Role.VALUE)
