"""A cluster's template is made once, is whole or not there, and is mended when it is damaged."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from crosstalk.environment import EnvironmentFailed
from crosstalk.environment.parts.database import execute
from crosstalk.environment.parts.postgres import EmbeddedPostgres
from crosstalk.environment.parts.postgres_programs import Programs, find_programs
from crosstalk.environment.parts.postgres_template import Template
from crosstalk.environment.parts.schema_digest import digest
from crosstalk.environment.runtime.accounts import scratch_folder
from crosstalk.environment.runtime.guard import Guard
from crosstalk.environment.runtime.ports import Ports
from crosstalk.environment.runtime.process import ServiceProcess


@pytest.fixture
def guard() -> Iterator[Guard]:
    """A guard, which removes what the test leaves."""
    guard = Guard()
    yield guard
    guard.close()


@pytest.fixture
def scratch(guard: Guard) -> Path:
    """A folder that the server's account can use."""
    folder = scratch_folder(find_programs().account)
    guard.sweep(folder)
    return folder


@pytest.fixture
def template(tmp_path: Path) -> Template:
    """A template of its own, not yet made."""
    return Template(find_programs(), tmp_path / "log", tmp_path / "cache")


@pytest.fixture
def made(template: Template, scratch: Path, guard: Guard, tmp_path: Path) -> Path:
    """The folder of a template that has been made."""
    template.copy_to(scratch / "first", guard)
    assert not template.reused
    (folder,) = [each for each in (tmp_path / "cache").iterdir() if each.is_dir()]
    return folder


def test_template_is_made_once_and_copied_afterwards(
    template: Template, made: Path, scratch: Path, guard: Guard
) -> None:
    password = template.copy_to(scratch / "second", guard)
    assert template.reused
    assert (made / "password").read_text() == password
    assert (scratch / "second" / "PG_VERSION").read_text() == (
        made / "data" / "PG_VERSION"
    ).read_text()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: (data / "global" / "pg_control").unlink(),
        lambda data: (data / "PG_VERSION").write_text(""),
        pytest.param(lambda data: (data / "more").touch(), marks=pytest.mark.long),
        pytest.param(
            lambda data: (data.parent / "listing.json").write_text("{"), marks=pytest.mark.long
        ),
    ],
    ids=["a file is missing", "a file is cut", "a file is more", "no listing"],
)
def test_incomplete_template_is_made_again(
    template: Template, made: Path, scratch: Path, guard: Guard, damage: object
) -> None:
    damage(made / "data")  # type: ignore[operator]
    template.copy_to(scratch / "second", guard)
    assert not template.reused
    assert (scratch / "second" / "global" / "pg_control").exists()


def test_damaged_template_is_replaced_when_the_server_fails(
    template: Template, made: Path, guard: Guard, tmp_path: Path
) -> None:
    control = made / "data" / "global" / "pg_control"
    control.write_bytes(b"x" * control.stat().st_size)
    with Ports() as ports:
        postgres = EmbeddedPostgres(tmp_path / "log", ports.take(), template=template)
        try:
            postgres.start(guard)
            assert postgres.service.alive()
            assert not template.reused
        finally:
            postgres.stop(guard)
    assert not postgres.service.alive()


def test_failed_template_leaves_nothing(tmp_path: Path, scratch: Path, guard: Guard) -> None:
    # In the server's account's own folder: under pytest's it may not even look.
    programs = replace(find_programs(), folder=scratch / "programs")
    programs.folder.mkdir(mode=0o755)
    failing = Path(programs.path("initdb"))
    failing.write_text(
        '#!/bin/sh\nfor each; do case "$each" in --pgdata=*) mkdir "${each#*=}";; '
        "esac; done\necho initdb: error: no >&2\nexit 1\n"
    )
    failing.chmod(0o755)
    template = Template(programs, tmp_path / "log", tmp_path / "cache")
    with pytest.raises(EnvironmentFailed, match=r"initdb failed: .* no"):
        template.copy_to(scratch / "data", guard)
    assert [each.name for each in (tmp_path / "cache").iterdir() if each.is_dir()] == []


def test_concurrent_runs_make_the_template_once(
    tmp_path: Path, scratch: Path, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    start = ServiceProcess.start

    def noted(service: ServiceProcess, guard: Guard) -> None:
        started.append(service.name)
        start(service, guard)

    monkeypatch.setattr(ServiceProcess, "start", noted)

    def copy(name: str) -> str:
        template = Template(find_programs(), tmp_path / f"{name}.log", tmp_path / "cache")
        return template.copy_to(scratch / name, guard)

    with ThreadPoolExecutor(3) as pool:
        passwords = set(pool.map(copy, ("one", "two", "three")))
    assert started == ["initdb"]
    assert len(passwords) == 1


def filled(contents: str, tmp_path: Path) -> Template:
    """A template that may be filled, in the test's own cache."""
    return Template(find_programs(), tmp_path / "log", tmp_path / "cache", contents)


def test_filled_template_is_reused_for_the_same_schema_alone(tmp_path: Path, guard: Guard) -> None:
    with Ports() as ports:

        def start(contents: str) -> EmbeddedPostgres:
            template = filled(contents, tmp_path)
            postgres = EmbeddedPostgres(tmp_path / "log", ports.take(), template=template)
            postgres.start(guard)
            return postgres

        first = start("a")
        assert not first.filled
        execute(first.url, "CREATE DATABASE crosstalk")
        first.keep(guard)
        assert first.service.alive()
        second, third = start("a"), start("b")
        try:
            assert second.filled
            # It would fail if the database were not there.
            execute(f"{second.url.rsplit('/', 1)[0]}/crosstalk", "SELECT 1")
            assert second.url.split("@")[0] != first.url.split("@")[0]
            assert not third.filled
        finally:
            for each in (first, second, third):
                each.stop(guard)


def test_least_recently_used_filled_templates_are_removed(
    tmp_path: Path, guard: Guard, scratch: Path
) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text("18")
    for number in range(5):
        filled(str(number), tmp_path).keep_filled(tmp_path / "cluster", "word", guard)
        # The first is used again each time, and so outlives the second.
        again = filled("0", tmp_path)
        assert again.copy_to(scratch / f"use {number}", guard) == "word"
        assert again.filled
    left = sorted(each.name[-1] for each in (tmp_path / "cache").glob("*-filled-*"))
    assert left == ["0", "2", "3", "4"]


def test_schema_digest_follows_the_store_alone(tmp_path: Path) -> None:
    store = tmp_path / "system" / "store"
    store.mkdir(parents=True)
    (store / "tables.py").write_text("one")
    before = digest(tmp_path)
    (tmp_path / "system" / "mcp").mkdir()
    (tmp_path / "system" / "mcp" / "tools.py").write_text("a tool")
    assert digest(tmp_path) == before
    (store / "tables.py").write_text("two")
    assert digest(tmp_path) != before


def test_template_without_a_cache_is_made_for_each_run(
    tmp_path: Path, scratch: Path, guard: Guard
) -> None:
    (tmp_path / "cache").touch()
    template = Template(find_programs(), tmp_path / "log", tmp_path / "cache")
    assert template.copy_to(scratch / "data", guard)
    assert not template.reused
    assert [each.name for each in scratch.iterdir()] == ["data"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to somebody else")
def test_template_cache_of_another_user_is_not_trusted(
    template: Template, made: Path, scratch: Path, guard: Guard
) -> None:
    os.chown(made.parent, 1, 1)
    assert template.copy_to(scratch / "second", guard) != (made / "password").read_text()


def test_template_is_not_kept_where_others_can_read_it(made: Path) -> None:
    assert made.parent.stat().st_mode & 0o077 == 0
    programs: Programs = find_programs()
    assert (programs.account is None) == (os.geteuid() != 0)
