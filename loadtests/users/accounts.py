"""Accounts with tokens, and the system that they belong to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.report.run_folder import ROOT
from crosstalk.tokens import BACKEND_AUDIENCE, LocalIssuer
from loadtests.report.counts import MarkedSubject

_TTL_SECONDS = 6 * 3_600


@dataclass(frozen=True, slots=True)
class Account:
    """A subject with tokens.

    Attributes:
        subject: The user and the marker.
        token: For the backend.
        mcp_token: For the MCP server.
    """

    subject: MarkedSubject
    token: str
    mcp_token: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return plain data, for another process."""
        subject = self.subject
        return {
            "user": subject.user,
            "marker": subject.marker,
            "token": self.token,
            "mcp_token": self.mcp_token,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, str]) -> Account:
        """Rebuild an account from `to_dict`."""
        subject = MarkedSubject(data["user"], data["marker"])
        return cls(subject, data["token"], data["mcp_token"])


@dataclass(frozen=True, slots=True)
class LoadTarget:
    """Addresses of a running system, and the issuer of its tokens.

    Attributes:
        backend_url: Base URL of REST and chat.
        mcp_url: The MCP endpoint.
        issuer: The test issuer.
        mcp_resource_url: Audience of tokens for the MCP server; its endpoint if empty.
    """

    backend_url: str
    mcp_url: str
    issuer: LocalIssuer
    mcp_resource_url: str = ""

    def account(self) -> Account:
        """Make a new user with tokens."""
        subject = MarkedSubject.create()
        resource = self.mcp_resource_url or self.mcp_url
        return Account(
            subject,
            self.issuer.mint(subject.user, audience=BACKEND_AUDIENCE, ttl=_TTL_SECONDS),
            self.issuer.mint(subject.user, audience=resource, ttl=_TTL_SECONDS),
        )


def load_target(folder: Path | None = None) -> LoadTarget:
    """Find the system that `crosstalk up` runs, or the one that the environment names.

    | variable | meaning |
    |---|---|
    | CROSSTALK_RUN | the run folder of `crosstalk up`; the latest by default |
    | CROSSTALK_BACKEND_URL, CROSSTALK_MCP_URL | where the system is, instead of the folder's |
    | CROSSTALK_MCP_RESOURCE_URL | the `aud` of tokens for MCP, where it is not that URL |
    | CROSSTALK_ISSUER_KEYS | file with the keys of a test issuer that the system trusts |

    Args:
        folder: Its run folder, instead of `CROSSTALK_RUN`.

    Raises:
        HarnessError: No running system is described there.
    """
    folder = folder or Path(os.environ.get("CROSSTALK_RUN") or ROOT / "up" / "latest")
    keys = os.environ.get("CROSSTALK_ISSUER_KEYS")
    issuer = LocalIssuer.load(Path(keys) if keys else folder / "issuer-keys.json")
    backend_url = os.environ.get("CROSSTALK_BACKEND_URL", "")
    mcp_url = os.environ.get("CROSSTALK_MCP_URL", "")
    if not (backend_url and mcp_url):
        try:
            described = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
            backend_url = backend_url or described["backend_url"]
            mcp_url = mcp_url or described["mcp_url"]
        except (OSError, ValueError, KeyError) as error:
            raise HarnessError(
                f"{folder} does not name a running system: run `crosstalk up` first, or set "
                "CROSSTALK_BACKEND_URL and CROSSTALK_MCP_URL"
            ) from error
    resource = os.environ.get("CROSSTALK_MCP_RESOURCE_URL", "")
    return LoadTarget(backend_url.rstrip("/"), mcp_url, issuer, resource)
