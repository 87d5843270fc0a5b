"""`crosstalk forgeries`: every forged credential against every surface."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import httpx2
from rich.table import Table

from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.environment import (
    DataAccess,
    Kind,
    ProcessOptions,
    RunningSystem,
    chosen_environment,
)
from crosstalk.report.run_folder import open_run
from crosstalk.report.terminal import make_console
from crosstalk.targets.mutants import get_mutant
from crosstalk.targets.reference.forgery_trial import Contexts, contexts_of, reference_targets
from crosstalk.tokens import BY_NAME, FORGERIES, Forgery
from crosstalk.tokens.controls import CONTROLS, try_controls
from crosstalk.tokens.trial import Attempt, AttemptVerdict, ForgeryReport, try_forgeries

_WORDS = {
    AttemptVerdict.ACCEPTED: "LET IN",
    AttemptVerdict.INCONCLUSIVE: "?",
    AttemptVerdict.NOT_SENDABLE: "n/s",
    AttemptVerdict.NOT_APPLICABLE: "n/a",
}
_LEGEND = (
    "401: refused; 400, 413, 414, 431: not readable as a request, so no further; "
    "n/s: the surface has no place for it; n/a: genuine on this surface, or there is no such key"
)


def run(
    *,
    only: Sequence[str] = (),
    mutant: str | None = None,
    data_access: DataAccess = "direct",
    environment: Kind = "processes",
) -> ExitCode:
    """Print kinds by surfaces.

    Returns:
        Clean when all were refused and every crippled verifier was caught; a finding when one was
        let in or not caught; inconclusive when the run says nothing.

    Raises:
        HarnessError: There is no such kind or mutant, or the system does not start.
    """
    kinds = [_kind(each) for each in only] or list(FORGERIES)
    console = make_console()
    folder = open_run(f"forgeries-{mutant}" if mutant else "forgeries")
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as scratch:
        root = get_mutant(mutant).apply(Path(scratch)) if mutant else None
        options = ProcessOptions(run_folder=folder.path, system_root=root, data_access=data_access)
        with chosen_environment(environment, options) as running:
            contexts = contexts_of(running, calls_backend=data_access != "direct")
            report = asyncio.run(_try(running, contexts, kinds))
    # They show that the whole trial can fail; a part of it need not show that again.
    missed = [] if only else asyncio.run(try_controls(contexts.backend))[1]
    console.print(_table(report))
    console.print(_LEGEND, soft_wrap=True)
    path = folder.write_summary(
        {**report.summary(), "missed_controls": missed, "table": _rows(report)}
    )
    if not only:
        caught = f"{len(CONTROLS) - len(missed)} of {len(CONTROLS)}"
        console.print(f"controls: {caught} verifiers that lack one check were caught")
    for check in missed:
        console.print(f"a verifier without {check!r} was not caught", style="red", markup=False)
    figures = report.summary()
    console.print(
        f"{report.verdict}: {figures['kinds']} kinds on {figures['surfaces']} surfaces, "
        f"{figures['attempts']} attempts, {len(figures['accepted'])} accepted; summary: {path}",
        markup=False,
        soft_wrap=True,
    )
    return exit_code(report.verdict, ExitCode.FINDING if missed else ExitCode.CLEAN)


async def _try(
    running: RunningSystem, contexts: Contexts, kinds: Sequence[Forgery]
) -> ForgeryReport:
    async with httpx2.AsyncClient(timeout=30.0) as client:
        targets = await reference_targets(running, client, contexts)
        return await try_forgeries(targets, contexts.backend, forgeries=kinds)


def _kind(name: str) -> Forgery:
    if name not in BY_NAME:
        near = ", ".join(get_close_matches(name, BY_NAME, cutoff=0.3)) or "expired, alg-none, …"
        raise HarnessError(f"no forgery {name!r}; there are, among others: {near}")
    return BY_NAME[name]


def _rows(report: ForgeryReport) -> dict[str, dict[str, object]]:
    """Forgery to its source, and to what became of it on each surface."""
    return {
        name: {
            "source": BY_NAME[name].source,
            "description": BY_NAME[name].description,
            "surfaces": {surface: _cell(attempt) for surface, attempt in row.items()},
        }
        for name, row in report.table().items()
    }


def _table(report: ForgeryReport) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("forgery", no_wrap=True, min_width=max(map(len, BY_NAME)))
    for each in report.surfaces:
        # A status fits below the longest word of any surface's name.
        table.add_column(each, min_width=max(map(len, each.split())))
    table.add_column("source", no_wrap=True, overflow="ellipsis", max_width=32)
    for name, row in report.table().items():
        cells = (_cell(row.get(each)) for each in report.surfaces)
        table.add_row(name, *cells, BY_NAME[name].source)
    return table


def _cell(attempt: Attempt | None) -> str:
    """The status of a refusal, and a word for whatever is none."""
    if attempt is None:
        return ""
    word = _WORDS.get(attempt.verdict, "")
    return f"{word} {attempt.status or ''}".strip()
