"""The checkout that is measured."""

from __future__ import annotations

from pathlib import Path

from crosstalk.campaign.provenance import commit_of

_DIGITS = 7


def short_commit() -> str:
    """Return the first digits of the checkout's commit; `unknown` without one."""
    return commit_of(Path(__file__).parent)[:_DIGITS]
