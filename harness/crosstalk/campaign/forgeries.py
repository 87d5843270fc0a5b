"""A run of forged credentials against the reference system, as it is or with a planted leak."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx2

from crosstalk.environment import (
    DataAccess,
    Kind,
    ProcessOptions,
    RunningSystem,
    chosen_environment,
)
from crosstalk.targets.mutants import get_mutant
from crosstalk.targets.reference.forgery_trial import Contexts, contexts_of, reference_targets
from crosstalk.tokens import Forgery, ForgeryContext
from crosstalk.tokens.controls import try_controls
from crosstalk.tokens.trial import ForgeryReport, try_forgeries


def run_forgeries(
    kinds: Sequence[Forgery],
    *,
    mutant: str | None,
    data_access: DataAccess,
    environment: Kind,
    folder: Path,
) -> tuple[ForgeryReport, ForgeryContext]:
    """Start the system, try every kind on every surface, end it.

    Args:
        kinds: What is tried.
        mutant: Id of a leak to plant first.
        data_access: How the MCP server reaches data.
        environment: What the system is started as.
        folder: Where its logs go.

    Returns:
        What came of each attempt, and the context of the backend's forgeries.

    Raises:
        HarnessError: There is no such mutant, or the system does not start.
    """
    with tempfile.TemporaryDirectory(prefix="crosstalk-") as scratch:
        root = get_mutant(mutant).apply(Path(scratch)) if mutant else None
        options = ProcessOptions(run_folder=folder, system_root=root, data_access=data_access)
        with chosen_environment(environment, options) as running:
            contexts = contexts_of(running, calls_backend=data_access != "direct")
            return asyncio.run(_try(running, contexts, kinds)), contexts.backend


def missed_controls(context: ForgeryContext) -> list[str]:
    """Name the checks whose absence in a crippled verifier the trial did not catch."""
    return asyncio.run(try_controls(context))[1]


async def _try(
    running: RunningSystem, contexts: Contexts, kinds: Sequence[Forgery]
) -> ForgeryReport:
    async with httpx2.AsyncClient(timeout=30.0) as client:
        targets = await reference_targets(running, client, contexts)
        return await try_forgeries(targets, contexts.backend, forgeries=kinds)
