"""A service process: its log says why it failed, its group ends, nothing starts unguarded."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from crosstalk.environment import EnvironmentFailed
from crosstalk.environment.runtime.guard import Guard
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
    )


def _until_loaded(thing: ServiceProcess) -> None:
    while "loaded" not in thing.log.read_text():
        time.sleep(0.02)


def test_service_process_loads_its_next_start_beside_it_and_runs_it_then(
    tmp_path: Path, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    thing = _module(tmp_path)
    thing.start(guard)
    thing.wait_until_ready()
    first = thing.pid
    thing.log.write_text("")
    thing.prepare(guard, {**thing.environment, "SAID": "two"})
    _until_loaded(thing)
    # It has not begun, and what runs goes on.
    assert thing.log.read_text().split() == ["loaded"]
    assert thing.pid == first
    thing.stop(guard)
    thing.environment = {**thing.environment, "SAID": "two"}
    thing.start(guard)
    thing.wait_until_ready()
    assert thing.log.read_text().splitlines() == ["loaded", "run ['--loud'] two True"]
    assert thing.pid != first
    thing.stop(guard)
    assert not thing.alive()


@pytest.mark.parametrize("spoiled", ["environment", "ended"])
def test_service_process_starts_as_ever_where_what_was_loaded_is_of_no_use(
    tmp_path: Path, guard: Guard, monkeypatch: pytest.MonkeyPatch, spoiled: str
) -> None:
    monkeypatch.chdir(tmp_path)
    thing = _module(tmp_path)
    thing.prepare(guard, thing.environment)
    _until_loaded(thing)
    before = {each.pid for each in psutil.Process().children()}
    if spoiled == "environment":
        thing.environment = {**thing.environment, "SAID": "two"}
    else:
        for each in psutil.Process().children():
            if "loaded_ahead" in " ".join(each.cmdline()):
                each.kill()
                each.wait(30)
    thing.start(guard)
    thing.wait_until_ready()
    assert thing.pid not in before
    said = thing.environment["SAID"]
    assert thing.log.read_text().splitlines()[-1] == f"run ['--loud'] {said} True"
    thing.stop(guard)


def test_service_process_that_was_prepared_and_never_started_is_ended(
    tmp_path: Path, guard: Guard
) -> None:
    thing = _module(tmp_path)
    thing.prepare(guard, thing.environment)
    _until_loaded(thing)
    waiting = [e for e in psutil.Process().children() if "loaded_ahead" in " ".join(e.cmdline())]
    thing.discard_prepared(guard)
    thing.discard_prepared(guard)
    assert len(waiting) == 1
    assert not waiting[0].is_running()


def test_service_process_of_a_program_that_is_no_module_is_not_loaded_ahead(
    tmp_path: Path, guard: Guard
) -> None:
    thing = service(tmp_path, "pass")
    thing.prepare(guard, {})
    assert not thing.log.exists()


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
