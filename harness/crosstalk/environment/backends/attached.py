"""A system that runs already, wherever it is: its addresses are given, and nothing is started.

Credentials come either from the issuer's own keys, so that any token can be minted, or as ready
tokens of users who exist. Users' data is deleted only where the caller has said that it may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from crosstalk.environment.parts.database import erase_users_data
from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.masking import mask_settings, mask_text
from crosstalk.environment.runtime.service import Service
from crosstalk.tokens import BACKEND_AUDIENCE, LocalIssuer

_REACH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class AttachedOptions:
    """Where the system is, and how users prove who they are.

    Attributes:
        backend_url: Base URL of its REST API.
        mcp_url: URL of its MCP endpoint.
        issuer: Has keys that the system trusts; mints any token.
        tokens: Audience (`backend`, `mcp`) to subject to a ready token, where there is no issuer.
        backend_audience: The `aud` that the REST API wants.
        mcp_audience: The `aud` that the MCP endpoint wants; its URL by default (RFC 8707).
        databases: `admin` and other roles to `postgresql://` URLs, where they may be used.
        disposable_data: Users' data may be deleted.
    """

    backend_url: str | None = None
    mcp_url: str | None = None
    issuer: LocalIssuer | None = None
    tokens: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    backend_audience: str = BACKEND_AUDIENCE
    mcp_audience: str | None = None
    databases: Mapping[str, str] = field(default_factory=dict, repr=False)
    disposable_data: bool = False


@dataclass(slots=True)
class AttachedSystem:
    """A running system that was not started here; see `interface.Running`."""

    options: AttachedOptions

    @property
    def backend_url(self) -> str | None:
        """Base URL of the REST API, if it was given."""
        return self.options.backend_url.rstrip("/") if self.options.backend_url else None

    @property
    def mcp_url(self) -> str | None:
        """URL of the MCP endpoint, if it was given."""
        return self.options.mcp_url

    @property
    def model_url(self) -> str | None:
        """None: which model answers there is not known."""
        return None

    @property
    def issuer(self) -> LocalIssuer | None:
        """The issuer, if its keys were given."""
        return self.options.issuer

    @property
    def databases(self) -> Mapping[str, str]:
        """The URLs that were given."""
        return self.options.databases

    @property
    def logs(self) -> Path | None:
        """None: logs are where the system is."""
        return None

    @property
    def services(self) -> Mapping[str, Service]:
        """None of them was started here."""
        return {}

    def mint(
        self, subject: str, *, audience: str = "backend", ttl: int = 600, **claims: Any
    ) -> str:
        """A token for `backend` or `mcp`, or for a literal audience; `ttl` in seconds.

        Raises:
            EnvironmentFailed: There is no issuer, and no token of that subject or no such claims.
        """
        options = self.options
        if options.issuer is not None:
            named = {
                "backend": options.backend_audience,
                "mcp": options.mcp_audience or self.mcp_url,
            }
            return options.issuer.mint(
                subject, audience=named.get(audience) or audience, ttl=ttl, **claims
            )
        token = options.tokens.get(audience, {}).get(subject)
        if token is None or claims:
            wanted = f"with the claims {', '.join(claims)}" if claims else f"for {audience!r}"
            raise EnvironmentFailed(
                f"no token of {subject!r} {wanted}: give the issuer's keys, or that token"
            )
        return token

    def reset(self) -> None:
        """Delete all users' data.

        Raises:
            EnvironmentFailed: It may not be deleted, or the database is not known.
        """
        if not self.options.disposable_data:
            raise EnvironmentFailed(
                "users' data of an attached system stays: say that it is disposable to delete it"
            )
        if "admin" not in self.options.databases:
            raise EnvironmentFailed("users' data cannot be deleted: give the `admin` database URL")
        erase_users_data(self.options.databases["admin"])

    def stop(self, name: str) -> None:
        """Never possible here.

        Raises:
            EnvironmentFailed: Always.
        """
        raise self._elsewhere(name)

    def start(self, name: str) -> None:
        """Never possible here.

        Raises:
            EnvironmentFailed: Always.
        """
        raise self._elsewhere(name)

    def restart(self, name: str) -> None:
        """Never possible here.

        Raises:
            EnvironmentFailed: Always.
        """
        raise self._elsewhere(name)

    def describe(self) -> dict[str, Any]:
        """The effective configuration as plain data, secrets masked."""
        options = self.options
        return {
            "kind": "attached",
            "backend_url": mask_text(self.backend_url) if self.backend_url else None,
            "mcp_url": mask_text(self.mcp_url) if self.mcp_url else None,
            "issuer": options.issuer.url if options.issuer else None,
            "tokens": {audience: sorted(users) for audience, users in options.tokens.items()},
            "databases": mask_settings(options.databases),
            "disposable_data": options.disposable_data,
        }

    def _elsewhere(self, name: str) -> EnvironmentFailed:
        return EnvironmentFailed(f"{name!r} was not started here: do it where the system runs")


class AttachedEnvironment:
    """Attaches to a running system; leaving the `with` block leaves it as it is.

    Args:
        options: Where it is.
    """

    def __init__(self, options: AttachedOptions) -> None:
        self._options = options

    def __enter__(self) -> AttachedSystem:
        """See that it is there.

        Raises:
            EnvironmentFailed: No address was given, or nobody answers there.
        """
        urls = [each for each in (self._options.backend_url, self._options.mcp_url) if each]
        if not urls:
            raise EnvironmentFailed("nothing to attach to: give the backend's URL or MCP's")
        for url in urls:
            require_answer(url)
        return AttachedSystem(self._options)

    def __exit__(self, *failure: object) -> None:
        """Leave the system as it is."""


def require_answer(url: str) -> None:
    """See that somebody answers there.

    Raises:
        EnvironmentFailed: Nobody does, or it is no URL.
    """
    shown = mask_text(url)
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise EnvironmentFailed(f"{shown} is no http:// or https:// URL")
    try:
        # Any answer will do, a refusal too: only the harness's credentials open the rest.
        # Its beginning is enough: some endpoints go on for ever.
        with httpx2.stream("GET", url, timeout=_REACH_SECONDS):
            return
    except httpx2.HTTPError as error:
        raise EnvironmentFailed(
            f"nobody answers at {shown} ({type(error).__name__}): is the system running there?"
        ) from error
