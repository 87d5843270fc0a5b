"""How a program ends: its status, or one line that says why there is none."""

from __future__ import annotations

import sys
from collections.abc import Callable

from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.signals import Unwinding

# As a shell counts a program that Ctrl-C has ended.
INTERRUPTED = 130


def exit_status(program: str, main: Callable[[], int]) -> int:
    """Run `main` to its status: 2 where the run could not be made, 130 after Ctrl-C.

    SIGTERM and SIGHUP unwind it as Ctrl-C does, so that what it started ends with it.

    Args:
        program: How the line on standard error calls it.
        main: Says 0 for what is well and 1 for what is not.
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
