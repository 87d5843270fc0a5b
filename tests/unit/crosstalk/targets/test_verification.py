"""The settings of the services under verification."""

from __future__ import annotations

from crosstalk.targets.verification import Verified
from system.backend.settings import BackendSettings


def test_tool_calls_of_a_campaigns_chats_wait_for_no_pace() -> None:
    given = Verified()._settings("none")["backend"]
    fields = {each.upper(): each for each in BackendSettings.model_fields}
    (pace,) = [each for each in given if "PER_SECOND" in each]
    # The setting by which the backend knows it, and more than any campaign calls.
    assert fields[pace] == "tool_calls_per_user_per_second"
    assert float(given[pace]) >= 1_000_000
    assert pace in Verified()._settings("pgbouncer")["backend"]
