"""Exit codes of every verb, and the one function from what came of it to its code."""

from __future__ import annotations

from enum import IntEnum

from crosstalk.core.errors import HarnessError, InternalError, TargetFailedError
from crosstalk.core.verdict import InconclusiveKind, Verdict


class ExitCode(IntEnum):
    """Exit codes; docs/exit-codes.md explains them to people."""

    CLEAN = 0  # everything that was asked for was done, and nothing was found
    FINDING = 1  # something crossed, was accepted, failed or survived
    USAGE = 2  # an option, a file or a setting is wrong
    INCONCLUSIVE = 3  # nothing was found, and not all was verified
    TARGET_FAILED = 4  # the target or its environment did not come up, or went away
    INTERNAL_ERROR = 5  # the harness itself failed
    INTERRUPTED = 130  # Ctrl-C, SIGTERM or SIGHUP; what was found so far is printed and kept


# What several outcomes come to: the first of these that is among them.
_BY_WEIGHT = (
    ExitCode.INTERRUPTED,
    ExitCode.FINDING,
    ExitCode.INTERNAL_ERROR,
    ExitCode.USAGE,
    ExitCode.TARGET_FAILED,
    ExitCode.INCONCLUSIVE,
    ExitCode.CLEAN,
)
_OF_VERDICT: dict[Verdict, ExitCode] = {
    "clean": ExitCode.CLEAN,
    "leak": ExitCode.FINDING,
    "inconclusive": ExitCode.INCONCLUSIVE,
}
_OF_KIND = {
    InconclusiveKind.INTERRUPTED: ExitCode.INTERRUPTED,
    InconclusiveKind.TARGET_FAILED: ExitCode.TARGET_FAILED,
    InconclusiveKind.INTERNAL_ERROR: ExitCode.INTERNAL_ERROR,
}


def exit_code(*outcomes: Verdict | InconclusiveKind | BaseException | ExitCode) -> ExitCode:
    """Return the code of a command with these outcomes; none at all is clean.

    A finding outweighs a target that failed, and that outweighs what is inconclusive: a leak stays
    a leak whatever else went wrong. An interruption outweighs all, because the run is not over.

    Args:
        outcomes: Verdicts of runs, kinds of what stayed inconclusive, errors that ended a run.
    """
    found = {_code(each) for each in outcomes}
    return next((each for each in _BY_WEIGHT if each in found), ExitCode.CLEAN)


def _code(outcome: Verdict | InconclusiveKind | BaseException | ExitCode) -> ExitCode:
    if isinstance(outcome, ExitCode):
        return outcome
    if isinstance(outcome, InconclusiveKind):
        decisive = ExitCode.INCONCLUSIVE if outcome.decisive else ExitCode.CLEAN
        return _OF_KIND.get(outcome, decisive)
    if isinstance(outcome, str):
        return _OF_VERDICT[outcome]
    if isinstance(outcome, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    if isinstance(outcome, TargetFailedError):
        return ExitCode.TARGET_FAILED
    if isinstance(outcome, HarnessError) and not isinstance(outcome, InternalError):
        return ExitCode.USAGE
    return ExitCode.INTERNAL_ERROR
