"""The diagnosis of the reference system has no failure."""

from __future__ import annotations

from crosstalk.doctor import Options, Status, diagnose
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
        "subjects",
        "authorization",
        "host names",
        "origins",
        "handshake",
    },
}


def test_reference_system_passes_every_check(running: RunningSystem, alice: str) -> None:
    options = Options(
        urls=[running.mcp_url, running.backend_url],
        token=running.mint(alice),
        mcp_token=running.mint(alice, audience="mcp"),
        timeout=20.0,
    )
    report, requests = diagnose(options)
    assert [each for each in report.results if each.status in (Status.WARN, Status.FAIL)] == []
    passed = {(each.target, each.check) for each in report.results if each.status is Status.OK}
    for url, kind in ((running.backend_url, "backend"), (running.mcp_url, "mcp")):
        assert {check for target, check in passed if target == url} == _CHECKS[kind]
    assert requests < 50
