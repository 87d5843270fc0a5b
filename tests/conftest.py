"""What tests share: one running reference system for the whole session of a worker.

`running` is the system as real processes; tests make subjects of their own (`subject`), so that
they do not meet. Under pytest-xdist every worker has a system of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from harness.environment import ProcessEnvironment, ProcessOptions, RunningSystem


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
