"""A start that cannot be made is one line that says what to do, and leaves nothing running."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crosstalk.environment import (
    EnvironmentFailed,
    ProcessEnvironment,
    ProcessOptions,
)
from crosstalk.environment.parts import postgres
from crosstalk.environment.parts.postgres_programs import find_programs, read_version
from crosstalk.environment.parts.postgres_template import Template
from tests.unit.crosstalk.environment.stand_in import write_stand_in

pytestmark = pytest.mark.usefixtures("nothing_left")


@contextmanager
def refused(match: str) -> Iterator[None]:
    """What happens inside fails with one line."""
    with pytest.raises(EnvironmentFailed, match=match) as caught:
        yield
    assert "\n" not in str(caught.value)


def start(options: ProcessOptions) -> None:
    """Start and end at once."""
    with ProcessEnvironment(options):
        return


def test_start_on_a_port_in_use_says_which_setting_to_change(tmp_path: Path, root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with refused(rf"port {port} is in use: choose another with --backend-port"):
            start(ProcessOptions(tmp_path, root, ports={"backend": port}))


def test_start_on_a_port_of_another_environment_fails(tmp_path: Path, root: Path) -> None:
    with ProcessEnvironment(ProcessOptions(tmp_path / "one", root)) as running:
        running.stop("mcp")
        port = running.services["mcp"].port
        with refused("is in use"):
            start(ProcessOptions(tmp_path / "two", root, ports={"mcp": port}))


@pytest.mark.parametrize("setting", [{"gateway": 1}, {"backend": 70_000}])
def test_start_on_an_invalid_port_fails(
    tmp_path: Path, root: Path, setting: dict[str, int]
) -> None:
    with refused("there is no service 'gateway'|70000 is not a TCP port"):
        start(ProcessOptions(tmp_path, root, ports=setting))


def test_start_from_a_folder_without_the_system_fails(tmp_path: Path) -> None:
    with refused("does not contain the package `system`"):
        start(ProcessOptions(tmp_path, tmp_path))


def test_start_with_a_file_as_run_folder_fails(tmp_path: Path, root: Path) -> None:
    (tmp_path / "file").touch()
    with refused("the run cannot be made in .*; choose another run folder"):
        start(ProcessOptions(tmp_path / "file", root))


def test_start_names_a_service_that_ended_with_its_last_words(tmp_path: Path) -> None:
    root = write_stand_in(tmp_path / "root", mcp="import sys; sys.exit('set CURSOR_SECRET')")
    with refused(r"mcp did not start: set CURSOR_SECRET \(log: .*mcp\.log\)"):
        start(ProcessOptions(tmp_path, root))


def test_start_with_a_setting_that_the_service_refuses_fails(tmp_path: Path) -> None:
    settings = {"mcp": {"CURSOR_SECRET": "short"}}
    with refused(r"mcp did not start: .*CURSOR_SECRET"):
        start(ProcessOptions(tmp_path, extra_env=settings))


def test_start_with_failing_migrations_fails(tmp_path: Path) -> None:
    root = write_stand_in(tmp_path / "root", store="import sys; sys.exit('no such revision')")
    with refused(r"migrations failed: no such revision \(log: .*migrate\.log\)"):
        start(ProcessOptions(tmp_path, root))


def test_start_with_invalid_postgresql_settings_fails(tmp_path: Path, root: Path) -> None:
    with refused(r"postgresql did not start: .*FATAL.*shared_buffers"):
        start(ProcessOptions(tmp_path, root, postgres_settings={"shared_buffers": "nonsense"}))


def test_start_with_data_damaged_in_each_copy_fails(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Template.copy_to

    def damaged(self: Template, data: Path, guard: object) -> str:
        password = copy(self, data, guard)  # type: ignore[arg-type]
        (data / "global" / "pg_control").write_bytes(b"")
        return password

    monkeypatch.setattr(Template, "copy_to", damaged)
    monkeypatch.setattr(Template, "discard", lambda self: None)
    with refused(r"postgresql did not start: .*(FATAL|PANIC).*pg_control"):
        start(ProcessOptions(tmp_path, root))


def test_start_without_postgresql_programs_fails(tmp_path: Path) -> None:
    with refused("cannot be run .No such file.*install it again"):
        read_version(tmp_path / "postgres", None)


@pytest.mark.parametrize("text", ["not a program", "#!/bin/sh\necho wrong machine >&2; exit 1"])
def test_start_with_postgresql_programs_that_do_not_run_fails(tmp_path: Path, text: str) -> None:
    program = tmp_path / "postgres"
    program.write_text(text)
    program.chmod(0o755)
    with refused("cannot be run .(Exec format error|wrong machine).*install it again"):
        read_version(program, None)


def test_start_with_little_disk_space_fails(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_LEAST_SPACE_BYTES", 2**60)
    with refused(r"only \d+ MB are free in .*: free some space there, or set TMPDIR"):
        start(ProcessOptions(tmp_path, root))


def test_start_fails_where_the_disk_fills_while_data_is_copied(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: object, *_: object, **__: object) -> None:
        reason = "[Errno 28] No space left on device: 'PG_VERSION'"
        raise shutil.Error([("PG_VERSION", "PG_VERSION", reason)])

    monkeypatch.setattr("crosstalk.environment.parts.postgres_template.shutil.copytree", full)
    with refused("No space left on device; free some space there, or set TMPDIR"):
        start(ProcessOptions(tmp_path, root))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for half of a cluster."""
    for program in ("mount", "umount"):
        if shutil.which(program) is None:
            pytest.skip(f"a small file system needs the program {program}, which is not installed")
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=20m,mode=1777", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a small file system needs the right to mount, which root on a host has")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_start_on_a_full_disk_fails(
    tmp_path: Path, root: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_LEAST_SPACE_BYTES", 0)
    monkeypatch.setattr(postgres, "scratch_folder", lambda account: small_disk)
    with refused("No space left on device; free some space there, or set TMPDIR"):
        start(ProcessOptions(tmp_path, root))


def test_start_with_a_run_folder_on_a_full_disk_fails(
    tmp_path: Path, root: Path, small_disk: Path
) -> None:
    filler = small_disk / "filler"
    with filler.open("wb") as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"x" * 65_536)
            file.flush()
    with refused("No space left on device; free some space there, or choose another run folder"):
        start(ProcessOptions(small_disk, root))


def test_postgresql_programs_have_a_version() -> None:
    assert int(find_programs().version.split(".")[0]) >= 16
