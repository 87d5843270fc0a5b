"""The doctor finds nothing wrong with the reference system."""

from __future__ import annotations

from crosstalk.doctor import Options, Status, examine
from crosstalk.environment import RunningSystem

_CHECKS = {
    "backend": {
        "reachable",
        "clock",
        "headers",
        "metrics hidden",
        "health",
        "ready",
        "needs a token",
        "keys",
        "cors",
        "token",
    },
    "mcp": {
        "reachable",
        "clock",
        "headers",
        "metrics hidden",
        "health",
        "ready",
        "challenge",
        "metadata",
        "issuer",
        "host names",
        "origins",
        "handshake",
    },
}


def test_every_check_passes(running: RunningSystem, alice: str) -> None:
    options = Options(
        urls=[running.mcp_url, running.backend_url],
        token=running.mint(alice),
        mcp_token=running.mint(alice, audience="mcp"),
        timeout=20.0,
    )
    sheet, requests = examine(options)
    assert [each for each in sheet.entries if each.status in (Status.WARN, Status.FAIL)] == []
    passed = {(each.target, each.check) for each in sheet.entries if each.status is Status.OK}
    for url, kind in ((running.backend_url, "backend"), (running.mcp_url, "mcp")):
        assert {check for target, check in passed if target == url} == _CHECKS[kind]
    assert requests < 50
