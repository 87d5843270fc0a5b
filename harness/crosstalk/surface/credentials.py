"""Credentials as they travel with a call, sorted by their place in the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from crosstalk.core.history import Actor


@dataclass(frozen=True, slots=True)
class Presented:
    """A credential in its parts; a surface takes those that its protocol has a place for.

    Attributes:
        headers: Request headers.
        arguments: Arguments of the call that the generator does not draw, by dotted name.
        address: What takes the place of `{name}` in the URL.
        environment: Environment variables of the process that serves the caller.
        query: Names and values that every address ends with.
        cookies: Cookies, beside those that a `Cookie` header among `headers` has.
        connection: Who shares a session, a stream or a process: callers with one name do. Callers
            without a name share one, as users behind a gateway do.
        csrf: The token that a form of the caller's session repeats in a field.
        borrowed: Whether the connection is another caller's, so that what is refused there ends
            nothing.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    address: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    connection: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    csrf: str = field(default="", repr=False)
    borrowed: bool = False

    @classmethod
    def bearer(cls, token: str) -> Presented:
        """Return a bearer token (RFC 6750, section 2.1) and nothing else."""
        return cls({"Authorization": f"Bearer {token}"})

    @property
    def alone(self) -> bool:
        """Return whether no other caller is served on the caller's session, stream or process."""
        return bool(self.connection)

    def header_fields(self) -> dict[str, str]:
        """Return the request headers with the cookies among them."""
        if not self.cookies:
            return dict(self.headers)
        pairs = [self.headers.get("Cookie", "")]
        pairs += [f"{name}={value}" for name, value in self.cookies.items()]
        return {**self.headers, "Cookie": "; ".join(filter(None, pairs))}

    def with_headers(self, headers: Mapping[str, str]) -> Presented:
        """Return the same with these headers as well; they replace others of their names."""
        return replace(self, headers={**self.headers, **headers})


NOTHING = Presented()


class Credentials(Protocol):
    """Gives what carries an actor's identity."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return what this actor presents with a call.

        Args:
            actor: Who calls.
            subject: What the system knows them by; for a caller without a credential, whom they
                claim to be.
            surface: Where the call goes.
        """
        ...
