"""Driver's side of the load generator: phases in, figures out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError
from crosstalk.environment.backends.wiring import clean_environment
from crosstalk.environment.parts.sources import package_root


class LoadProcess:
    """Runs `loadtests.scenarios.phases` while the `with` block does.

    Args:
        log: Receives its standard error.
    """

    def __init__(self, log: Path) -> None:
        self._log = log

    def __enter__(self) -> LoadProcess:
        """Start the process."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "loadtests.scenarios.phases"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=clean_environment(package_root("loadtests")),
            )
        return self

    def __exit__(self, *failure: object) -> None:
        """End the process; it also ends when its input does."""
        self._process.kill()
        self._process.communicate()

    def run(self, phase: Mapping[str, Any]) -> dict[str, Any]:
        """Run a phase to its end and return its figures.

        Raises:
            HarnessError: The process has ended.
        """
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise HarnessError("the load was started without pipes")
        try:
            process.stdin.write(json.dumps(phase) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            raise HarnessError(f"the load ended by itself: see {self._log}")
        answer: dict[str, Any] = json.loads(line)
        return answer
