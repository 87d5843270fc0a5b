"""Finds out where tokens for an MCP server come from, by its metadata (RFC 9728, then RFC 8414).

A refusal names the metadata of the resource (RFC 9728, section 5.1), or it stands at its usual
address; it names the authorization servers, whose metadata names their endpoints.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from crosstalk.targets.described.login.base import CredentialError

_RESOURCE_METADATA = re.compile(r'resource_metadata="([^"]+)"', re.IGNORECASE)
# Grants by which a program gets tokens for users without a browser.
_BY_PROGRAM = ("client_credentials", "password")


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """An authorization server, as its metadata describes it.

    Attributes:
        issuer: Its identifier.
        token_endpoint: Where tokens come from.
        registration_endpoint: Where clients register themselves; empty where they cannot.
        grants: The grants that it offers.
        scopes: The scopes that the resource asks for.
    """

    issuer: str
    token_endpoint: str
    registration_endpoint: str = ""
    grants: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()

    def advice(self) -> str:
        """Return how to get a token and what to put into the file, in sentences."""
        grants = ", ".join(self.grants) or "authorization_code"
        said = (
            f"Its metadata names {self.issuer}: tokens come from {self.token_endpoint} ({grants})"
        )
        if self.registration_endpoint:
            said += f", clients register at {self.registration_endpoint}"
        if self.scopes:
            said += f", scopes are {' '.join(self.scopes)}"
        grant = next((each for each in _BY_PROGRAM if each in self.grants), None)
        if grant is None:
            return f"{said}. Sign two users in, and give one's token with --token"
        return (
            f"{said}. With a token from there the file can be written; in it "
            f'[identity.login] with grant = "{grant}" gets tokens by itself, and needs no token_url'
        )


def token_endpoint(http: httpx2.Client, resource: str) -> str:
    """Find the token endpoint of the first authorization server that a resource names.

    Args:
        http: Sends the requests.
        resource: URL of the MCP endpoint.

    Raises:
        CredentialError: The metadata is not there or names none.
    """
    if not resource:
        raise CredentialError("set identity.login.token_url to the token endpoint")
    found = authorization_of(http, resource)
    if found is None:
        raise CredentialError(
            f"no token endpoint is named by the metadata of {resource} (RFC 9728, RFC 8414): set "
            "identity.login.token_url"
        )
    return found.token_endpoint


def authorization_of(http: httpx2.Client, resource: str) -> AuthorizationServer | None:
    """Return the first authorization server with a token endpoint that a resource names.

    Args:
        http: Sends the requests.
        resource: URL of the MCP endpoint.

    Returns:
        The server; None where the metadata is not there or names none.
    """
    parts = urlsplit(resource)
    origin = f"{parts.scheme}://{parts.netloc}"
    usual = f"{origin}/.well-known/oauth-protected-resource"
    named = _named_by_refusal(http, resource)
    described: Mapping[str, Any] = {}
    for where in (named, f"{usual}{parts.path.rstrip('/')}", usual):
        described = described or (_fetched(http, where) if where else {})
    issuers = described.get("authorization_servers")
    for issuer in issuers if isinstance(issuers, list) and issuers else [origin]:
        for url in metadata_urls(str(issuer)):
            found = _fetched(http, url)
            if isinstance(found.get("token_endpoint"), str):
                return AuthorizationServer(
                    str(found.get("issuer") or issuer),
                    found["token_endpoint"],
                    str(found.get("registration_endpoint") or ""),
                    _texts(found.get("grant_types_supported")),
                    _texts(described.get("scopes_supported")),
                )
    return None


def metadata_urls(issuer: str) -> tuple[str, str]:
    """Return where an issuer's metadata stands (RFC 8414, section 3.1; OpenID Discovery)."""
    parts = urlsplit(issuer.rstrip("/"))
    at = f"{parts.scheme}://{parts.netloc}"
    return (
        f"{at}/.well-known/oauth-authorization-server{parts.path}",
        f"{at}{parts.path}/.well-known/openid-configuration",
    )


def _named_by_refusal(http: httpx2.Client, resource: str) -> str:
    """The metadata's URL in the refusal of a request without a credential."""
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"Accept": "application/json, text/event-stream"}
    try:
        with http.stream("POST", resource, json=ping, headers=headers) as response:
            challenge = response.headers.get("www-authenticate", "")
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return ""
    found = _RESOURCE_METADATA.search(challenge)
    return found[1] if found else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _fetched(http: httpx2.Client, url: str) -> Mapping[str, Any]:
    try:
        response = http.get(url)
        found = response.json() if response.is_success else {}
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
