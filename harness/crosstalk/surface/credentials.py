"""What an actor presents with a call, sorted by the place of the request in which it travels.

A campaign hands credentials over as headers. Systems want them elsewhere too: in an argument, in
the address, in a process's environment, in the session. Those entries begin with a colon, which no
header name can (RFC 9110, section 5.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from crosstalk.core.history import Actor

ARGUMENT = ":argument."
ADDRESS = ":address."
ENVIRONMENT = ":environment."
CONNECTION = ":connection"


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential in its parts.

    Attributes:
        headers: Request headers.
        arguments: Arguments of the call that the generator does not draw, by dotted name.
        address: What takes the place of `{name}` in the URL.
        environment: Environment variables of the process that serves the caller.
        connection: Who shares a session, a stream or a process: callers with one name do. Without
            a name everybody shares one, as users behind a gateway do.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    address: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    connection: str = ""

    @property
    def alone(self) -> bool:
        """Whether nobody else is served on the caller's session, stream or process."""
        return bool(self.connection)

    @classmethod
    def of(cls, entries: Mapping[str, str]) -> Presented:
        """Sort what `as_entries` wrote, or ordinary headers."""

        def part(prefix: str) -> dict[str, str]:
            return {
                name.removeprefix(prefix): value
                for name, value in entries.items()
                if name.startswith(prefix)
            }

        return cls(
            headers={name: value for name, value in entries.items() if not name.startswith(":")},
            arguments=part(ARGUMENT),
            address=part(ADDRESS),
            environment=part(ENVIRONMENT),
            connection=entries.get(CONNECTION, ""),
        )

    def as_entries(self) -> dict[str, str]:
        """One flat mapping, as credentials hand it over."""
        return {
            **self.headers,
            **{f"{ARGUMENT}{name}": value for name, value in self.arguments.items()},
            **{f"{ADDRESS}{name}": value for name, value in self.address.items()},
            **{f"{ENVIRONMENT}{name}": value for name, value in self.environment.items()},
            **({CONNECTION: self.connection} if self.connection else {}),
        }


class Credentials(Protocol):
    """Gives the request headers that carry an actor's identity."""

    def headers(self, actor: Actor, subject: str, surface: str) -> Mapping[str, str]:
        """Headers for a call of this actor on this surface; empty for somebody without any."""
        ...
