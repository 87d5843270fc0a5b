"""Why an environment could not be started, in one line that says what to do."""

from __future__ import annotations

from harness.errors import HarnessError


class EnvironmentFailed(HarnessError):
    """A part of the system did not start, or stopped by itself; nothing is left running."""
