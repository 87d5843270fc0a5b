"""`python -m benchmarks.proving_ground`: score Crosstalk on the corpus, and keep the table."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.checkout import short_commit
from benchmarks.proving_ground.campaign import Budget, Mode, Run, described, run_campaign
from benchmarks.proving_ground.manifest import Entry, ManifestError, read_corpus
from benchmarks.proving_ground.page import score_lines, write_page
from benchmarks.proving_ground.scoring import Score, score_server
from crosstalk.report.run_folder import open_run


def main(arguments: list[str] | None = None) -> int:
    """Score, print, and keep the result."""
    options = _parser().parse_args(arguments)
    try:
        corpus = read_corpus(options.only, options.half)
    except ManifestError as error:
        print(error, file=sys.stderr)
        return 2
    modes: list[Mode] = ["confirmed", "init"] if options.mode == "both" else [options.mode]
    budget = Budget(options.calls, options.seconds)
    run = open_run("strangers")
    keep = run.path.resolve() / "servers" if options.keep else None
    began = time.monotonic()
    jobs: list[Callable[[], Score]] = []
    for mode in modes:
        for seed in range(options.seed, options.seed + options.seeds):
            for entry in corpus:
                if mode == "confirmed" and not described(entry).exists():
                    print(f"{entry.manifest.name}: no crosstalk.toml yet", flush=True)
                    continue
                jobs.append(partial(_score, entry, mode, seed, budget, keep, not options.fast))
    with ThreadPoolExecutor(options.jobs) as pool:
        scores = list(pool.map(lambda job: job(), jobs))
    scores.sort(key=lambda each: (each.entry.manifest.author, each.entry.manifest.name))
    told = _told(options, time.monotonic() - began)
    print("\n".join(score_lines(scores, told)))
    run.write("scores.json", json.dumps([each.as_json() for each in scores], indent=2) + "\n")
    run.write_summary(_summary(scores, told))
    if options.write:
        write_page(scores, told)
    return int(any(each.false for each in scores))


def _score(
    entry: Entry, mode: Mode, seed: int, budget: Budget, keep: Path | None, alone: bool
) -> Score:
    def campaign(entry: Entry, mode: Mode, leaks: str, folder: Path) -> Run:
        return run_campaign(entry, mode=mode, leaks=leaks, seed=seed, budget=budget, folder=folder)

    score = score_server(entry, mode, seed, campaign, alone=alone, keep=keep)
    missed = [each.planted.id for each in score.matches if each.how is None]
    print(
        f"{entry.manifest.name} ({mode}, seed {seed}): "
        + (
            f"not run, {score.unavailable}"
            if score.unavailable is not None
            else f"{score.found}/{len(score.matches)}, {len(score.false)} false"
            + (f", missed {' '.join(missed)}" if missed else "")
        ),
        flush=True,
    )
    return score


def _summary(scores: list[Score], told: str) -> dict[str, object]:
    """Return the summary: the sums are of the confirmed files where both modes were run."""
    modes = {
        mode: _sums([each for each in scores if each.mode == mode])
        for mode in sorted({each.mode for each in scores})
    }
    return {
        "told": told,
        **next(iter(modes.values()), _sums([])),
        "modes": modes,
        "servers": [
            {
                key: value
                for key, value in each.as_json().items()
                if key not in ("leaking", "clean", "leaks")
            }
            for each in scores
        ],
    }


def _sums(scores: list[Score]) -> dict[str, int]:
    return {
        "planted": sum(len(each.matches) for each in scores),
        "found": sum(each.found for each in scores),
        "false_findings": sum(len(each.false) for each in scores),
    }


def _told(options: argparse.Namespace, seconds: float) -> str:
    last = options.seed + options.seeds - 1
    seeds = f"seed {options.seed}" if options.seeds == 1 else f"seeds {options.seed} to {last}"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {short_commit()}, {seeds}, at most {options.calls} "
        f"calls or {options.seconds} s a run, {options.jobs} runs at once on {os.cpu_count()} "
        f"cores, {seconds / 60:.0f} minutes."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="proving_ground", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="one server")
    parser.add_argument("--half", choices=["blind", "open"], help="servers of one half")
    parser.add_argument("--mode", choices=["init", "confirmed", "both"], default="both")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds")
    parser.add_argument("--jobs", type=int, default=2, help="servers at once")
    parser.add_argument("--calls", type=int, default=Budget().calls, help="of a campaign, at most")
    parser.add_argument("--seconds", type=int, default=Budget().seconds, help="likewise")
    parser.add_argument("--fast", action="store_true", help="try no missed leak alone")
    parser.add_argument("--keep", action="store_true", help="keep what the runs write")
    parser.add_argument("--write", action="store_true", help="write docs/strangers.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
