"""A program that a signal ends unwinds first."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

_PROGRAM = """
import signal, sys, time
from crosstalk.environment.runtime.exit_status import exit_status

# Whoever runs the tests may ignore it, as nohup does.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

def main():
    try:
        print("begun", flush=True)
        time.sleep(60)
    finally:
        print("unwound", flush=True)
    return 0

sys.exit(exit_status("p", main))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_termination_signal_unwinds_the_program(number: signal.Signals) -> None:
    # A process of its own: whoever runs tests may have handlers, and threads, of their own.
    program = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "begun\n"
    program.send_signal(number)
    assert program.stdout.read() == "unwound\n"
    assert program.wait(30) == 130
