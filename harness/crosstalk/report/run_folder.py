"""Folders of runs: `.crosstalk/runs/<name>/<UTC time>/`; `latest` is the newest."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError

ROOT = Path(".crosstalk/runs")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    def write_summary(self, summary: Mapping[str, Any]) -> Path:
        """Write `summary.json` in one step."""
        return self.write("summary.json", json.dumps(summary, indent=2, default=str) + "\n")

    def write(self, name: str, text: str) -> Path:
        """Write a file in one step: a reader sees all of it or the one before."""
        target = self.path / name
        temporary = target.with_name(f".{name}.{secrets.token_hex(4)}")
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
        temporary.replace(target)
        return target


def open_run(name: str, root: Path = ROOT) -> RunFolder:
    """Make the folder of a new run and let `latest` point at it.

    Raises:
        HarnessError: The folder cannot be made.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    try:
        (root / name).mkdir(parents=True, exist_ok=True)
        ignored = root.parent / ".gitignore"
        if root == ROOT and not ignored.exists():
            # Runs hold tokens and users' data, which do not belong under version control.
            ignored.write_text("*\n", encoding="utf-8")
        path = root / name / stamp
        while True:
            with contextlib.suppress(FileExistsError):
                path.mkdir()
                break
            path = root / name / f"{stamp}-{secrets.token_hex(2)}"
        # A link is replaced in one step, so that two runs at once leave a good one.
        link = root / name / f".latest-{secrets.token_hex(4)}"
        link.symlink_to(path.name)
        link.replace(root / name / "latest")
    except OSError as error:
        raise HarnessError(
            f"cannot write {root / name}: {error.strerror}; run where you may write"
        ) from error
    return RunFolder(path)
