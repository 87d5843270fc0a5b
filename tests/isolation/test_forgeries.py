"""Forged credentials on every surface of the running system: one kind a family, and all replays."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest

from crosstalk.cli.verbs.forgeries import forgeries
from crosstalk.core.errors import HarnessError
from crosstalk.environment import RunningSystem
from crosstalk.targets.reference.forgery_trial import contexts_of, reference_targets
from crosstalk.tokens import BY_NAME
from crosstalk.tokens.forgeries.replay import REPLAY_FORGERIES
from crosstalk.tokens.trial import AttemptVerdict, try_forgeries

SURFACES = {
    *("REST", "REST write", "chat", "chat events", "ChatKit"),
    *("MCP tools", "MCP resources", "MCP prompts", "MCP handshake"),
}
KINDS = (
    *("expired", "aud-list-of-others", "sub-confusable", "signature-stripped", "alg-none"),
    *("hmac-with-public-key", "jwk-embedded-true-kid", "crit-unknown", "duplicate-sub-last"),
    *("no-credential", "two-authorization-lines", "token-in-query"),
)


async def test_every_surface_refuses_forgeries_and_serves_the_valid_token(
    running: RunningSystem,
) -> None:
    contexts = contexts_of(running)
    kinds = (*(BY_NAME[name] for name in KINDS), *REPLAY_FORGERIES)
    async with httpx2.AsyncClient(timeout=30.0) as client:
        targets = await reference_targets(running, client, contexts)
        report = await try_forgeries(targets, contexts.backend, forgeries=kinds)
    assert set(report.surfaces) == SURFACES
    assert report.uncontrolled == []
    assert report.verdict == "clean"
    summary = report.summary()
    assert summary["unchallenged"] == summary["echoed"] == []
    genuine = {
        (each.forgery, each.surface.split()[0]) for each in report.of(AttemptVerdict.NOT_APPLICABLE)
    }
    assert genuine == {("exchanged-token-here", "MCP")}


@pytest.mark.long
def test_the_system_without_one_check_lets_just_that_kind_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kinds = ["token-for-another-service", "expired"]
    assert forgeries(only=kinds, mutant="audience-not-checked") == 1
    folder = tmp_path / ".crosstalk/runs/forgeries-audience-not-checked/latest"
    summary = json.loads((folder / "summary.json").read_text())
    let_in = {(each["forgery"], each["surface"]) for each in summary["accepted"]}
    assert let_in == {("token-for-another-service", surface) for surface in SURFACES}


def test_unknown_forgery_kind_is_refused() -> None:
    with pytest.raises(
        HarnessError, match="there is no forgery 'alg-non'; did you mean 'alg-none'"
    ):
        forgeries(only=["alg-non"])
