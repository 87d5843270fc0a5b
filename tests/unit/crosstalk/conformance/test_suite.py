"""What the suite's checks amount to, and which scenarios are run."""

from __future__ import annotations

import pytest

from crosstalk.conformance import Reason, UnclassifiedError, classify
from crosstalk.conformance.scenarios import Applies
from crosstalk.conformance.suite import judge


def check(identifier: str, status: str, message: str | None = None) -> dict[str, object]:
    """A check as the suite writes it."""
    return {"id": identifier, "status": status, "errorMessage": message}


def test_one_failed_check_fails_the_scenario_and_is_quoted() -> None:
    outcome = judge([check("a", "SUCCESS"), check("b", "FAILURE", "no such thing")], (), "")
    assert not outcome.ok
    assert outcome.problems == ("b: FAILURE no such thing",)


def test_a_spared_check_does_not_count_either_way() -> None:
    assert judge([check("a", "SUCCESS"), check("b", "FAILURE")], ("b",), "").ok
    assert not judge([check("b", "SUCCESS")], ("b",), "").ok


@pytest.mark.parametrize("status", ["WARNING", "INFO", "SKIPPED"])
def test_a_scenario_in_which_nothing_succeeded_did_not_pass(status: str) -> None:
    assert not judge([check("a", status)], (), "").ok


def test_without_checks_the_suites_last_line_says_why() -> None:
    outcome = judge([], (), "starting\nUnknown scenario\n")
    assert (outcome.ok, outcome.problems) == (False, ("Unknown scenario",))


def test_a_scenario_applies_or_has_a_reason_not_to() -> None:
    assert classify("ping") == Applies()
    assert classify("server-session-lifecycle") == Applies(modes=("sessions",))
    reason = classify("tools-call-simple-text")
    assert isinstance(reason, Reason)
    assert "test_simple_text" in reason.text


def test_a_scenario_that_nobody_has_looked_at_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(UnclassifiedError, match=r"brand-new.*scenarios\.py"):
        classify("brand-new")
