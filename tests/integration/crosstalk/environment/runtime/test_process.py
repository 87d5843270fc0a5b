"""A service process: its log says why it failed, its group ends, nothing starts unguarded."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from crosstalk.environment import EnvironmentFailed
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.kept_loaded import ForkedProcess, KeptLoaded
from crosstalk.environment.runtime.process import ServiceProcess, last_words


@pytest.fixture
def guard() -> Iterator[Guard]:
    """A guard."""
    guard = Guard()
    yield guard
    guard.close()


def service(tmp_path: Path, code: str, arguments: Sequence[str] = ()) -> ServiceProcess:
    """A Python program as a service, ready when it has made the file `ready`."""
    return ServiceProcess(
        name="thing",
        command=[sys.executable, "-c", code, str(tmp_path / "ready"), *arguments],
        environment={},
        log=tmp_path / "thing.log",
        probe=(tmp_path / "ready").exists,
    )


def test_service_process_leads_its_own_session_and_has_no_input(
    tmp_path: Path, guard: Guard
) -> None:
    code = (
        "import os, pathlib, sys, time; print(sys.stdin.read() == '', os.getsid(0) == os.getpid(),"
        " flush=True); pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    )
    thing = service(tmp_path, code)
    thing.start(guard)
    thing.wait_until_ready()
    assert thing.log.read_text().split() == ["True", "True"]
    assert thing.pid != os.getpid()
    thing.stop(guard)
    assert not thing.alive()


def test_service_process_ends_with_its_children(tmp_path: Path, guard: Guard) -> None:
    code = (
        "import pathlib, subprocess, sys, time;"
        "child = subprocess.Popen(['sleep', '600']);"
        "pathlib.Path(sys.argv[1] + '.new').write_text(str(child.pid));"
        "pathlib.Path(sys.argv[1] + '.new').rename(sys.argv[1]); time.sleep(600)"
    )
    thing = service(tmp_path, code)
    thing.start(guard)
    thing.wait_until_ready()
    child = psutil.Process(int((tmp_path / "ready").read_text()))
    thing.stop(guard)
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_stopped_service_process_can_be_ended(tmp_path: Path, guard: Guard) -> None:
    thing = service(
        tmp_path, "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    )
    thing.start(guard)
    thing.wait_until_ready()
    os.kill(thing.pid, signal.SIGSTOP)
    thing.stop(guard)
    assert not thing.alive()


def test_service_process_that_ignores_the_stop_signal_is_killed(
    tmp_path: Path, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosstalk.environment.runtime.process.STOP_SECONDS", 0.3)
    code = (
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    )
    thing = service(tmp_path, code)
    thing.start(guard)
    thing.wait_until_ready()
    pid = thing.pid
    thing.stop(guard)
    assert not psutil.pid_exists(pid)


def test_service_process_that_is_never_ready_is_named_with_its_last_words(
    tmp_path: Path, guard: Guard
) -> None:
    thing = service(tmp_path, "import time; print('waiting for Godot', flush=True); time.sleep(9)")
    thing.start(guard)
    while not thing.log.read_text():
        time.sleep(0.05)
    with pytest.raises(EnvironmentFailed, match="was not ready in 0 s: waiting for Godot"):
        thing.wait_until_ready(0.2)
    thing.stop(guard)


def test_service_process_that_listens_is_loaded_before_it_is_ready(
    tmp_path: Path, guard: Guard
) -> None:
    code = (
        "import pathlib, socket, sys, time; there = socket.create_server(('127.0.0.1', 0));"
        "place = pathlib.Path(sys.argv[1] + '.port');"
        "place.write_text(str(there.getsockname()[1])); time.sleep(600)"
    )
    thing = service(tmp_path, code)
    thing.start(guard)
    port = tmp_path / "ready.port"
    while not (port.exists() and port.read_text()):
        time.sleep(0.05)
    thing.port = int(port.read_text())
    thing.wait_until_loaded()
    with pytest.raises(EnvironmentFailed, match="was not ready"):
        thing.wait_until_ready(0.2)
    thing.stop(guard)
    with pytest.raises(EnvironmentFailed, match="did not start"):
        thing.wait_until_loaded()


def test_service_process_that_ended_is_not_ready_though_its_port_answers(
    tmp_path: Path, guard: Guard
) -> None:
    (tmp_path / "ready").touch()
    thing = service(tmp_path, "import sys; sys.exit('my port is taken')")
    thing.start(guard)
    while thing.alive():
        time.sleep(0.05)
    with pytest.raises(EnvironmentFailed, match="thing did not start: my port is taken"):
        thing.wait_until_ready()
    thing.stop(guard)


def test_service_process_without_a_program_fails_at_once(tmp_path: Path, guard: Guard) -> None:
    thing = ServiceProcess("thing", [str(tmp_path / "none")], {}, tmp_path / "log")
    with pytest.raises(
        EnvironmentFailed, match=r"none is not a program; install the package again"
    ):
        thing.start(guard)


def _module(tmp_path: Path) -> ServiceProcess:
    """A module with an application, which notes when it is loaded and when it runs."""
    package = tmp_path / "slow"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "app.py").write_text("print('loaded', flush=True)\n")
    (package / "__main__.py").write_text(
        "import os, pathlib, sys, time\n"
        "from slow import app\n"
        "print('run', sys.argv[1:], os.environ['SAID'], sys.stdin.read() == '', flush=True)\n"
        "pathlib.Path('ready').touch()\n"
        "time.sleep(600)\n"
    )
    return ServiceProcess(
        name="slow",
        command=[sys.executable, "-P", "-m", "slow", "--loud"],
        environment={"PYTHONPATH": str(tmp_path), "SAID": "one"},
        log=tmp_path / "slow.log",
        probe=lambda: "run" in (tmp_path / "slow.log").read_text(),
        keeps_loaded=True,
    )


@pytest.fixture
def slow(tmp_path: Path, guard: Guard, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceProcess]:
    """A module that keeps what it loaded, running."""
    monkeypatch.chdir(tmp_path)
    thing = _module(tmp_path)
    thing.start(guard)
    thing.wait_until_ready()
    yield thing
    thing.stop(guard)
    thing.forget_loaded()


def _holders() -> list[psutil.Process]:
    """Processes of this account that hold what a service loaded."""
    return [
        each
        for each in psutil.process_iter(["cmdline"])
        if "kept_loaded.py" in " ".join(each.info["cmdline"] or ())
        and "slow" in (each.info["cmdline"] or ())
        and each.status() != psutil.STATUS_ZOMBIE
    ]


def _start_again(thing: ServiceProcess, guard: Guard) -> list[str]:
    """Start it again from an empty log; returns what it logged."""
    thing.stop(guard)
    assert not thing.alive()
    thing.log.write_text("")
    thing.start(guard)
    thing.wait_until_ready()
    return thing.log.read_text().splitlines()


def test_service_process_starts_again_from_what_it_loaded(
    slow: ServiceProcess, guard: Guard
) -> None:
    assert slow.log.read_text().splitlines() == ["loaded", "run ['--loud'] one True"]
    seen = {slow.pid}
    # Again with the same environment, with one that was prepared, and after both.
    for said in ("one", "two", "two", "one"):
        slow.environment = {**slow.environment, "SAID": said}
        slow.prepare(slow.environment)
        assert _start_again(slow, guard) == [f"run ['--loud'] {said} True"]
        assert os.getsid(slow.pid) == slow.pid == os.getpgid(slow.pid)
        seen.add(slow.pid)
    assert len(seen) == 5


def test_fork_of_a_service_tells_how_it_ended(slow: ServiceProcess, guard: Guard) -> None:
    _start_again(slow, guard)
    forked = slow._process
    assert isinstance(forked, ForkedProcess)
    assert forked.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        forked.wait(0.05)
    os.kill(slow.pid, signal.SIGKILL)
    assert forked.wait(30) == -signal.SIGKILL
    assert not slow.alive()
    # Nothing is signalled in its place.
    forked.send_signal(signal.SIGTERM)


def test_stopped_fork_of_a_service_can_be_ended(slow: ServiceProcess, guard: Guard) -> None:
    _start_again(slow, guard)
    os.kill(slow.pid, signal.SIGSTOP)
    slow.stop(guard)
    assert not slow.alive()


@pytest.mark.parametrize("spoiled", ["environment", "ended"])
def test_service_process_loads_again_where_what_was_loaded_is_of_no_use(
    slow: ServiceProcess, guard: Guard, spoiled: str
) -> None:
    if spoiled == "environment":
        slow.environment = {**slow.environment, "SAID": "two"}
    else:
        slow.stop(guard)
        for each in _holders():
            each.kill()
    said = slow.environment["SAID"]
    assert _start_again(slow, guard) == ["loaded", f"run ['--loud'] {said} True"]
    # And what it loaded then is kept.
    assert _start_again(slow, guard) == [f"run ['--loud'] {said} True"]


def test_fork_of_a_service_is_known_to_have_ended_though_its_holder_is_gone(
    slow: ServiceProcess, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    _start_again(slow, guard)
    for each in _holders():
        if each.pid != slow.pid:
            each.kill()
    forked = slow._process
    assert isinstance(forked, ForkedProcess)
    assert slow.alive()
    looked: list[float] = []
    ask = KeptLoaded.status_of

    def noted(held: KeptLoaded, pid: int, seconds: float) -> int | None:
        looked.append(seconds)
        return ask(held, pid, seconds)

    monkeypatch.setattr(KeptLoaded, "status_of", noted)
    with pytest.raises(subprocess.TimeoutExpired):
        forked.wait(0.5)
    # It is looked for now and then, and not all the time.
    assert 1 < len(looked) < 30
    slow.ask_to_stop()
    assert forked.wait(30) == -signal.SIGKILL
    slow.stop(guard)
    assert not slow.alive()


def test_copy_of_a_service_is_not_kept_longer_than_it_is_wanted(
    slow: ServiceProcess, guard: Guard
) -> None:
    slow.stop(guard)
    holders = _holders()
    assert len(holders) == 1
    slow.forget_loaded()
    slow.forget_loaded()
    _, left = psutil.wait_procs(holders, timeout=30)
    assert not [each for each in left if each.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("late", [False, True], ids=["", "slow-to-begin"])
def test_copy_of_a_service_ends_with_the_harness(tmp_path: Path, late: bool) -> None:
    if late:
        # As on a busy machine: the harness dies before a fork of the copy has its own session.
        (tmp_path / "sitecustomize.py").write_text(
            "import os, time\n"
            "begin, waits = os.setsid, [1.5, 0]\n"
            "os.setsid = lambda: (time.sleep(waits.pop()), begin())\n"
        )
    code = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from crosstalk.environment.runtime.guard import Guard\n"
        "from crosstalk.environment.runtime.process import ServiceProcess\n"
        "log = Path('slow.log')\n"
        "thing = ServiceProcess('slow', [sys.executable, '-P', '-m', 'slow'],"
        " {'PYTHONPATH': '.', 'SAID': 'one'}, log,"
        " probe=lambda: 'run' in log.read_text(), keeps_loaded=True)\n"
        "guard = Guard(); thing.start(guard); thing.wait_until_ready(); thing.stop(guard)\n"
        "thing.start(guard); thing.wait_until_ready(); print(thing.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    _module(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path.cwd())],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (_holders() or _runs(int(done.stdout))):
        time.sleep(0.05)
    assert not _holders()
    assert not _runs(int(done.stdout))


def _runs(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def test_service_process_of_a_program_that_is_no_module_is_not_kept(
    tmp_path: Path, guard: Guard
) -> None:
    thing = service(
        tmp_path, "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    )
    thing.keeps_loaded = True
    thing.start(guard)
    thing.wait_until_ready()
    assert not _holders()
    assert "kept_loaded" not in " ".join(psutil.Process(thing.pid).cmdline())
    thing.stop(guard)


def test_service_process_runs_to_its_end(tmp_path: Path, guard: Guard) -> None:
    service(tmp_path, "print('done')").run(guard, 60)
    with pytest.raises(EnvironmentFailed, match=r"thing failed: sorry \(log: "):
        service(tmp_path, "import sys; sys.exit('sorry')").run(guard, 60)
    thing = service(tmp_path, "import time; time.sleep(600)")
    with pytest.raises(EnvironmentFailed, match="thing did not end in 0 s"):
        thing.run(guard, 0.2)
    assert not thing.alive()


def test_service_process_begins_only_when_the_guard_watches_it(tmp_path: Path) -> None:
    class Forgetful(Guard):
        def watch(self, group: int, stop_signal: int) -> None:
            """The harness dies here."""
            raise KeyboardInterrupt

    guard = Forgetful()
    thing = service(tmp_path, "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()")
    with pytest.raises(KeyboardInterrupt):
        thing.start(guard)
    assert thing.alive()
    thing.stop(guard)
    guard.close()
    assert not (tmp_path / "ready").exists()


def test_last_words_are_of_the_current_start_and_prefer_fatal_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("FATAL: long ago\n")
    start = log.stat().st_size
    assert last_words(log, start) == f"no output (log: {log})"
    with log.open("a") as file:
        file.write("LOG: begin\nFATAL: the reason\nLOG: shut down\n\n")
    assert last_words(log, start) == f"FATAL: the reason (log: {log})"
    assert last_words(tmp_path / "none") == f"no output (log: {tmp_path / 'none'})"
