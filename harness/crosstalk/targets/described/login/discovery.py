"""Finds the token endpoint of an MCP server by its metadata (RFC 9728, then RFC 8414)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2

from crosstalk.targets.described.login.base import CredentialError


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
    parts = urlsplit(resource)
    origin = f"{parts.scheme}://{parts.netloc}"
    where = f"{origin}/.well-known/oauth-protected-resource{parts.path.rstrip('/')}"
    described = _fetched(http, where) or _fetched(
        http, f"{origin}/.well-known/oauth-protected-resource"
    )
    issuers = described.get("authorization_servers") or [origin]
    issuer = urlsplit(str(issuers[0]).rstrip("/"))
    at = f"{issuer.scheme}://{issuer.netloc}"
    for url in (
        f"{at}/.well-known/oauth-authorization-server{issuer.path}",
        f"{at}{issuer.path}/.well-known/openid-configuration",
    ):
        found = _fetched(http, url).get("token_endpoint")
        if isinstance(found, str):
            return found
    raise CredentialError(
        f"no token endpoint is named by the metadata of {resource} (RFC 9728, RFC 8414): set "
        "identity.login.token_url"
    )


def _fetched(http: httpx2.Client, url: str) -> Mapping[str, Any]:
    try:
        response = http.get(url)
        found = response.json() if response.is_success else {}
    except (httpx2.HTTPError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
