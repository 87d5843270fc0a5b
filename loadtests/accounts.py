"""Users with tokens: minted by the driver, or by Locust alone for a system that `up` runs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError
from harness.report.runs import ROOT
from harness.tokens import BACKEND_AUDIENCE, LocalIssuer
from loadtests.tally import Subject

_TTL_SECONDS = 6 * 3_600


@dataclass(frozen=True, slots=True)
class Account:
    """A subject and their tokens.

    Attributes:
        subject: Who, with their marker.
        token: For the backend.
        mcp_token: For the MCP server.
    """

    subject: Subject
    token: str
    mcp_token: str = ""

    def plain(self) -> dict[str, str]:
        """As data, for another process."""
        subject = self.subject
        return {
            "user": subject.user,
            "marker": subject.marker,
            "token": self.token,
            "mcp_token": self.mcp_token,
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, str]) -> Account:
        """The reverse of `plain`."""
        subject = Subject(data["user"], data["marker"])
        return cls(subject, data["token"], data["mcp_token"])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a running system is, and who mints tokens for it.

    Attributes:
        backend_url: Base URL of REST and chat.
        mcp_url: The MCP endpoint.
        issuer: The test issuer.
    """

    backend_url: str
    mcp_url: str
    issuer: LocalIssuer

    def account(self) -> Account:
        """A new user."""
        subject = Subject.create()
        return Account(
            subject,
            self.issuer.mint(subject.user, audience=BACKEND_AUDIENCE, ttl=_TTL_SECONDS),
            self.issuer.mint(subject.user, audience=self.mcp_url, ttl=_TTL_SECONDS),
        )


def of_running_system(folder: Path | None = None) -> Place:
    """The system that `crosstalk up` runs.

    Args:
        folder: Its run folder; `CROSSTALK_RUN` or the latest by default.

    Raises:
        HarnessError: None runs there.
    """
    folder = folder or Path(os.environ.get("CROSSTALK_RUN") or ROOT / "up" / "latest")
    issuer = LocalIssuer.load(folder / "issuer-keys.json")
    try:
        described = json.loads((folder / "environment.json").read_text(encoding="utf-8"))
        return Place(described["backend_url"], described["mcp_url"], issuer)
    except (OSError, ValueError, KeyError) as error:
        raise HarnessError(f"{folder} does not say where the system is: run `up` first") from error
