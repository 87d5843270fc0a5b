"""What log files tell of a deployment, and that none of their lines is printed."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crosstalk.cli.app import app
from crosstalk.core.errors import HarnessError
from crosstalk.doctor import Report, Status
from crosstalk.doctor.logs import diagnose_logs
from crosstalk.doctor.logs.lines import read_lines

_BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _line(seconds: float, message: str, **more: Any) -> str:
    time = (_BEGAN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
    told = {"time": time, "level": "info", "service": "backend", "message": message, **more}
    return json.dumps(told)


def _request(seconds: float, status: int) -> str:
    return _line(seconds, "request", method="GET", route="/api", status=status)


def _told(tmp_path: Path, *lines: str, name: str = "backend.log") -> Report:
    (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return diagnose_logs(tmp_path)


def _found(report: Report, check: str) -> tuple[Status, str, str]:
    (entry,) = [each for each in report.results if each.check == check]
    return entry.status, entry.found, entry.change


def test_sound_log_has_starts_and_requests_and_nothing_to_change(tmp_path: Path) -> None:
    quiet = [_line(0, "configuration"), *(_request(each, 200) for each in range(1, 9))]
    # Services that start together complain of one another until all of them run.
    early = _line(2, "keys not refreshed from https://issuer.test/jwks: ConnectError")
    report = _told(tmp_path, *quiet, early, _request(9, 401), _line(9, "token refused: expired"))
    assert report.verdict is Status.OK
    assert _found(report, "lines")[1] == "12 lines, 9 requests"
    assert _found(report, "starts")[1] == "started once, the last at 2026-03-01 12:00:00"


@pytest.mark.parametrize(
    ("line", "check", "group", "change"),
    [
        (_line(99, "mcp does not answer"), "unreachable", "the MCP server", "MCP_URL"),
        (
            _line(99, "dependency not ready", dependency="database"),
            "unreachable",
            "database",
            "DATABASE_URL",
        ),
        (
            _line(99, "keys not refreshed from https://i.test/jwks: ConnectError"),
            "unreachable",
            "https://i.test/jwks",
            "jwks_url",
        ),
        ("Error: connect ECONNREFUSED 10.0.0.7:5432", "unreachable", "10.0.0.7:5432", "network"),
        (_request(99, 421), "refused hosts", "", "MCP_ALLOWED_HOSTS"),
        ("WARNING Invalid host header: acme.test", "refused hosts", "", "Host header"),
        (_line(99, "pool exhausted", size=5), "pool", "", "max_connections"),
        (
            "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached",
            "pool",
            "",
            "max_connections",
        ),
        ("FATAL:  sorry, too many clients already", "pool", "", "max_connections"),
        (
            '2026-03-01 12:03:00.1 UTC [7] FATAL:  password authentication failed for user "app"',
            "unauthorized",
            "app",
            "password",
        ),
        (
            _line(99, "request failed", level="error", exception="KeyError"),
            "failures",
            "KeyError",
            "request_id",
        ),
        ("Traceback (most recent call last):", "failures", "", "request_id"),
        ("cannot start: CURSOR_SECRET: is short", "not started", "", "setting"),
        ('ERROR:  relation "tasks" does not exist', "schema", "", "migrations"),
        ("a JWKS publishes private keys, replace them: k1", "private keys", "", "replace"),
        ("FATAL ERROR: JavaScript heap out of memory", "memory", "", "memory limit"),
    ],
)
def test_line_of_a_fault_fails_and_says_what_to_change(
    tmp_path: Path, line: str, check: str, group: str, change: str
) -> None:
    status, found, changed = _found(_told(tmp_path, _line(0, "configuration"), line), check)
    assert status is Status.FAIL
    assert ": 1 line" in found
    assert group in found
    assert change in changed


def test_starts_one_after_the_other_fail(tmp_path: Path) -> None:
    often = _told(tmp_path, *(_line(each * 100, "configuration") for each in range(3)))
    status, found, change = _found(often, "starts")
    assert status is Status.FAIL
    assert found.startswith("started 3 times")
    assert "137" in change
    seldom = _told(tmp_path, *(_line(each * 400, "configuration") for each in range(3)))
    assert _found(seldom, "starts")[0] is Status.OK


@pytest.mark.parametrize(
    ("reason", "refused", "status", "change"),
    [
        ("expired", 1, Status.OK, ""),
        ("expired", 9, Status.WARN, "clocks"),
        ("audience", 1, Status.WARN, "TRUSTED_ISSUERS"),
        ("the issuer publishes no such key", 1, Status.WARN, "key-rotation"),
        ("signature", 1, Status.OK, ""),
    ],
)
def test_refused_tokens_matter_by_their_reason_and_share(
    tmp_path: Path, reason: str, refused: int, status: Status, change: str
) -> None:
    lines = [_line(99, f"token refused: {reason}") for _ in range(refused)]
    report = _told(tmp_path, *lines, *(_request(99, 200) for _ in range(10)))
    told, found, changed = _found(report, "unauthorized")
    assert told is status
    assert reason in found
    assert change in changed


def test_access_log_of_another_server_is_understood(tmp_path: Path) -> None:
    served = ['INFO:     10.0.0.9:1 - "GET /notes HTTP/1.1" 200 OK'] * 2
    refused = ['INFO:     10.0.0.9:1 - "GET /notes HTTP/1.1" 401 Unauthorized'] * 3
    status, found, _ = _found(_told(tmp_path, *served, *refused, name="web.log"), "unauthorized")
    assert status is Status.WARN
    assert found == "3 of 5 requests were answered 401"


def test_no_line_is_printed_but_names_that_services_gave(tmp_path: Path) -> None:
    secret = "xt-secret-of-alice"
    lines = [
        f"Traceback (most recent call last): {secret}",
        f"connection refused while serving {secret}",
        _line(99, "request failed", level="error", user=secret, exception="KeyError"),
        f'"GET /{secret} HTTP/1.1" 503',
        f"invalid host header {secret}",
        "{" + secret,
        "\x1b[31m connection refused",
    ]
    report = _told(tmp_path, *lines)
    told = "".join(each.found + each.change + each.target for each in report.results)
    assert secret not in told
    assert report.verdict is Status.FAIL


def test_packed_cut_and_long_lines_are_read(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "backend.log.1.gz", "wt", encoding="utf-8") as packed:
        packed.write("x" * 100_000 + "\npool exhausted\n\ud7ff")
    (tmp_path / "backend.log.1.gz").rename(tmp_path / "old.log.gz")
    (tmp_path / "cut.log").write_bytes(b'{"message": "pool exh\xff')
    lines = list(read_lines(tmp_path / "old.log.gz"))
    assert [each.text for each in lines][1:2] == ["pool exhausted"]
    assert _found(diagnose_logs(tmp_path / "old.log.gz"), "pool")[0] is Status.FAIL


@pytest.mark.parametrize("content", [None, {}, {"notes.md": ""}])
def test_folder_without_logs_is_an_error(tmp_path: Path, content: dict[str, str] | None) -> None:
    folder = tmp_path / "logs"
    if content is not None:
        folder.mkdir()
        for name, text in content.items():
            (folder / name).write_text(text)
    with pytest.raises(HarnessError, match="--logs"):
        diagnose_logs(folder)


def test_doctor_takes_logs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mcp.log").write_text("too many clients already\n")
    done = CliRunner().invoke(app, ["doctor", "--logs", "."])
    assert done.exit_code == 1, done.output
    assert "  fail pool: no database connection was free: 1 line" in done.output
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 2
