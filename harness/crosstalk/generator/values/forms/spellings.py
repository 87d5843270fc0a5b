"""Other spellings of an id, name, key or path: what a check compares and what a store looks up.

A check of the text as it was sent lets through what is resolved, decoded, trimmed or folded after
it: `mine/../theirs` begins with what is mine, and `THEIRS` is not what is forbidden (CWE-22,
CWE-41, CWE-178, CWE-647).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crosstalk.core.identifiers import last_name

# Of the victim's value `{theirs}` and the attacker's `{own}`; `{victim}` is the victim's subject.
_JOINED = (
    "../{victim}/{theirs}",
    "{own}/../{theirs}",
    "{victim}/{theirs}",
    "{own}/../../{victim}/{theirs}",
    "..%2f{victim}%2f{theirs}",
    "%2e%2e/{victim}/{theirs}",
    "{own}%2f%2e%2e%2f{theirs}",
    "..\\{victim}\\{theirs}",
    "{victim}:{theirs}",
    "{own},{theirs}",
)
_DRESSED = (
    "{theirs}/",
    "/{theirs}",
    "{theirs} ",
    "{theirs}.",
    "./{theirs}",
    "//{theirs}",
    "{theirs}//",
    " {theirs}",
    "{theirs}%00",
    "{theirs}?",
    "{theirs}#",
    "{theirs};",
    "{theirs}.json",
)
# Of a user's own id: what follows it is not the name of an object.
_IDENTITY = (
    "{own}/../{theirs}",
    "{own}%2f%2e%2e%2f{theirs}",
    "{own},{theirs}",
    "{theirs} ",
    "{theirs}/",
    "./{theirs}",
    "{theirs}.",
    "{theirs}%00",
)
_UUID = ("urn:uuid:{theirs}", "{{{theirs}}}")
# The beginning of an id, by which a system may find it as well: where it is long enough for one.
_BEGINNING, _LONG_ENOUGH = 8, 16
BEGINNING = "{start}"
_PATH = re.compile(r"(?:^|_)(?:path|file|file_?name|folder|directory|dir)$", re.IGNORECASE)
# Those that come before capitals.
_FIRST = 3
CAPITALS = "{THEIRS}"


def forms_for(schema: Mapping[str, Any], *, identity: bool = False) -> tuple[str, ...]:
    """Return the forms in which an argument may be spelled otherwise, the likeliest first.

    Args:
        schema: Of the argument; what is a number, a list or one of a few values has none.
        identity: Whether the argument says whose data is meant.
    """
    if schema.get("type", "string") != "string" or {"enum", "const"} & set(schema):
        return ()
    if schema.get("format") == "uuid":
        return (CAPITALS, *_UUID)
    plain = _IDENTITY if identity else (*_JOINED, *_DRESSED)
    beginning = () if identity else (BEGINNING,)
    return (plain[0], *beginning, *plain[1:_FIRST], CAPITALS, *plain[_FIRST:])


def is_path(name: str) -> bool:
    """Return whether an argument of that name stands for a place among files, so that it may be
    joined to the place of its caller's.
    """
    return _PATH.search(last_name(name)) is not None


def says_victim(form: str) -> bool:
    """Return whether a form holds the victim's subject, so that it names nothing of another's."""
    return "{victim}" in form


def spelled(form: str, theirs: str, own: str, victim: str) -> str:
    """Return the victim's value in one of the forms.

    Args:
        form: One that `forms_for` returned.
        theirs: The victim's value.
        own: The attacker's own.
        victim: The victim's subject.
    """
    start = theirs[:_BEGINNING] if len(theirs) >= _LONG_ENOUGH else theirs
    return form.format(theirs=theirs, own=own, victim=victim, THEIRS=theirs.upper(), start=start)
