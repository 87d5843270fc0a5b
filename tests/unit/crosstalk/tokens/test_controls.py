from __future__ import annotations

import pytest

from crosstalk.tokens import BY_NAME, ForgeryContext, LocalIssuer
from crosstalk.tokens import controls as controls_module
from crosstalk.tokens.controls import CONTROLS, control_targets, try_controls

CONTEXT = ForgeryContext(
    LocalIssuer.create("http://issuer.test"),
    LocalIssuer.create("http://stranger.test", ("EdDSA", "ES256")),
    "alice",
    "backend",
    "http://mcp.test",
)


async def test_trial_detects_every_verifier_that_lacks_a_check() -> None:
    report, missed = await try_controls(CONTEXT)
    assert missed == []
    assert report.verdict == "leak"
    assert report.uncontrolled == []


async def test_controls_report_a_check_whose_absence_is_not_detected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(controls_module, "CONTROLS", {**CONTROLS, "nonexistent": "expired"})
    _, missed = await try_controls(CONTEXT)
    assert missed == ["nonexistent"]


def test_controls_name_existing_forgeries() -> None:
    assert set(CONTROLS.values()) <= set(BY_NAME)
    assert len(control_targets(CONTEXT)) == len(CONTROLS) + 1
