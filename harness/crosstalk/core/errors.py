"""Failures of a run itself, as opposed to what the run finds."""

from __future__ import annotations


class HarnessError(Exception):
    """Base of every expected failure; its message is one line that says what to do.

    What is no subclass's is the caller's to correct: an option, a file, a setting.
    """


class TargetFailedError(HarnessError):
    """The target, or what it needs to run, did not come up or has gone away."""


class InternalError(HarnessError):
    """The harness is wrong, not the target and not the caller."""
