"""Crosstalk: the confirmed file beside the server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.corpus_side_by_side.served import Served
from benchmarks.corpus_side_by_side.tools.base import (
    SECONDS,
    NoReportError,
    Written,
    count,
    last_lines,
)
from benchmarks.proving_ground.campaign import described, filled, read_summary
from benchmarks.proving_ground.manifest import CORPUS
from benchmarks.proving_ground.matching import Finding
from benchmarks.tool_command import run_command
from crosstalk.environment.parts.sources import package_root

_CALLS = 400
_CAMPAIGN_SECONDS = 150


class Crosstalk:
    """`crosstalk isolation` in one run of the default profile."""

    name = "crosstalk"
    given = f"the crosstalk.toml beside the server, {_CALLS} calls or {_CAMPAIGN_SECONDS} s, seed 1"

    def version(self, programs: Path) -> str:
        """Return that it is this checkout."""
        return "this checkout"

    def written(self, server: str) -> Written:
        """Count the whole file, though `crosstalk init` writes a part of it."""
        return count([(CORPUS / server / "crosstalk.toml").read_text(encoding="utf-8")])

    def run(self, server: Served, programs: Path, folder: Path) -> list[Finding]:
        """Run a campaign."""
        entry = server.entry
        port = server.url.rpartition(":")[2]
        text = described(entry).read_text(encoding="utf-8")
        places = {"port": port, "folder": str(entry.folder)}
        (folder / "crosstalk.toml").write_text(filled(text, places), encoding="utf-8")
        command = [sys.executable, "-m", "crosstalk", "isolation", "--target", "crosstalk.toml"]
        command += ["--seed", "1", "--calls", str(_CALLS), "--seconds", str(_CAMPAIGN_SECONDS)]
        environment = {"PYTHONPATH": str(package_root("crosstalk"))}
        _, output = run_command(command, folder, environment, SECONDS)
        written = list((folder / ".crosstalk" / "runs").glob("isolation*/latest/summary.json"))
        if len(written) != 1:
            raise NoReportError(last_lines(output))
        return list(read_summary(json.loads(written[0].read_text(encoding="utf-8"))).findings)
