"""Refusals for being too many, by their status and by their words; limits that texts name.

429 says so by itself. Many servers refuse what a quota has no room for as forbidden, as a conflict
or as an error of a tool, and say why in words. A value that is too long or too large for a schema
is refused in similar words, and whoever sent it is the only one concerned.
"""

from __future__ import annotations

import json
import re
from typing import Any

from crosstalk.core.history import Answer, Outcome

# Statuses with which quotas are refused in words: 402 payment, 507 insufficient storage.
_STATUSES = frozenset({None, 200, 400, 402, 403, 409, 413, 422, 423, 507})
_WORDS = re.compile(
    r"\bquotas?\b|\brate[- _]?limit|\btoo (?:many|often|fast|frequent)|\bthrottl|\bslow down\b"
    r"|\blimit (?:of \d|is \d|was|has been|reached|exceeded|hit)"
    r"|\b(?:reached|exceed(?:s|ed)?|hit|over|above|beyond)\b[^.\n]{0,30}\b(?:limit|allowance|maximum)"
    r"|\bno more (?:\w+ ){1,4}(?:can|may|allowed|today|left)|\bno (?:\w+ ){1,2}left\b"
    r"|\bmax(?:imum)?(?: number)?(?: of)? (?:\w+ ){1,4}(?:reached|exceeded|allowed)"
    r"|\bexhausted\b|\bused (?:it )?(?:all )?up\b|\btry (?:it )?again (?:later|in|tomorrow)\b"
    r"|\blocked out\b|\btemporarily (?:locked|blocked)|\battempts\b|\bstorage (?:is )?full\b"
    r"|\bnot enough (?:room|space|storage|credits?)\b|\bout of (?:room|space|storage|credits?)\b",
    re.IGNORECASE,
)
# What a schema says of a value as well, so that the status has to be another.
_WEAK = re.compile(
    r"\bmaximum (?:number )?of \d+|\bat most \d+|\bup to \d+|\blimit\b", re.IGNORECASE
)
_OF_SCHEMAS = frozenset({400, 422})
# Names in code, as words.
_JOINED = re.compile(r"_|(?<=[a-z])(?=[A-Z])")
# A schema refuses one value in these words, whatever was sent before.
_OF_A_VALUE = re.compile(
    r"\bcharacters?\b|\bchars\b|\blonger\b|\bshorter\b|\blength\b|\bless than\b|\bgreater than\b"
    r"|\bbetween\b|too (?:long|short|big|small|large)|\bitems?\b[^.]{0,20}\bafter validation",
    re.IGNORECASE,
)
# What a description says of a limit, and how many it lets through where it says that.
_NAMED = re.compile(
    r"\bquota|\blimited\b|\blimit (?:of|is)\b|\brate[- ]?limit"
    r"|\bper (?:second|minute|hour|day|week)"
    r"|\b(?:an?|each) (?:second|minute|hour|day)\b|\bat most \d+|\bno more than \d+|\bup to \d+"
    r"|\bmaximum of \d+|\ba number of (?:wrong|failed)|\battempts\b|\bblocked\b|\blocked\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])(\d{1,3})(?![\w.]\d|%)")
_LONGEST = 600


def refused_for_many(answer: Answer) -> bool:
    """Return whether an answer refuses a call for what was called or stored before it.

    Args:
        answer: Of any call.
    """
    if answer.outcome is Outcome.LIMITED:
        return True
    refused = answer.outcome in (Outcome.ERROR, Outcome.REFUSED)
    if not refused or answer.status not in _STATUSES:
        return False
    said = f"{answer.code or ''} {answer.message or ''} {_text(answer.body)}"[:_LONGEST]
    said = _JOINED.sub(" ", said)
    weakly = answer.status not in _OF_SCHEMAS and _WEAK.search(said) is not None
    return (weakly or _WORDS.search(said) is not None) and _OF_A_VALUE.search(said) is None


def names_a_limit(text: str) -> bool:
    """Return whether a description names a limit of calls or of what is kept."""
    return _NAMED.search(text) is not None and _OF_A_VALUE.search(text) is None


def number_named(text: str) -> int:
    """Return the largest number in a description that names a limit; 0 where it has none."""
    return max(map(int, _NUMBER.findall(text)), default=0)


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body, default=str)
