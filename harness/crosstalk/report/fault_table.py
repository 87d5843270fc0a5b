"""Table and summary of a run of faults, for people and as data."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crosstalk.faults.session import Injected, RoundResult, RunResult

_HEADINGS = ("fault", "injections", "acknowledged", "lasted s", "recovery s", "longest s")
COUNTED = ("acknowledged", "lost", "duplicated", "foreign")


@dataclass(frozen=True, slots=True)
class FaultRow:
    """Figures of one fault over all its injections.

    Attributes:
        fault: Its name.
        injections: Number of them.
        acknowledged: Writes that were acknowledged meanwhile.
        lasted: Seconds from begin to lift, the median.
        recovery: Seconds from lift until the system served again, the median.
        longest: The longest of these.
        unrecovered: Injections after which it did not serve again in time.
    """

    fault: str
    injections: int
    acknowledged: int
    lasted: float
    recovery: float
    longest: float
    unrecovered: int


def fault_rows(injected: Iterable[Injected]) -> list[FaultRow]:
    """Sum up injections by fault, in the order of their names."""
    by_fault: dict[str, list[Injected]] = {}
    for each in injected:
        by_fault.setdefault(each.fault, []).append(each)
    rows = []
    for fault, ones in sorted(by_fault.items()):
        recovered = [one.recovery_seconds for one in ones if one.recovery_seconds is not None]
        rows.append(
            FaultRow(
                fault,
                len(ones),
                sum(one.acknowledged for one in ones),
                round(statistics.median(one.fault_seconds for one in ones), 2),
                round(statistics.median(recovered), 2) if recovered else 0.0,
                max(recovered, default=0.0),
                len(ones) - len(recovered),
            )
        )
    return rows


def fault_markdown(rows: Iterable[FaultRow]) -> str:
    """Return the table as Markdown."""
    lines = ["| " + " | ".join(_HEADINGS) + " |", "|---" + "|---:" * (len(_HEADINGS) - 1) + "|"]
    for row in rows:
        longest = f"not in time: {row.unrecovered}" if row.unrecovered else f"{row.longest:.2f}"
        figures = (row.injections, row.acknowledged, f"{row.lasted:.2f}", f"{row.recovery:.2f}")
        lines.append("| " + " | ".join(map(str, (row.fault, *figures, longest))) + " |")
    return "\n".join(lines) + "\n"


def fault_summary(result: RunResult, seed: int, control: RoundResult | None) -> dict[str, Any]:
    """Return the keys of `summary.json`."""
    rows = fault_rows(result.injected)
    return {
        "seed": seed,
        "seconds": round(result.seconds, 1),
        "rounds": len(result.rounds),
        "injections": len(result.injected),
        **{name: result.total(name) for name in COUNTED},
        "repeated": sum(each.repeated for each in result.rounds),
        "found": dict(result.found),
        "samples": [one for each in result.rounds for one in each.findings.samples],
        "recovery_s": {row.fault: {"median": row.recovery, "max": row.longest} for row in rows},
        "control": control_summary(control) if control is not None else None,
    }


def control_summary(control: RoundResult) -> dict[str, Any]:
    """Return what the ledger counted on the system that loses and duplicates writes."""
    return {
        "shown": control_shown(control),
        "injections": len(control.injected),
        **{name: control.counts[name] for name in COUNTED},
    }


def control_shown(control: RoundResult) -> bool:
    """Return whether the control has lost writes and duplicated some, as it must."""
    return control.counts["lost"] > 0 and control.counts["duplicated"] > 0
