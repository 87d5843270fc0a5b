"""What the tests of the reports share."""

from __future__ import annotations

import pytest

from harness.isolation.result import CampaignResult
from tests.unit.harness.report.results import leaking


@pytest.fixture
def leak() -> CampaignResult:
    """A run with one finding, whose text tries to break out of every form."""
    return leaking()
