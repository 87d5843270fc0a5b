"""A system that runs elsewhere is driven through the same interface, and left as it is."""

from __future__ import annotations

import json

import pytest
from jose import jwt

from crosstalk.environment import (
    AttachedEnvironment,
    AttachedOptions,
    AttachedSystem,
    EnvironmentFailed,
    Running,
    RunningSystem,
)
from crosstalk.environment.runtime.ports import free_port


def attach(options: AttachedOptions) -> AttachedSystem:
    """What an environment gives."""
    with AttachedEnvironment(options) as system:
        return system


def test_it_mints_with_the_issuers_keys(standing_in: RunningSystem) -> None:
    system: Running = attach(
        AttachedOptions(
            backend_url=f"{standing_in.backend_url}/",
            mcp_url=standing_in.mcp_url,
            issuer=standing_in.issuer,
            backend_audience="their-backend",
        )
    )
    assert system.backend_url == standing_in.backend_url
    claims = jwt.get_unverified_claims(system.mint("alice", ttl=60, role="none"))
    assert (claims["aud"], claims["sub"], claims["role"]) == ("their-backend", "alice", "none")
    assert jwt.get_unverified_claims(system.mint("alice", audience="mcp"))["aud"] == system.mcp_url


def test_it_hands_out_the_tokens_that_it_was_given(standing_in: RunningSystem) -> None:
    system = attach(
        AttachedOptions(
            mcp_url=standing_in.mcp_url, tokens={"mcp": {"alice": "hers", "bob": "his"}}
        )
    )
    assert system.mint("bob", audience="mcp") == "his"
    for wanted in ({"audience": "backend"}, {"audience": "mcp", "role": "admin"}):
        with pytest.raises(EnvironmentFailed, match=r"no token of 'bob' .*give the issuer's keys"):
            system.mint("bob", **wanted)  # type: ignore[arg-type]
    shown = json.dumps(system.describe())
    assert "alice" in shown
    assert "hers" not in shown


def test_nothing_of_it_is_started_or_ended_here(standing_in: RunningSystem) -> None:
    system = attach(AttachedOptions(backend_url=standing_in.backend_url))
    assert system.services == {}
    for act in (system.stop, system.start, system.restart):
        with pytest.raises(EnvironmentFailed, match="'backend' was not started here"):
            act("backend")
    assert standing_in.services["backend"].alive()


def test_data_is_deleted_only_where_that_was_allowed(standing_in: RunningSystem) -> None:
    databases = {"admin": standing_in.databases["admin"].replace("/crosstalk", "/postgres")}
    kept = AttachedOptions(backend_url=standing_in.backend_url, databases=databases)
    with pytest.raises(EnvironmentFailed, match="say that it is disposable"):
        attach(kept).reset()
    unknown = AttachedOptions(backend_url=standing_in.backend_url, disposable_data=True)
    with pytest.raises(EnvironmentFailed, match="give the `admin` database URL"):
        attach(unknown).reset()
    allowed = AttachedOptions(
        backend_url=standing_in.backend_url, databases=databases, disposable_data=True
    )
    attach(allowed).reset()
    assert ":***@" in json.dumps(attach(allowed).describe())


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (None, "nothing to attach to"),
        ("localhost:8000", "is no http:// or https:// URL"),
        ("http://127.0.0.1:{free}", "nobody answers at .*: is the system running there"),
    ],
)
def test_where_nothing_is_one_line_says_so(url: str | None, why: str) -> None:
    shown = url.replace("{free}", str(free_port())) if url else None
    with pytest.raises(EnvironmentFailed, match=why) as caught:
        attach(AttachedOptions(backend_url=shown))
    assert "\n" not in str(caught.value)
