"""`python -m benchmarks.clean_twins`: campaigns on correct systems; nothing may be found."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.clean_twins.twins import Outcome, Twin, all_twins, run_twin
from benchmarks.proving_ground.campaign import Budget
from crosstalk.campaign.options import PROFILES
from crosstalk.report.run_folder import open_run


def main(arguments: list[str] | None = None) -> int:
    """Run them, print a line each, and return 1 where anything was found."""
    options = _parser().parse_args(arguments)
    twins = all_twins(options.only)
    if options.list or not twins:
        print("\n".join(each.name for each in twins) or "no system has such a name")
        return 0 if twins else 2
    budget = Budget(options.calls, options.seconds)
    jobs = [
        (twin, seed) for seed in range(options.seed, options.seed + options.seeds) for twin in twins
    ]
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(lambda job: _one(job[0], job[1], budget, options.keep), jobs))
    run = open_run("clean-twins")
    run.write_summary(summary_of(outcomes))
    print(sentence_of(outcomes))
    return int(any(each.findings for each in outcomes))


def summary_of(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return what `summary.json` holds."""
    return {
        "systems": len({each.twin.name for each in outcomes}),
        "campaigns": len(outcomes),
        "verdicts": dict(Counter(each.verdict for each in outcomes)),
        "false_findings": sum(len(each.findings) for each in outcomes),
        "runs": [
            {
                "system": each.twin.name,
                "seed": each.seed,
                "verdict": each.verdict,
                "calls": each.calls,
                "findings": list(each.findings),
                "meant": list(each.meant),
                "trouble": each.trouble,
            }
            for each in outcomes
        ],
    }


def sentence_of(outcomes: Sequence[Outcome]) -> str:
    """Return the result in a line."""
    verdicts = Counter(each.verdict for each in outcomes)
    counted = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    systems = len({each.twin.name for each in outcomes})
    false = sum(len(each.findings) for each in outcomes)
    return (
        f"{systems} correct systems, {len(outcomes)} campaigns: {counted}; {false} false findings"
    )


def _one(twin: Twin, seed: int, budget: Budget, keep: Path | None) -> Outcome:
    with contextlib.ExitStack() as stack:
        if keep is None:
            prefix = "crosstalk-twin-"
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
        else:
            folder = keep / f"{twin.name.replace('/', '-')}-{seed}"
            folder.mkdir(parents=True)
        outcome = run_twin(twin, seed, budget, folder)
    meant = [f"meant: {each}" for each in outcome.meant]
    told = "; ".join([*outcome.findings, *meant]) or outcome.trouble
    print(f"{twin.name} (seed {seed}): {outcome.verdict}, {outcome.calls} calls {told}", flush=True)
    return outcome


def _parser() -> argparse.ArgumentParser:
    quick = PROFILES["quick"]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clean_twins", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="beginnings of names")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=3, help="campaigns on each system")
    parser.add_argument("--calls", type=int, default=quick.calls, help="calls of a campaign")
    parser.add_argument("--seconds", type=int, default=int(quick.seconds), help="its seconds")
    parser.add_argument("--keep", type=Path, help="an empty folder for what the campaigns write")
    parser.add_argument("--jobs", type=int, default=1, help="campaigns at once")
    return parser


if __name__ == "__main__":
    sys.exit(main())
