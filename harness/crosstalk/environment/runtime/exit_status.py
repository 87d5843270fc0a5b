"""The exit status of a program, with one line on standard error where a run cannot be made."""

from __future__ import annotations

import sys
from collections.abc import Callable

from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.signals import Unwinding

# A shell's status of a program that Ctrl-C ended.
INTERRUPTED = 130


def exit_status(program: str, main: Callable[[], int]) -> int:
    """Run `main` to its status: 2 where the run could not be made, 130 after Ctrl-C.

    SIGTERM and SIGHUP unwind it as Ctrl-C does, so that what it started ends with it.

    Args:
        program: The program's name in the line on standard error.
        main: Returns 0 for success and 1 for a finding.
    """
    unwinding = Unwinding()
    unwinding.install()
    try:
        return main()
    except HarnessError as error:
        sys.stderr.write(f"{program}: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return INTERRUPTED
    finally:
        unwinding.remove()
