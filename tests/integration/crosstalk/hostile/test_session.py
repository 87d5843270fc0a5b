"""Hostile input for the reference system: nothing that a run calls a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.hostile.session import HostilePlan, run_hostile
from crosstalk.report.hostile_table import exceeded, hostile_markdown


@pytest.mark.long
@pytest.mark.timeout(300)
def test_reference_system_answers_every_surface_in_the_envelope(tmp_path: Path) -> None:
    plan = HostilePlan(11, 1_000, 150.0, windows=1, harmless_seconds=1.0)
    lines: list[str] = []
    result = run_hostile(plan, tmp_path, lines.append)
    assert result.found == {}, result.samples
    assert result.inputs.total() == 1_000
    assert exceeded(result, judged=False) == []
    assert "| framing |" in hostile_markdown(result)
    assert len(lines) == 1
