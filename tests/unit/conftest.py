"""A guard over the unit tests: none starts a process or leaves this machine's loopback.

Python's audit events name every way to start a process and every address a socket is given, from
whichever thread, so that nothing has to be replaced. A test that needs a process belongs in
`tests/integration`, which mirrors the same tree.
"""

from __future__ import annotations

import ipaddress
import multiprocessing.process
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

STARTS_A_PROCESS = {
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "pty.spawn",
    "subprocess.Popen",
}
GIVES_AN_ADDRESS = {"socket.bind", "socket.connect", "socket.sendto"}


@dataclass(slots=True)
class Guard:
    """Refuses what a unit test must not do while one runs, and remembers that it did."""

    armed: bool = False
    refused: list[str] = field(default_factory=list)

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        """Raise for an audit event that starts a process or leaves loopback."""
        if not self.armed:
            return
        if event in STARTS_A_PROCESS:
            program = arguments[0] if arguments else "this process"
            self._refuse(f"a unit test started a process ({event}: {program})")
        if event in GIVES_AN_ADDRESS and not _is_local(arguments[1]):
            self._refuse(f"a unit test left loopback ({event}: {arguments[1]})")

    def _refuse(self, reason: str) -> None:
        self.refused.append(f"{reason}; such a test belongs in tests/integration")
        raise AssertionError(self.refused[-1])


guard = Guard()
sys.addaudithook(guard)


@pytest.fixture(autouse=True)
def _no_process_of_multiprocessing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guard `multiprocessing`, whose start methods but one raise no audit event."""

    def start(process: multiprocessing.process.BaseProcess) -> None:
        guard("subprocess.Popen", (process.name,))

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", start)


def _is_local(address: object) -> bool:
    """True for a path, `localhost` and loopback addresses."""
    if not isinstance(address, tuple) or not address:
        return True
    host = str(address[0])
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    """Guard the fixtures, those of the whole session included."""
    yield from _guarded()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Guard the test."""
    yield from _guarded()


def _guarded() -> Iterator[None]:
    guard.refused.clear()
    guard.armed = True
    try:
        yield
    finally:
        guard.armed = False
    if guard.refused:
        pytest.fail(guard.refused[0], pytrace=False)
