"""Events of a run for programs: one JSON object a line, written as it happens.

`schemas/events-1.schema.json` describes a line; docs/pipelines.md explains it to people.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from crosstalk.campaign.events import (
    Event,
    FindingFound,
    PartBegun,
    Progress,
    Shortened,
    Started,
    Suspected,
)
from crosstalk.campaign.result import CampaignResult
from crosstalk.core.defects.weaknesses import weakness_of
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.core.verdict import Finding

VERSION = 1


class EventStream:
    """Listens to a campaign and writes lines.

    Args:
        file: Where they go; each is flushed.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._began = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Write an event; the end of a campaign is `verdict`, once the reports are written."""
        self._event(event, {})

    def of_shard(self, number: int, event: Event) -> None:
        """Write an event of one of several shards, with the shard's number."""
        self._event(event, {"shard": number})

    def _event(self, event: Event, where: Mapping[str, Any]) -> None:
        if isinstance(event, Started):
            self._write(
                "started",
                **where,
                version=VERSION,
                operations=event.operations,
                seed=event.seed,
            )
        elif isinstance(event, PartBegun):
            self._write("phase", **where, name=event.name)
        elif isinstance(event, Progress):
            self._write(
                "calls",
                **where,
                calls=event.calls,
                examples=event.examples,
                replay_calls=event.replay_calls,
            )
        elif isinstance(event, Suspected):
            self._write("suspicion", **where, **_named(event.finding))
        elif isinstance(event, Shortened):
            self._write(
                "shrinking",
                **where,
                **_named(event.finding),
                steps=event.steps,
                replay_calls=event.replay_calls,
            )
        elif isinstance(event, FindingFound):
            self._write(
                "finding",
                **where,
                **_named(event.finding),
                severity=weakness_of(event.finding.oracle).severity,
                script=event.finding.script.lines(),
                replay=event.finding.replay,
            )

    def verdict(self, result: CampaignResult, code: ExitCode, summary: Path) -> None:
        """Write the last line: what the run came to."""
        self._write(
            "verdict",
            verdict=result.verdict,
            exit_code=int(code),
            calls=result.calls,
            findings=len(result.findings),
            summary=str(summary),
        )

    def _write(self, kind: str, **more: Any) -> None:
        seconds = round(time.monotonic() - self._began, 3)
        self._file.write(json.dumps({"event": kind, "seconds": seconds, **more}) + "\n")
        self._file.flush()


@contextmanager
def open_events(file: Path | None) -> Iterator[EventStream | None]:
    """Open a stream; None where no file is named.

    Raises:
        HarnessError: The file cannot be written.
    """
    if file is None:
        yield None
        return
    try:
        opened = file.open("w", encoding="utf-8")
    except OSError as error:
        raise HarnessError(f"cannot write {file}: {error.strerror}") from error
    with opened:
        yield EventStream(opened)


def _named(finding: Finding) -> dict[str, str]:
    return {
        "oracle": finding.oracle,
        "tool": finding.operation,
        "summary": finding.summary,
        "fingerprint": finding.fingerprint,
    }
