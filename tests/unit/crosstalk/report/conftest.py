"""What the tests of the reports share."""

from __future__ import annotations

import pytest

from crosstalk.campaign.result import CampaignResult
from tests.unit.crosstalk.report.results import leaking


@pytest.fixture
def leak() -> CampaignResult:
    """A run with one finding, whose text tries to break out of every form."""
    return leaking()
