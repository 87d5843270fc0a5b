"""One function says how a command ends, whatever its outcomes are."""

from __future__ import annotations

import pytest

from crosstalk.core.errors import HarnessError, InternalError, TargetFailedError
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.core.verdict import Inconclusive, InconclusiveKind, verdict_of

Kind = InconclusiveKind


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("clean", 0),
        ("leak", 1),
        (HarnessError("--calls wants a number"), 2),
        ("inconclusive", 3),
        (Kind.NOT_SERVED, 3),
        (Kind.UNSTEADY, 0),
        (TargetFailedError("nothing answers"), 4),
        (Kind.TARGET_FAILED, 4),
        (InternalError("a shard ended"), 5),
        (RuntimeError("anything else"), 5),
        (KeyboardInterrupt(), 130),
        (Kind.INTERRUPTED, 130),
    ],
)
def test_each_outcome_has_a_code(outcome: object, code: int) -> None:
    assert exit_code(outcome) == code  # type: ignore[arg-type]


def test_a_finding_outweighs_a_failed_target_and_that_an_inconclusive_run() -> None:
    assert exit_code() is ExitCode.CLEAN
    assert exit_code("inconclusive", Kind.TARGET_FAILED) is ExitCode.TARGET_FAILED
    assert exit_code("inconclusive", Kind.TARGET_FAILED, "leak") is ExitCode.FINDING
    assert exit_code(Kind.INTERNAL_ERROR, Kind.TARGET_FAILED) is ExitCode.INTERNAL_ERROR
    assert exit_code("leak", Kind.INTERRUPTED) is ExitCode.INTERRUPTED


@pytest.mark.parametrize("kind", list(Kind))
def test_a_verdict_is_never_clean_where_the_code_is_not(kind: Kind) -> None:
    verdict = verdict_of([], [Inconclusive(kind, "list", "why")])
    assert (verdict == "clean") == (exit_code(kind) is ExitCode.CLEAN)
