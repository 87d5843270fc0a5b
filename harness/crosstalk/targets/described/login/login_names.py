"""Users named to public operations by what they log in with: `POST /forgot {"email": …}`.

A field that the login fills for each user says elsewhere, too, whose account is
meant. Where no credential is asked for, anyone can name any user there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from typing import Any, TypeAlias

from crosstalk.core.history import Answer
from crosstalk.core.identifiers import last_name
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role, Surface
from crosstalk.targets.described.credentials import People, SurfaceCredentials
from crosstalk.targets.described.login.config import LoginConfig
from crosstalk.targets.described.placeholders import filled

_USER = "{user}"
_OfLogins: TypeAlias = Callable[[Mapping[str, Operation]], Set[str]]


class LoginNames:
    """Names users as a login does, in public operations of one surface.

    Args:
        inner: Makes the calls.
        login: Its fields name the user.
        people: The users by the subject that the system knows them by.
        of_logins: Returns the operations that sign users up and in: whoever signs up in a user's
            name has taken it.
    """

    def __init__(
        self, inner: Surface, login: LoginConfig, people: People, of_logins: _OfLogins
    ) -> None:
        self._inner = inner
        self._people = people
        self._of_logins = of_logins
        self._fields = fields_naming_users(login)
        self._named: dict[str, tuple[str, ...]] = {}

    def discover(self) -> list[Operation]:
        """List the operations, with those fields of public ones as identities.

        Raises:
            SurfaceError: The server cannot be reached or does not speak the protocol.
        """
        found = self._inner.discover()
        signing = self._of_logins({each.name: each for each in found})
        return [each if each.name in signing else self._with_identity(each) for each in found]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Make one call, with the login's name of each user who is named by a subject."""
        given = dict(arguments)
        for name in self._named.get(operation.name, ()):
            if isinstance(given.get(name), str):
                places = self._people.person(given[name]).places()
                given[name] = filled(self._fields[last_name(name)], places)
        return self._inner.call(operation, given, presented)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _with_identity(self, operation: Operation) -> Operation:
        if not operation.public:
            return operation
        named = tuple(each.name for each in operation.parameters if self._names_user(each))
        if not named:
            return operation
        self._named[operation.name] = named
        return replace(
            operation,
            parameters=tuple(
                replace(each, role=Role.IDENTITY) if each.name in named else each
                for each in operation.parameters
            ),
        )

    def _names_user(self, parameter: Parameter) -> bool:
        return parameter.required and last_name(parameter.name) in self._fields


def with_login_names(
    surface: Surface, credentials: SurfaceCredentials, of_logins: _OfLogins
) -> Surface:
    """Return a surface that names users as their login does; the same where there is no login.

    Args:
        surface: Makes the calls.
        credentials: Of its users.
        of_logins: Returns the operations that sign users up and in, which keep their fields.
    """
    login = credentials.identity.login
    if login is None:
        return surface
    return LoginNames(surface, login, credentials.people, of_logins)


def fields_naming_users(login: LoginConfig) -> dict[str, str]:
    """Return the fields that a login fills with a user's name, as they fill them.

    Args:
        login: Of a description; a field of its sign-up alone may be what others call the user.
    """
    return {
        name: text
        for name, text in (login.json_body or login.form or {}).items()
        if isinstance(text, str) and _USER in text
    }
