"""`python -P loaded_ahead.py MODULE ...` loads a service, and runs it once a line arrives.

To load the backend takes longer than all else about its start. This program loads the application
of a module (its `app`, where it has one) while its predecessor still serves, and then waits: it
opens no port and reaches no database. It runs with the environment of the service, in which there
is no harness, and so needs nothing but the standard library. It ends when the harness does.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import runpy
import sys


def main() -> None:
    """Load the module's application, wait for a line, and run the module."""
    del sys.argv[0]
    name = sys.argv[0]
    # What modules define is no garbage (see `system.loading`).
    gc.disable()
    if importlib.util.find_spec(f"{name}.app") is not None:
        importlib.import_module(f"{name}.app")
    gc.freeze()
    gc.enable()
    if not sys.stdin.buffer.readline():
        return
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    runpy.run_module(name, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
