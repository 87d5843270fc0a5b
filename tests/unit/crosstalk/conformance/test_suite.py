"""What the suite's checks amount to, and which scenarios are run."""

from __future__ import annotations

import pytest

from crosstalk.conformance import Reason, UnclassifiedError, classify
from crosstalk.conformance.scenarios import Applies
from crosstalk.conformance.suite import scenario_result


def check(identifier: str, status: str, message: str | None = None) -> dict[str, object]:
    """A check as the suite writes it."""
    return {"id": identifier, "status": status, "errorMessage": message}


def test_scenario_result_fails_and_quotes_a_failed_check() -> None:
    outcome = scenario_result(
        [check("a", "SUCCESS"), check("b", "FAILURE", "no such thing")], (), ""
    )
    assert not outcome.ok
    assert outcome.problems == ("b: FAILURE no such thing",)


def test_scenario_result_ignores_a_spared_check() -> None:
    assert scenario_result([check("a", "SUCCESS"), check("b", "FAILURE")], ("b",), "").ok
    assert not scenario_result([check("b", "SUCCESS")], ("b",), "").ok


@pytest.mark.parametrize("status", ["WARNING", "INFO", "SKIPPED"])
def test_scenario_result_without_a_success_fails(status: str) -> None:
    assert not scenario_result([check("a", status)], (), "").ok


def test_scenario_result_without_checks_quotes_the_last_line_of_output() -> None:
    outcome = scenario_result([], (), "starting\nUnknown scenario\n")
    assert (outcome.ok, outcome.problems) == (False, ("Unknown scenario",))


def test_scenario_is_classified_as_applicable_or_with_a_reason() -> None:
    assert classify("ping") == Applies()
    assert classify("server-session-lifecycle") == Applies(modes=("sessions",))
    reason = classify("tools-call-simple-text")
    assert isinstance(reason, Reason)
    assert "test_simple_text" in reason.text


def test_unclassified_scenario_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(UnclassifiedError, match=r"brand-new.*scenarios\.py"):
        classify("brand-new")
