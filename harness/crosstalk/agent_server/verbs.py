"""Verbs of the command line as processes: standard output stays MCP's, and an end ends them."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

from crosstalk.core.errors import HarnessError

# A model takes no more at once, and a system under test must not flood it.
MOST_CHARACTERS = 20_000
_LAST_LINES = 20


@dataclass(frozen=True, slots=True)
class Ended:
    """A verb that has ended.

    Attributes:
        code: Its exit code.
        output: What it printed for programs, or for people where it has no `--json`.
        errors: The rest.
    """

    code: int
    output: str
    errors: str

    def data(self) -> Any:
        """Return the JSON that it printed.

        Raises:
            HarnessError: There is none; the message is the verb's own.
        """
        try:
            return json.loads(self.output)
        except ValueError:
            told = "\n".join(self.errors.splitlines()[-_LAST_LINES:])
            raise HarnessError(bounded(told or f"exit code {self.code}")) from None


async def run_verb(*arguments: str) -> Ended:
    """Run a verb to its end; a call that is cancelled ends it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crosstalk", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    return Ended(
        process.returncode or 0, output.decode(errors="replace"), errors.decode(errors="replace")
    )


def bounded(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return a text cut to a length, which says so."""
    if len(text) <= most:
        return text
    return f"{text[:most]}\n… {len(text) - most} more characters are left out"
