"""The calls of a confirmed finding as lines of shell, for whoever has to mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from crosstalk.core.history import History
from crosstalk.core.verdict import Finding
from crosstalk.execution.by_hand import transcript_of
from crosstalk.execution.executor import Executor
from crosstalk.phases.concurrency.clients import with_subjects
from crosstalk.targets.base import Target

_OPENED = "Before it, row-level security is opened: the layer is tested without the one below it"


def with_commands(
    finding: Finding, target: Target, executor: Executor, fresh_history: Callable[[], History]
) -> Finding:
    """Return the finding with its calls as commands.

    Its script is run once more for it, which counts as a replay.

    Args:
        finding: Confirmed.
        target: The system that it was found in.
        executor: Makes and writes the calls.
        fresh_history: Resets the system where that is possible; a history with new subjects.
    """
    if any(each.operation not in executor.operations for each in finding.script.steps):
        # An attempt in SQL is no call.
        return finding
    with executor.replaying():
        history = fresh_history()
        actors = [each.actor for each in finding.script.steps if each.actor.user is not None]
        if any(each.user not in history.subjects for each in actors):
            # Concurrent clients have names of their own.
            history = with_subjects(target, history, actors)
        commands = transcript_of(
            executor,
            history,
            finding.script,
            source=target.credential_source,
            before=_OPENED if finding.oracle == "layer" else "",
            shown_by=_shown_by(finding),
        )
    return replace(finding, commands=commands)


def _shown_by(finding: Finding) -> list[int]:
    """Return the lines whose answers hold what crossed, or else the last that is evidence."""
    marked = [each.number for each in finding.evidence if each.foreign]
    return marked or [each.number for each in finding.evidence[-1:]]
