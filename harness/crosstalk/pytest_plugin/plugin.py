"""`pytest --crosstalk-target crosstalk.toml`: one test for each operation and oracle.

The campaign runs once, before the first of these tests, and each test reads its result: a finding
fails the test of the operation and oracle that show it, with the calls that do; a check that never
had an opportunity is skipped, because nothing was shown. Other tests are collected as ever. Under
pytest-xdist use `--dist loadgroup`, which keeps these tests in one worker and so runs one campaign.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_CALLS = 1_500
_SECONDS = 90.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of this plugin."""
    group = parser.getgroup("crosstalk", "isolation of users")
    group.addoption(
        "--crosstalk-target",
        metavar="FILE",
        action="append",
        default=[],
        help="verify what this crosstalk.toml describes: a test for each operation and oracle",
    )
    group.addoption(
        "--crosstalk-calls",
        type=int,
        default=_CALLS,
        help=f"stop after about this many calls ({_CALLS})",
    )
    group.addoption(
        "--crosstalk-seconds",
        type=float,
        default=_SECONDS,
        help=f"stop after this many seconds ({_SECONDS:.0f})",
    )
    group.addoption(
        "--crosstalk-oracles",
        metavar="NAME",
        action="append",
        default=[],
        help="only this oracle judges; may be repeated",
    )
    group.addoption(
        "--crosstalk-exclude",
        metavar="PATTERN",
        action="append",
        default=[],
        help="do not call operations of this name or glob; may be repeated",
    )
    group.addoption(
        "--crosstalk-baseline",
        metavar="FILE",
        default=None,
        help="findings of this file of `crosstalk baseline` are expected to fail",
    )
    group.addoption(
        "--crosstalk-seed", type=int, default=None, help="reproduces the choices of a run"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Have the named files collected beside what is collected anyhow."""
    config.addinivalue_line("markers", "xdist_group(name): tests that one worker runs")
    named = [argument.split("::", 1)[0] for argument in config.args]
    config.args += [each for each in config.getoption("--crosstalk-target") if each not in named]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The collector of a file that was named."""
    here = parent.config.invocation_params.dir
    named = parent.config.getoption("--crosstalk-target")
    if not named or file_path.resolve() not in {(here / each).resolve() for each in named}:
        return None
    # The rest of the package takes its time to import, and most runs do not want it.
    from crosstalk.pytest_plugin.items import IsolationFile

    return IsolationFile.from_parent(parent, path=file_path)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the systems that were started here."""
    if not config.getoption("--crosstalk-target"):
        return
    from crosstalk.pytest_plugin.items import RUNS

    for run in config.stash.get(RUNS, []):
        run.close()
