"""What tests share: one running reference system for the whole session of a worker.

`running` is the system as real processes; tests make subjects of their own (`subject`), so that
they do not meet. Under pytest-xdist every worker has a system of its own.
"""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstalk.environment import ProcessEnvironment, ProcessOptions, RunningSystem

# A shell that starts this run in the background has it ignore Ctrl-C, and what it starts with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """How the flows of a person find the system; every other test starts processes."""
    group = parser.getgroup("crosstalk", "the running system")
    group.addoption(
        "--environment",
        choices=("processes", "containers", "attached"),
        default="processes",
        help="what the flows in tests/e2e run on",
    )
    group.addoption("--attach", type=Path, help="with `attached`: what `crosstalk env` wrote")
    group.addoption(
        "--disposable-data",
        action="store_true",
        help="with `attached`: what users have stored there may be deleted",
    )


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """The reference system, started once."""
    folder = tmp_path_factory.mktemp("system")
    with ProcessEnvironment(ProcessOptions(run_folder=folder)) as system:
        yield system


@pytest.fixture
def alice() -> str:
    """A subject that no other test uses."""
    return f"alice-{secrets.token_hex(6)}"


@pytest.fixture
def bob() -> str:
    """Another such subject."""
    return f"bob-{secrets.token_hex(6)}"
