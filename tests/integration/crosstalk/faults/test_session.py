"""Faults on the reference system lose nothing that was acknowledged; on the control they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.faults.controls import run_control
from crosstalk.faults.run import FaultPlan, run_faults

_FEW = ("replies lost client-backend", "kill -9 postgresql", "kill -9 mcp")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_reference_system_keeps_every_acknowledged_write_once(tmp_path: Path) -> None:
    plan = FaultPlan(7, len(_FEW), 0, 60.0, users=4, round_size=len(_FEW), only=_FEW)
    lines: list[str] = []
    result = run_faults(plan, tmp_path, lines.append)
    assert result.found == {}, result.rounds[0].findings.samples
    assert sorted(each.fault for each in result.injected) == sorted(_FEW)
    assert result.total("acknowledged") > len(_FEW)
    assert len(lines) == len(_FEW)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_control_loses_and_duplicates_writes(tmp_path: Path) -> None:
    control = run_control(tmp_path, lambda line: None)
    assert control.counts["lost"] > 0
    assert control.counts["duplicated"] > 0
