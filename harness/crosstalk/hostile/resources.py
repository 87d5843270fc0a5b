"""Memory and descriptors of a process, before and after."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Resources:
    """Memory and descriptors that a process holds.

    Attributes:
        rss_mb: Resident memory in megabytes; 0 where the system does not say.
        descriptors: Open files and connections; 0 where the system does not say.
    """

    rss_mb: float
    descriptors: int


def resources_of(process: int) -> Resources:
    """Read what a process of this machine holds (Linux, `/proc`)."""
    folder = Path("/proc") / str(process)
    try:
        status = (folder / "status").read_text(encoding="utf-8")
        count = sum(1 for _ in (folder / "fd").iterdir())
    except OSError:
        return Resources(0.0, 0)
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    return Resources(round(int(found[1]) / 1024, 1) if found else 0.0, count)
