"""Values that identify a user: markers that we plant and ids that the system gives out.

A value is a *secret* of the user with whom it was first seen. Only values that cannot occur by
chance count: planted markers, UUIDs, and long opaque strings such as cursors.
"""

from __future__ import annotations

import re
import string
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

# A field or argument that holds an id.
ID_NAME = re.compile(r"(^|_)(id|uuid|key|uri)s?$|Ids?$")
_CODE_NAME = re.compile(r"(^|_)(code|slug|ref|reference|handle|number|no)$|Code$|Slug$|Ref$")
# Ids too short to be a secret: numbers, numbers with a prefix, a few hexadecimal digits.
_SHORT_ID = re.compile(r"[A-Za-z]{0,8}[-_]?\d{1,15}|[0-9a-f]{6,15}")

_SHORT_WORD = re.compile(r"[^\s${}]{4,11}")
_HEXADECIMAL = "0123456789abcdef"
# Fewer different characters do not tell which ones a code may have.
_FEW_CHARACTERS = 6
# Codes that a system draws, too short to be a secret: `U-WBQV8V6`, `V1StGXR8_Z5j`, `kDq3mXwA`.
_DRAWN = re.compile(r"[A-Za-z0-9_-]{6,15}")
_WORDS = re.compile(r"[-_]?(?:[A-Z]?[a-z]+[-_]?)+|[A-Z]+(?:[-_][A-Z]+)*")
# Codes of letters alone.
_WORDED = re.compile(r"[A-Za-z]{6,15}")
# Words as programs write them, acronyms among them; drawn letters of this length are seldom such.
_NAMED = re.compile(r"(?:[A-Z]+(?=[A-Z][a-z]|[-_]|$)|[A-Z]?[a-z]{2,}|[-_])+")
# Longer ones: 32 hexadecimal digits, `note_01J8ZK…`.
_LONG_CODE = re.compile(r"[A-Za-z0-9_-]{16,64}")

# An element of a list in a flat name.
ELEMENT = "[]"

# What `marker` makes; the shape is unlikely in a user's own data.
_MARKER = re.compile(r"(?<![A-Za-z0-9])xt[a-z]+z[0-9a-f]{8}(?![A-Za-z0-9])")
# What is left of a marker where a text may not be as long: its end, with digits of its number.
_CUT_MARKER = re.compile(r"(?=.*\d)(?:[a-z]*z[0-9a-f]{8}|[0-9a-f]{2,8})")
# The same where nothing but a refusal tells how long a text may be.
_CUT_BY_LESSON = re.compile(r"[a-z]+z(?=[0-9a-f]*\d)[0-9a-f]{8}")
_NUMBER_DIGITS = 8
_MARKER_IN_CAPITALS = re.compile(r"(?<![A-Za-z0-9])XT[A-Z]+Z[0-9A-F]{8}(?![A-Za-z0-9])")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_OPAQUE = re.compile(r"(?<![\w.\-])[A-Za-z0-9_\-]{16,}(?:\.[A-Za-z0-9_\-]{6,})*(?![\w.\-])")
_HAS_DIGIT = re.compile(r"[0-9]")
# Days that stand for no other: no schema's first value and no test's own is among them.
_FIRST_OWN_DAY, _OWN_DAYS = date(2041, 1, 1).toordinal(), 365 * 30
_OWN_DAY = re.compile(r"(?<![\w-])20[4-7]\d-\d\d-\d\d(?!\d)")
# The shortest identifying value is the marker of a user whose name has one letter.
_SHORTEST = len("xtaz00000000")
# Characters of the longest text whose values are remembered.
_LONGEST_KEPT = 400


def marker(user: str, number: int) -> str:
    """A word that exists nowhere else and names the user who planted it."""
    letters = re.sub(r"[^a-z]", "", user.lower()) or "user"
    return f"xt{letters}z{number:08x}"


def remarked(text: str, salt: int) -> str:
    """The same text with every marker replaced by another of the same user.

    Args:
        text: Any text.
        salt: 32 bits; different markers stay different, and one text gives one result.
    """

    def other(each: str) -> str:
        return f"{each[:-8]}{marker_number(each) ^ salt:08x}"

    text = _MARKER_IN_CAPITALS.sub(lambda match: other(match.group(0).lower()).upper(), text)
    return map_markers(text, other)


def day_of_its_own(number: int) -> str:
    """Return a day far ahead, on which no user has anything unless both are given the same one.

    Args:
        number: Different ones give different days, but for one in thousands.
    """
    return date.fromordinal(_FIRST_OWN_DAY + number % _OWN_DAYS).isoformat()


def redated(text: str, salt: int) -> str:
    """Return the same text with each day of its own replaced by another one, as markers are.

    What a user has stored at one time is met by the same time in a later replay.

    Args:
        text: Any text.
        salt: The same gives the same days, as far apart as they were; 0 leaves them.
    """

    def other(match: re.Match[str]) -> str:
        try:
            known = date.fromisoformat(match.group(0)).toordinal() - _FIRST_OWN_DAY
        except ValueError:
            return match.group(0)
        return day_of_its_own(known + salt) if 0 <= known < _OWN_DAYS else match.group(0)

    return _OWN_DAY.sub(other, text)


def cut_marker(planted: str, length: int) -> str:
    """Return the end of a marker, which tells it from others of the same user."""
    return planted[-length:] if length > 0 else ""


def remarked_cut(text: str, schema: Mapping[str, Any], salt: int) -> str:
    """Return the end of another marker, or the text itself where it is no such end.

    A whole marker is none: `remarked` makes another of it, and both together would undo each other.

    Args:
        text: An argument.
        schema: Of the argument; what is shorter than its `maxLength` was cut only where a whole
            number with letters of a user's name before it is left: a refusal may tell the length.
        salt: 32 bits; different ends stay different as far as their digits reach.
    """
    if _MARKER.fullmatch(text):
        return text
    whole = schema.get("maxLength") == len(text) and _CUT_MARKER.fullmatch(text)
    if not whole and not _CUT_BY_LESSON.fullmatch(text):
        return text
    digits = min(len(text), _NUMBER_DIGITS)
    number = int(text[-digits:], 16) ^ (salt & (16**digits - 1))
    return f"{text[:-digits]}{number:0{digits}x}"


def map_markers(text: str, replacement: Callable[[str], str]) -> str:
    """Return the text with every marker replaced by what the function makes of it."""
    return _MARKER.sub(lambda match: replacement(match.group(0)), text)


def mark_of(user: str) -> str:
    """Return what all markers of a user begin with: their numbers follow."""
    return marker(user, 0)[:-_NUMBER_DIGITS]


def marked_for_others(text: str, user: str) -> bool:
    """Return whether a text holds a marker of another user than this one."""
    mine = mark_of(user)
    return any(not each.startswith(mine) for each in _MARKER.findall(text))


def markers_in(text: str) -> list[str]:
    """Return the markers in a text, in order."""
    return _MARKER.findall(text)


def markers_in_capitals(value: Any) -> set[str]:
    """Return the markers that stand in capitals anywhere in a JSON value, in small letters."""
    found = (each for text in strings_in(value) for each in _MARKER_IN_CAPITALS.findall(text))
    return {each.lower() for each in found}


def marker_number(planted: str) -> int:
    """Return the number with which `marker` made this marker."""
    return int(planted[-8:], 16)


def identifiers_in(text: str) -> set[str]:
    """The identifying values in a text."""
    if len(text) < _SHORTEST:
        return set()
    return set(_identifiers(text) if len(text) <= _LONGEST_KEPT else _found_in(text))


# A campaign reads the same names, ids and words again in every judgement.
@lru_cache(maxsize=16_384)
def _identifiers(text: str) -> frozenset[str]:
    return _found_in(text)


def _found_in(text: str) -> frozenset[str]:
    found = set(_MARKER.findall(text))
    found.update(each.lower() for each in _UUID.findall(text))
    # Words are not secrets: an opaque value has digits, as random strings of this length do.
    found.update(each for each in _OPAQUE.findall(text) if _HAS_DIGIT.search(each))
    return frozenset(found)


def substituted(text: str, symbol: Callable[[str], str], *, markers: bool = False) -> str:
    """Return the text with every identifying value replaced, markers only where that is asked for.

    Args:
        text: Any text.
        symbol: What stands for a value; UUIDs come in lower case.
        markers: Whether markers are replaced too.
    """

    def opaque(match: re.Match[str]) -> str:
        value = match.group(0)
        if _MARKER.fullmatch(value) or not _HAS_DIGIT.search(value):
            return value
        return symbol(value)

    whole = f"({_UUID.pattern}|{_MARKER.pattern})" if markers else f"({_UUID.pattern})"
    pieces = re.split(whole, text, flags=re.IGNORECASE)
    return "".join(
        symbol(piece.lower()) if place % 2 else _OPAQUE.sub(opaque, piece)
        for place, piece in enumerate(pieces)
    )


def missing_like(example: str, identifier: str) -> str:
    """An id of the example's form that no user has.

    The example with another UUID in place of its own, e.g. in a URI; a number beyond any sequence
    for a number, also behind a prefix (`DOC-1001`) or at the end of a URI; a URI with the UUID as
    its last part; another code of the same length and alphabet for a code, however long, because
    what looks unlike an id of the system may be refused as malformed; the UUID itself otherwise.
    """
    if _UUID.search(example):
        return _UUID.sub(identifier, example)
    beyond = str(900_000_000 + uuid.UUID(identifier).int % 99_999_999)
    if example.isdigit():
        return beyond
    prefixed = re.fullmatch(r"([A-Za-z]{1,8}[-_]?)(\d{1,15})", example)
    if prefixed is not None:
        # Of the same length, as another form may be refused before anything is looked up.
        size = 10 ** max(2, len(prefixed.group(2)) - 1)
        return f"{prefixed.group(1)}{9 * size + uuid.UUID(identifier).int % size}"
    if "://" not in example:
        return _code_like(example, identifier)
    last = re.split(r"[/:=#]", example)[-1]
    whole = example[: len(example) - len(last)]
    return whole + (beyond if last.isdigit() else identifier)


def _code_like(example: str, identifier: str) -> str:
    """Return a code of the example's form and alphabet; the identifier where it is no code."""
    long = _LONG_CODE.fullmatch(example) and _HAS_DIGIT.search(example) and not markers_in(example)
    if not (long or is_short_id(example)):
        return identifier
    random = int(uuid.UUID(identifier).hex * (1 + len(example) // 16), 16)
    made = []
    parts = re.split(r"([-_])", example)
    # Words in it say what it is the code of.
    drawn = [each for each in parts if _HAS_DIGIT.search(each)]
    drawn = drawn or [each for each in parts if each and not _WORDS.fullmatch(each)] or parts
    alphabet = _alphabet("".join(drawn))
    for part in parts:
        if part not in drawn or part in ("-", "_"):
            made.append(part)
            continue
        # The time that some ids begin with keeps its first character: a ULID's is at most 7.
        kept = part[:1] if long else ""
        made.append(kept)
        for _ in part[len(kept) :]:
            random, place = divmod(random, len(alphabet))
            made.append(alphabet[place])
    return "".join(made)


def _alphabet(code: str) -> str:
    """Return the characters of a code: those in it, or all of their kinds where they are few."""
    if all(each in _HEXADECIMAL for each in code):
        return _HEXADECIMAL
    used = "".join(sorted(set(code) - {"-", "_"}))
    if len(used) >= _FEW_CHARACTERS:
        return used
    kinds = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
    return "".join(kind for kind in kinds if set(kind) & set(used))


def is_code(text: str) -> bool:
    """Return whether a value may be a code: one short word that is more than a number."""
    return _SHORT_WORD.fullmatch(text) is not None and not text.isdigit()


def is_short_id(text: str) -> bool:
    """Return whether a value is an id that may occur with several users by chance."""
    formed = _SHORT_ID.fullmatch(text) is not None or is_drawn(text)
    return formed and not identifiers_in(text)


def is_worded_id(text: str) -> bool:
    """Return whether a value may be an id though it looks like a word, as `crdocqkstf` does."""
    return _WORDED.fullmatch(text) is not None and not is_short_id(text)


def is_drawn(text: str) -> bool:
    """Return whether letters stand among digits, or capitals where no word has them.

    One in eight codes of twelve characters has no digit, though `_` and `-` are among them.
    """
    if _LONG_CODE.fullmatch(text):
        named = _NAMED.fullmatch(text) or _WORDS.fullmatch(text)
        return not (named or _HAS_DIGIT.search(text) or markers_in(text))
    if _DRAWN.fullmatch(text) is None or not re.search("[A-Za-z]", text):
        return False
    return _HAS_DIGIT.search(text) is not None or _WORDS.fullmatch(text) is None


def strings_in(value: Any) -> Iterator[str]:
    """Every string inside a JSON value, keys included."""
    found: list[str] = []
    _collect(value, found)
    return iter(found)


def _collect(value: Any, found: list[str]) -> None:
    if isinstance(value, str):
        found.append(value)
    # Most are dicts, for which the check is quick.
    elif isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101
        for key, item in value.items():
            found.append(str(key))
            _collect(item, found)
    elif isinstance(value, list | tuple):
        for item in value:
            _collect(item, found)


def map_strings(value: Any, replacement: Callable[[str], str]) -> Any:
    """Return a JSON value with every string replaced by what the function makes of it; not keys."""
    if isinstance(value, str):
        return replacement(value)
    if isinstance(value, Mapping):
        return {key: map_strings(item, replacement) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [map_strings(item, replacement) for item in value]
    return value


def identifiers_of(value: Any) -> set[str]:
    """The identifying values anywhere in a JSON value."""
    return {token for text in strings_in(value) for token in identifiers_in(text)}


def is_uuid(token: str) -> bool:
    """Return whether a value is a UUID as a whole."""
    return _UUID.fullmatch(token) is not None


def is_marker(token: str) -> bool:
    """Return whether a value is one that `marker` made."""
    return _MARKER.fullmatch(token) is not None


def paths_in(body: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Every string of a JSON value with its dotted path, and every number that names an object."""
    found: list[tuple[str, str]] = []
    _collect_paths(body, prefix, found)
    return found


def _collect_paths(value: Any, path: str, found: list[tuple[str, str]]) -> None:
    if isinstance(value, str):
        found.append((path or "text", value))
    elif isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101
        for key, item in value.items():
            _collect_paths(item, f"{path}.{key}" if path else str(key), found)
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            _collect_paths(item, f"{path}.{place}" if path else str(place), found)
    elif isinstance(value, bool) or not isinstance(value, int):
        return
    elif is_id_path(path) or is_code_path(path):
        found.append((path, str(value)))


@lru_cache(maxsize=16_384)
def is_id_path(path: str) -> bool:
    """Return whether what stands at that path is an id, by its name."""
    return ID_NAME.search(_field(path)) is not None


@lru_cache(maxsize=16_384)
def is_code_path(path: str) -> bool:
    """Return whether what stands at that path is what a system calls an object, by its name."""
    return _CODE_NAME.search(_field(path)) is not None


def _field(path: str) -> str:
    """The name nearest to a value; places in lists are no names."""
    return next((part for part in reversed(path.split(".")) if not part.isdigit()), "")


def last_name(flat: str) -> str:
    """Return what a value is called where it stands; `params.task_ids[]` is a `task_id`."""
    name = flat.removesuffix(ELEMENT)
    last = name.rsplit(".", 1)[-1].removesuffix(ELEMENT)
    if flat.endswith(ELEMENT) and last.endswith("s"):
        return last[:-1]
    return last
