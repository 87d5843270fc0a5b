"""Forgeries and their context: the keys, names and audiences that they are made from.

The context holds more than an attacker has: with the trusted issuer's private keys a token can be
made that is valid in all but one respect, which shows that this one respect is checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosstalk.core.errors import HarnessError
from crosstalk.tokens.issuer import LocalIssuer
from crosstalk.tokens.keys import KeyPair, b64

Header = tuple[str, str]


class NotApplicableError(HarnessError):
    """The forgery cannot be made here: a key is not known, or the token would be genuine."""


@dataclass(frozen=True, slots=True)
class ForgeryContext:
    """The keys, names and audiences that forgeries are made from.

    Attributes:
        issuer: The trusted issuer (its private keys serve only to spoil a valid token).
        stranger: An issuer that no service trusts.
        subject: The user whom the attacker impersonates.
        audience: The audience that a valid token for the surface under attack names.
        other_audience: The audience of another service of the same system.
        exchanger: The service that issues tokens of its own for `other_audience` or `audience`,
            if its key is known.
        trusts_exchanger: Whether the surface under attack trusts that service.
        caller: The service that signs tokens of its own to call back with, if its key is known.
        trusts_caller: Whether the surface under attack trusts that one.
    """

    issuer: LocalIssuer
    stranger: LocalIssuer
    subject: str
    audience: str
    other_audience: str
    exchanger: LocalIssuer | None = None
    trusts_exchanger: bool = False
    caller: LocalIssuer | None = None
    trusts_caller: bool = False

    @property
    def valid_token(self) -> str:
        """A token that the surface must accept: the positive control."""
        return self.issuer.mint(self.subject, audience=self.audience)

    def key(self, algorithm: str = "EdDSA") -> KeyPair:
        """Return the trusted issuer's key.

        Raises:
            NotApplicableError: It has none of that algorithm.
        """
        if algorithm not in self.issuer.algorithms:
            raise NotApplicableError(f"the issuer has no {algorithm} key")
        return self.issuer.key(algorithm)

    def header(self, algorithm: str = "EdDSA", **members: Any) -> dict[str, Any]:
        """Build the header of a valid token, with members replaced; None leaves one out."""
        usual = {"alg": algorithm, "kid": self.key(algorithm).kid, "typ": "JWT"}
        return {name: value for name, value in {**usual, **members}.items() if value is not None}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Build the claims of a valid token, with some replaced; None leaves one out."""
        usual = self.issuer.claims(self.subject, audience=self.audience)
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def signed(
        self,
        header: Mapping[str, Any] | bytes | None = None,
        payload: Mapping[str, Any] | bytes | None = None,
        algorithm: str = "EdDSA",
    ) -> str:
        """Sign any header and payload with the trusted issuer's key."""
        return self.key(algorithm).sign_parts(
            part(self.header(algorithm) if header is None else header),
            part(self.claims() if payload is None else payload),
        )


@dataclass(frozen=True, slots=True)
class Credential:
    """The credential of a request.

    Attributes:
        headers: Header lines, in order; a name may occur twice.
        query: Query parameters.
    """

    headers: tuple[Header, ...]
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Forgery:
    """A spoiled, made-up or misplaced credential.

    Attributes:
        name: Its name in reports.
        source: The specification, advisory or publication that it is taken from.
        description: Its fault, in one sentence.
        build: Makes the value of the `Authorization` header; None sends no such header.
        more: Further header lines, after that one.
        query: Query parameters.
    """

    name: str
    source: str
    description: str
    build: Callable[[ForgeryContext], str | None]
    more: Callable[[ForgeryContext], Sequence[Header]] | None = None
    query: Callable[[ForgeryContext], Mapping[str, str]] | None = None

    def credential(self, context: ForgeryContext) -> Credential:
        """Build the credential that the request carries.

        Raises:
            NotApplicableError: It cannot be made in this context.
        """
        value = self.build(context)
        first: list[Header] = [] if value is None else [("Authorization", value)]
        more = self.more(context) if self.more else ()
        return Credential((*first, *more), self.query(context) if self.query else {})


def of_token(
    name: str, source: str, description: str, token: Callable[[ForgeryContext], str]
) -> Forgery:
    """Build a forgery from a token, presented as RFC 6750 section 2.1 says."""
    return Forgery(name, source, description, lambda context: f"Bearer {token(context)}")


def part(value: Mapping[str, Any] | bytes) -> str:
    """Encode a part of a compact JWS: members as compact JSON, bytes as they are."""
    if isinstance(value, bytes):
        return b64(value)
    return b64(json.dumps(value, separators=(",", ":")).encode())


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """Build the signing input of a compact JWS."""
    return f"{part(header)}.{part(claims)}"
