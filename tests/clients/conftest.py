"""Fixtures of the clients: an address, a subject with a token, and the form of a refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx2
import pytest

from crosstalk.environment import RunningSystem


@dataclass(slots=True)
class Refusals:
    """The refusals that a client met on the wire, noted by its own HTTP library.

    Attributes:
        challenges: `WWW-Authenticate` of each answer 401.
    """

    challenges: list[str] = field(default_factory=list)

    async def note(self, answer: httpx2.Response) -> None:
        """Note one answer, if it is a refusal."""
        if answer.status_code == 401:
            self.challenges.append(answer.headers.get("WWW-Authenticate", ""))

    def lead_to(self, resource: str) -> bool:
        """Whether there was one, and each leads to the resource's metadata (RFC 9728)."""
        for challenge in self.challenges:
            found = re.fullmatch(r'Bearer resource_metadata="([^"]+)"', challenge)
            if found is None or httpx2.get(found[1]).json()["resource"] != resource:
                return False
        return bool(self.challenges)


@pytest.fixture
def refusals() -> Refusals:
    """No refusals yet."""
    return Refusals()


@pytest.fixture
def token(running: RunningSystem, alice: str) -> str:
    """Alice's token for the MCP server."""
    return running.mint(alice, audience="mcp")
