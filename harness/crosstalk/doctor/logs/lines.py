"""Lines of log files, as JSON objects or as text, with the service that wrote them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError

SUFFIXES = (".log", ".jsonl", ".ndjson", ".txt", ".out", ".err")
# A longer line is cut: what is looked for stands in the beginning.
_LONGEST_LINE = 16_384
_MESSAGES = ("message", "msg", "event")
_TIMES = ("time", "timestamp", "ts", "@timestamp")
_LEVELS = ("level", "severity", "levelname")
_SERVICES = ("service", "service.name", "app")
_STAMP = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<clock>\d\d:\d\d:\d\d(?:[.,]\d+)?)"
    r" ?(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?"
)
_ACCESS_STATUS = re.compile(r'HTTP/\d(?:\.\d)?"\s+(?P<status>[1-5]\d\d)\b')


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a log.

    Attributes:
        service: Who wrote it: the line's own word, or the name of its file.
        text: Its message; the whole line where it is no JSON object.
        level: In lower case; empty where the line names none.
        time: When it was written; None where it does not say.
        status: Status of the request that it is about; None for none.
        fields: Further keys of a JSON object.
    """

    service: str
    text: str
    level: str = ""
    time: datetime | None = None
    status: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def log_files(folder: Path) -> list[Path]:
    """Return the log files in a folder and below it; a file stands for itself.

    Raises:
        HarnessError: There is none.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise HarnessError(f"--logs {folder}: there is no such folder or file")
    found = sorted(
        each
        for each in folder.rglob("*")
        if each.is_file() and each.name.removesuffix(".gz").endswith(SUFFIXES)
    )
    if not found:
        raise HarnessError(f"--logs {folder}: no file there ends with {', '.join(SUFFIXES)}")
    return found


def read_lines(file: Path) -> Iterator[LogLine]:
    """Return the lines of a file in their order; one that ends with `.gz` is unpacked.

    Raises:
        HarnessError: It cannot be read.
    """
    stem = file.name.removesuffix(".gz")
    service = stem.partition(".")[0]
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rb") as stream:
            while line := stream.readline(_LONGEST_LINE):
                yield _line(line.decode("utf-8", "replace").strip(), service)
                while line and not line.endswith(b"\n"):
                    line = stream.readline(_LONGEST_LINE)
    except (OSError, EOFError) as error:
        raise HarnessError(f"{file} cannot be read: {error}") from error


def _line(text: str, service: str) -> LogLine:
    if text.startswith("{"):
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            told = None
        if isinstance(told, dict):
            return _of_object(told, service)
    status = _ACCESS_STATUS.search(text)
    return LogLine(
        service,
        text,
        _level_of(text),
        _time_of(text[:64]),
        int(status["status"]) if status else None,
    )


def _of_object(told: dict[str, Any], service: str) -> LogLine:
    status = told.get("status", told.get("status_code"))
    return LogLine(
        str(_first(told, _SERVICES) or service),
        str(_first(told, _MESSAGES) or ""),
        str(_first(told, _LEVELS) or "").lower(),
        _time_of(str(_first(told, _TIMES) or "")),
        status if isinstance(status, int) and 100 <= status <= 599 else None,
        told,
    )


def _first(told: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((told[each] for each in names if told.get(each)), None)


def _level_of(text: str) -> str:
    found = re.search(r"\b(DEBUG|INFO|LOG|WARNING|WARN|ERROR|CRITICAL|FATAL|PANIC)\b", text[:120])
    return found[0].lower() if found else ""


def _time_of(text: str) -> datetime | None:
    """Return the time that stands at a line's begin (RFC 3339 or PostgreSQL's), as UTC."""
    found = _STAMP.search(text)
    if found is None:
        return None
    zone = (found["zone"] or "Z").replace("UTC", "+00:00").replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{found['day']}T{found['clock'].replace(',', '.')}{zone}")
    except ValueError:
        return None
    return moment.astimezone(UTC)
