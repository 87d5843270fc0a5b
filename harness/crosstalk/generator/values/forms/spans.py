"""Spans of time: what ends has to end after it began."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from crosstalk.core.identifiers import last_name

_BEGINS = re.compile(r"(?:^|_)(?:start|starts|started|begin|begins|began|from|since)(?:_|$)", re.I)
_ENDS = re.compile(r"(?:^|_)(?:end|ends|ended|finish|finished|until|to|till)(?:_|$)", re.I)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def later_ends(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return later ends for spans of a call that end when they begin, or before.

    The values of both are drawn from what the same sentence or name suggests, and are equal. Hours
    are ended an hour later, days on the next day.

    Args:
        arguments: Of the call.
    """
    begins = [name for name in arguments if _BEGINS.search(last_name(name))]
    ends = [name for name in arguments if _ENDS.search(last_name(name))]
    if len(begins) != 1 or len(ends) != 1:
        return {}
    begun, ended = arguments[begins[0]], arguments[ends[0]]
    later = _later(begun, ended)
    return {ends[0]: later} if later else {}


def _later(begun: Any, ended: Any) -> str:
    """Return a time after one of the same form; empty where the other is later already."""
    if not (isinstance(begun, str) and isinstance(ended, str) and len(begun) == len(ended)):
        return ""
    try:
        return _after(begun, ended)
    except (ValueError, OverflowError):
        # No time, or none after the last that there is.
        return ""


def _after(begun: str, ended: str) -> str:
    if _DAY.fullmatch(begun):
        begins = date.fromisoformat(begun)
        return "" if date.fromisoformat(ended) > begins else str(begins + timedelta(days=1))
    first, last = (datetime.fromisoformat(each) for each in (begun, ended))
    if not _DAY.match(begun) or (first.tzinfo is None) is not (last.tzinfo is None):
        return ""
    if last > first:
        return ""
    later = (first + timedelta(hours=1)).isoformat()
    later = later.replace("+00:00", "Z") if begun.endswith("Z") else later
    # `2026-03-01T09:00` has no seconds.
    return later if first.tzinfo else later[: len(begun)]
