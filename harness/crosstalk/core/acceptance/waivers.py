"""Waivers: findings that are accepted for a reason and until a date, in a file that people edit."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError, did_you_mean

FILE = "crosstalk-waivers.toml"
_HEAD = """\
# Findings that are accepted for a while. `crosstalk accept` adds to this file; people may edit it.
# A run fails again on the day after `until`, and as long as an expired waiver stands here.
"""
_KEYS = ("fingerprint", "reason", "until", "oracle", "operation", "accepted")


@dataclass(frozen=True, slots=True)
class Waiver:
    """Acceptance of one finding.

    Attributes:
        fingerprint: Of the finding.
        reason: Why it is accepted.
        until: The last day on which it is.
        oracle: What saw it, for people who read the file.
        operation: What causes it, likewise.
        accepted: The day on which it was accepted.
    """

    fingerprint: str
    reason: str
    until: date
    oracle: str = ""
    operation: str = ""
    accepted: date | None = None

    def expired(self, today: date) -> bool:
        """Return whether its last day is over."""
        return today > self.until

    def dump(self) -> str:
        """Return its table in TOML."""
        lines = ["[[waiver]]", f"fingerprint = {_text(self.fingerprint)}"]
        if self.operation:
            lines += [f"operation = {_text(self.operation)}", f"oracle = {_text(self.oracle)}"]
        lines += [f"reason = {_text(self.reason)}", f"until = {self.until.isoformat()}"]
        if self.accepted is not None:
            lines.append(f"accepted = {self.accepted.isoformat()}")
        return "\n".join(lines) + "\n"


def waiver_file(target: Path | None) -> Path:
    """Return where waivers are kept: beside the target's file, or in the current folder."""
    return (target.parent if target is not None else Path()) / FILE


def read_waivers(file: Path) -> tuple[Waiver, ...]:
    """Read waivers; none where there is no file.

    Raises:
        HarnessError: It cannot be read, or an entry is wrong.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise HarnessError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise HarnessError(f"{file} is not TOML: {error}") from error
    entries = data.pop("waiver", [])
    if data:
        raise HarnessError(f"{file}: no such key {next(iter(data))!r}; it holds [[waiver]] alone")
    if not isinstance(entries, list):
        raise HarnessError(f"{file}: write [[waiver]], with two brackets, above each waiver")
    found = [_waiver(file, number, each) for number, each in enumerate(entries, start=1)]
    twice = {each.fingerprint for each in found}
    if len(twice) != len(found):
        raise HarnessError(f"{file} has two waivers of one fingerprint: leave the later date")
    return tuple(found)


def write_waivers(file: Path, added: Sequence[Waiver]) -> None:
    """Add waivers to a file; one of the same fingerprint takes the place of the older.

    What people have written between the waivers stays where no fingerprint is written again.

    Raises:
        HarnessError: The file holds something wrong, or cannot be written.
    """
    names = {each.fingerprint for each in added}
    known = read_waivers(file)
    replaced = any(each.fingerprint in names for each in known)
    try:
        if replaced:
            kept = [each for each in known if each.fingerprint not in names]
            text = "\n".join([_HEAD, *(each.dump() for each in (*kept, *added))])
        else:
            before = file.read_text(encoding="utf-8").rstrip() + "\n" if file.exists() else _HEAD
            text = "\n".join([before, *(each.dump() for each in added)])
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HarnessError(f"cannot write {file}: {error.strerror}") from error


def _waiver(file: Path, number: int, entry: Any) -> Waiver:
    where = f"{file}, waiver {number}"
    if not isinstance(entry, dict):
        raise HarnessError(f"{where}: write [[waiver]] above it")
    for key in entry:
        if key not in _KEYS:
            raise HarnessError(f"{where}: no such key {key!r}{did_you_mean(key, _KEYS)}")
    fingerprint, reason = _needed(where, entry, "fingerprint"), _needed(where, entry, "reason")
    until, accepted = entry.get("until"), entry.get("accepted")
    for name, day in (("until", until), ("accepted", accepted)):
        # A datetime is a date too; a text in quotes is none.
        missing = day is None and name == "until"
        if missing or not isinstance(day, date | None) or isinstance(day, datetime):
            raise HarnessError(f"{where}: `{name}` needs a day without quotes, e.g. 2027-01-31")
    texts = {name: str(entry.get(name, "")) for name in ("oracle", "operation")}
    assert isinstance(until, date)
    return Waiver(fingerprint, reason, until, accepted=accepted, **texts)


def _needed(where: str, entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise HarnessError(f"{where}: `{name}` is missing, or is not a text")
    return value


def _text(text: str) -> str:
    # A JSON string in ASCII is a basic string of TOML, but for lone surrogates and U+007F.
    safe = text.encode("utf-8", "backslashreplace").decode().replace("\x7f", "\\x7f")
    return json.dumps(safe, ensure_ascii=False)
