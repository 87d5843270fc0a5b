"""What can go wrong with a run itself, as opposed to what the run finds."""

from __future__ import annotations


class HarnessError(Exception):
    """Base of every expected failure; its message is one line that says what to do."""
