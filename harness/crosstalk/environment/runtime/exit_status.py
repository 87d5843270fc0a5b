"""Runs a command to its exit code: every failure is one line, and no traceback reaches a person."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from crosstalk.core.errors import HarnessError, InternalError
from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.environment.runtime.signals import Unwinding

_CRASHES = Path(".crosstalk/crashes")
# Clients that are open together end as one group inside another.
_GROUP_DEPTH = 200
# Faults of the machine and not of the harness.
_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EPIPE, errno.EMFILE, errno.ENOMEM)


def exit_status(program: str, main: Callable[[], int]) -> int:
    """Run `main` and return its code, or that of the error that ended it.

    SIGTERM and SIGHUP unwind it as Ctrl-C does, so that what it started ends with it.

    Args:
        program: The name before the line on standard error.
        main: Returns the code of a run that came to its end.
    """
    unwinding = Unwinding()
    unwinding.install()
    try:
        return main()
    except KeyboardInterrupt as error:
        _say("", program)
        return exit_code(error)
    except HarnessError as error:
        _say(str(error), program)
        return exit_code(error)
    except OSError as error:
        if error.errno not in _OF_THE_MACHINE:
            return _crashed(program, error)
        if error.errno == errno.EPIPE:
            # Whoever read the output has closed it; what is left in buffers has nowhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        where = f" ({error.filename})" if error.filename else ""
        _say(f"{error.strerror}{where}", program)
        return ExitCode.TARGET_FAILED
    except Exception as error:
        return _crashed(program, error)
    finally:
        unwinding.remove()


def _crashed(program: str, error: Exception) -> ExitCode:
    whole = traceback.TracebackException.from_exception(error, max_group_depth=_GROUP_DEPTH)
    kept = _keep("".join(whole.format()))
    cause = _first_of(error)
    said = " ".join(str(cause).split())[:200]
    _say(
        f"internal error, a fault of {program} and not of the target: {type(cause).__name__}: "
        f"{said}; please report it with {kept}",
        program,
    )
    return exit_code(InternalError(said))


def _first_of(error: BaseException) -> BaseException:
    """Return what a group of errors is about: the first in it that is no group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _keep(text: str) -> str:
    """Write a traceback where it can be reported from; the file's name."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    for folder in (_CRASHES, Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / name
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return str(path)
    return "what you did: its traceback could not be written anywhere"


def _say(line: str, program: str) -> None:
    text = f"{program}: {line}" if line else ""
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    sys.stderr.write(f"\x1b[31m{text}\x1b[0m\n" if colour and text else f"{text}\n")
