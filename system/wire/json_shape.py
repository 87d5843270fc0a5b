"""The shape of a JSON text, counted before it is parsed: how deep it nests, how many values it has.

Parsers spend stack on depth, and far more time on a value than on a byte: 70,000 unknown fields in
less than 1 MiB cost a second. Counting walks the text a fixed number of times, each time in C, and
costs milliseconds for 1 MiB of anything.

The count is exact for texts that are JSON (RFC 8259) in UTF-8; of any other text it covers what
stands before the place at which a parser gives up.
"""

from __future__ import annotations

# Braces count as brackets: only how deep they nest matters, not which closes which.
_TABLE = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(each for each in range(256) if each not in b'[]{},"')
# What one value brings at most: two brackets and a comma; two strings, itself and its name.
_MARKS, _QUOTES = 3, 4


def shape_problem(text: bytes, *, max_depth: int, max_values: int) -> str | None:
    """Return why a text is not given to a parser, or None where it can be.

    Args:
        text: What should be JSON.
        max_depth: How deep arrays and objects may nest.
        max_values: How many values the text may hold, names of members not counted.
    """
    # Some parsers take UTF-16 and UTF-32, in which the marks below stand for something else.
    if b"\x00" in text:
        return "must be JSON in UTF-8, without NUL characters"
    # In a run of backslashes each pair is one that is meant; what is left over escapes a quote.
    marks = text.replace(b"\\\\", b"").replace(b'\\"', b"").translate(_TABLE, _OTHERS)
    too_many = f"must not hold more than {max_values} values"
    if marks.count(b'"') > _QUOTES * max_values:
        return too_many
    # Every second part stands in a string; one that is not closed takes the rest with it.
    outside = b"".join(marks.split(b'"')[::2])
    if _nests_deeper(outside[: _MARKS * max_values], max_depth):
        return f"must not nest deeper than {max_depth}"
    if 1 + outside.count(b"[") + outside.count(b",") > max_values:
        return too_many
    return None


def _nests_deeper(marks: bytes, limit: int) -> bool:
    brackets = marks.replace(b",", b"")
    for _ in range(limit):
        # Each time round the innermost pairs go, so that one level less is left.
        fewer = brackets.replace(b"[]", b"")
        if len(fewer) == len(brackets):
            break
        brackets = fewer
    # What never closes is not JSON; it matters here where it would cost a parser its stack.
    return b"[]" in brackets or brackets.count(b"[") > limit
