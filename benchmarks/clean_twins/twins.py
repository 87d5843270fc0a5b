"""List of the correct systems, and one campaign on one of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.proving_ground.campaign import Budget, described, read_summary, run_campaign
from benchmarks.proving_ground.manifest import Entry, read_corpus
from benchmarks.proving_ground.matching import Finding, is_meant
from benchmarks.proving_ground.packages import MissingProgramError
from benchmarks.served import ServerError
from crosstalk.environment.parts.sources import package_root

_ROOT = Path(__file__).resolve().parents[2]
SOUND = _ROOT / "tests" / "strangers" / "sound"
POLICIES = _ROOT / "examples" / "targets" / "policies"
# A campaign ends by itself; this is for one that does not.
_GRACE_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Twin:
    """One correct system.

    Attributes:
        name: Unique among all, with its kind before the slash.
        target: The file that describes it and starts it; none for the others.
        entry: Of the corpus, where it is one of them; otherwise the reference system, or a file's.
    """

    name: str
    target: Path | None = None
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One campaign on a correct system.

    Attributes:
        twin: The system.
        seed: Of the campaign.
        verdict: Of the campaign; `not run` where it could not be started.
        findings: Every one of them false: oracle and operation.
        meant: Findings of what the server's manifest says is shown on purpose.
        calls: Calls made.
        trouble: Why it was not run, or what was inconclusive.
    """

    twin: Twin
    seed: int
    verdict: str
    findings: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()
    calls: int = 0
    trouble: str = ""


def all_twins(names: Sequence[str] = ()) -> list[Twin]:
    """Return the correct systems, or those whose names begin with one of these."""
    found = [Twin("reference")]
    for kind, folder in (("sound", SOUND), ("policies", POLICIES)):
        found += [
            Twin(f"{kind}/{each.stem}", target=each) for each in sorted(folder.glob("*.toml"))
        ]
    found += [Twin(f"corpus/{each.manifest.name}", entry=each) for each in read_corpus()]
    return [each for each in found if not names or each.name.startswith(tuple(names))]


def run_twin(twin: Twin, seed: int, budget: Budget, folder: Path) -> Outcome:
    """Run one campaign.

    Args:
        twin: The system.
        seed: Of the campaign.
        budget: Of the campaign.
        folder: Empty; what the campaign writes goes there.
    """
    try:
        if twin.entry is not None:
            run = run_campaign(
                twin.entry,
                mode="confirmed" if described(twin.entry).exists() else "init",
                leaks="",
                seed=seed,
                budget=budget,
                folder=folder,
            )
        else:
            where = ["--reference"] if twin.target is None else ["--target", str(twin.target)]
            arguments = ["isolation", *where, "--seed", str(seed)]
            arguments += ["--calls", str(budget.calls), "--seconds", str(budget.seconds)]
            ended = _crosstalk(arguments, folder)
            written = list((folder / ".crosstalk" / "runs").glob("isolation*/latest/summary.json"))
            if len(written) != 1:
                lines = (ended.stderr or ended.stdout).strip().splitlines()
                return Outcome(twin, seed, "not run", trouble=lines[-1] if lines else "no output")
            run = read_summary(json.loads(written[0].read_text(encoding="utf-8")))
    except (MissingProgramError, ServerError) as error:
        return Outcome(twin, seed, "not run", trouble=str(error))
    known = twin.entry.manifest.meant if twin.entry is not None else []
    meant = [each for each in run.findings if is_meant(each, known)]
    false = tuple(_named(each) for each in run.findings if each not in meant)
    return Outcome(
        twin,
        seed,
        run.verdict,
        findings=false,
        meant=tuple(map(_named, meant)),
        calls=run.calls,
        trouble=run.trouble,
    )


def _named(finding: Finding) -> str:
    return f"{finding.oracle} {finding.operation}"


def _crosstalk(arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    programs = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([programs, os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(package_root("crosstalk")), str(_ROOT)]),
        "LEAKS": "",
    }
    budget = float(arguments[arguments.index("--seconds") + 1])
    return subprocess.run(
        [sys.executable, "-m", "crosstalk", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=budget + _GRACE_SECONDS,
    )
