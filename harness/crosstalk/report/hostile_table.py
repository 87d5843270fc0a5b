"""Table and summary of a run of hostile inputs, for people and as data."""

from __future__ import annotations

from typing import Any

from crosstalk.hostile.session import SERVICES, HostileResult
from crosstalk.hostile.victim import Waits

# Of memory that a service may keep; caches and arenas of the allocator account for it.
MOST_MB = 150.0
# Connections of pools that were opened meanwhile.
MOST_DESCRIPTORS = 60
MOST_RATIO = 3.0


def hostile_markdown(result: HostileResult) -> str:
    """Return the inputs and their answers by surface as Markdown."""
    lines = ["| surface | inputs | answers |", "|---|---:|---|"]
    for surface, count in sorted(result.inputs.items()):
        statuses = {
            status: number for (of, status), number in result.statuses.items() if of == surface
        }
        said = ", ".join(
            f"{status or 'closed'} × {number}" for status, number in sorted(statuses.items())
        )
        lines.append(f"| {surface} | {count} | {said} |")
    lines += ["", "| service | MB before | MB after | descriptors before | after |"]
    lines.append("|---|---:|---:|---:|---:|")
    for service in SERVICES:
        before, after = result.before[service], result.after[service]
        figures = (before.rss_mb, after.rss_mb, before.descriptors, after.descriptors)
        lines.append(f"| {service} | " + " | ".join(map(str, figures)) + " |")
    return "\n".join(lines) + "\n"


def exceeded(result: HostileResult, *, judged: bool) -> list[str]:
    """Return a sentence for each bound that a run has exceeded.

    Args:
        result: Of the run.
        judged: The victim's waits are many enough to be judged.
    """
    said = []
    for service in SERVICES:
        before, after = result.before[service], result.after[service]
        if after.rss_mb - before.rss_mb > MOST_MB:
            said.append(f"{service} keeps {after.rss_mb - before.rss_mb:.0f} MB")
        if after.descriptors - before.descriptors > MOST_DESCRIPTORS:
            said.append(f"{service} keeps {after.descriptors - before.descriptors} descriptors")
    if judged and result.ratio() > MOST_RATIO:
        said.append(f"the victim's p99 is {result.ratio()} times that beside harmless requests")
    return said


def hostile_summary(result: HostileResult, seed: int, seconds: float) -> dict[str, Any]:
    """Return the keys of `summary.json`."""
    return {
        "seed": seed,
        "seconds": round(seconds, 1),
        "inputs": result.inputs.total(),
        "surfaces": dict(result.inputs),
        "rate": result.rate,
        "server_errors": result.found["server error"],
        "hangs": result.found["hang"],
        "foreign": result.found["foreign"],
        "outside_envelope": result.found["outside the envelope"],
        "found": dict(result.found),
        "samples": result.samples,
        "victim_p99_ratio": result.ratio(),
        "victim_p95_ratio": result.ratio(0.95),
        "victim": {
            "harmless": [_waits(each) for each in result.harmless],
            "hostile": [_waits(each) for each in result.hostile],
        },
        "rss_mb": {
            name: {"before": result.before[name].rss_mb, "after": result.after[name].rss_mb}
            for name in SERVICES
        },
        "descriptors": {
            name: {
                "before": result.before[name].descriptors,
                "after": result.after[name].descriptors,
            }
            for name in SERVICES
        },
    }


def _waits(waits: Waits) -> dict[str, float]:
    return {
        "count": len(waits.seconds),
        "failures": waits.failures,
        "p50_ms": round(waits.percentile(0.5) * 1000, 1),
        "p95_ms": round(waits.percentile(0.95) * 1000, 1),
        "p99_ms": round(waits.percentile(0.99) * 1000, 1),
    }
