"""Patterns of JSON Schema (ECMA-262) in Python's syntax, and texts that match them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

# Unicode properties (ECMA-262) that Python's `re` does not know, by characters that have them.
_PROPERTIES: Mapping[str, str] = {
    "L": "A-Za-zÀ-ÖØ-öø-ÿ",
    "Letter": "A-Za-zÀ-ÖØ-öø-ÿ",
    "Alphabetic": "A-Za-zÀ-ÖØ-öø-ÿ",
    "Lu": "A-Z",
    "Uppercase_Letter": "A-Z",
    "Ll": "a-z",
    "Lowercase_Letter": "a-z",
    "N": "0-9",
    "Nd": "0-9",
    "Number": "0-9",
    "P": "!.,:;?",
    "Punctuation": "!.,:;?",
    "S": "+<=>",
    "Symbol": "+<=>",
    "Z": " ",
    "Zs": " ",
    "M": "\u0301",
}
_PROPERTY = re.compile(r"\\p\{(?:\w+=)?(\w+)\}")
# A named group, and not a look behind.
_GROUP = re.compile(r"(?<!\\)\(\?<(?![=!])")
_LITERAL = re.compile(r"/(\^.*\$|\^.*|.*\$)/([dgimsuvy]*)", re.DOTALL)
_DRAWN = 60


def python_pattern(pattern: str) -> str:
    """Return a pattern in Python's syntax that matches nothing which the given one does not.

    JSON Schema's patterns are ECMA-262's: `\\p{L}` is a letter, `\\d` a digit of ASCII. A pattern
    written as a literal of that language, `/^[a-z]+$/i`, is what stands between the slashes.
    """
    literal = _LITERAL.fullmatch(pattern)
    if literal is not None:
        flags = "".join(each for each in literal.group(2) if each in "ims")
        pattern = (f"(?{flags})" if flags else "") + literal.group(1)

    def characters(match: re.Match[str]) -> str:
        name = match.group(1)
        inside = _PROPERTIES.get(name) or _PROPERTIES.get(name[:1])
        if inside is None:
            return match.group(0)
        before = pattern[: match.start()]
        in_class = before.count("[") - before.count(r"\[") > before.count("]") - before.count(r"\]")
        return inside if in_class else f"[{inside}]"

    return _GROUP.sub("(?P<", _PROPERTY.sub(characters, pattern))


def admits(schema: Mapping[str, Any], text: str) -> bool:
    """Return whether a schema's pattern and lengths admit a text; not where it cannot be read."""
    shortest, longest = schema.get("minLength"), schema.get("maxLength")
    pattern = schema.get("pattern")
    # Whatever else than a number stands there bounds nothing.
    if isinstance(shortest, int) and len(text) < shortest:
        return False
    if isinstance(longest, int) and len(text) > longest:
        return False
    if not isinstance(pattern, str):
        return True
    try:
        return re.search(python_pattern(pattern), text) is not None
    except (re.error, RecursionError, OverflowError):
        return False


@lru_cache(maxsize=256)
def matching(pattern: str, number: int, count: int = _DRAWN) -> tuple[str, ...]:
    """Return texts of ASCII that match a pattern, no two alike; none where it cannot be drawn.

    Args:
        pattern: As JSON Schema has it.
        number: Fixes which texts are drawn.
        count: How many are drawn at most.
    """
    found: dict[str, None] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(python_pattern(pattern), re.ASCII)
            strategy = st.from_regex(
                compiled, fullmatch=True, alphabet=st.characters(codec="ascii")
            )

            @seed(number)
            @settings(
                max_examples=count,
                database=None,
                deadline=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
                verbosity=Verbosity.quiet,
            )
            @given(strategy)
            def take(text: str) -> None:
                if text.isprintable():
                    found.setdefault(text)

            take()
    except Exception:
        # Whatever a stranger's pattern does to the library costs this argument alone.
        return ()
    return tuple(found)


def renewed(text: str, schema: Mapping[str, Any], salt: int) -> str:
    """Return another text that the schema admits, the same for one text and salt.

    Where a system wants such texts to be unique, a replay that repeats one is refused. The text
    itself comes back where no other is found.
    """
    pattern = schema.get("pattern")
    if not isinstance(pattern, str) or not salt:
        return text
    number = (salt ^ sum(ord(each) << (place % 24) for place, each in enumerate(text))) & 0xFFFFFFFF
    others = [each for each in matching(pattern, number, 20) if each != text]
    others = [each for each in others if admits(schema, each)]
    # The simplest come first with any number: the most mixed one is the least likely to be taken.
    return max(others, key=lambda each: (len(set(each)), len(each))) if others else text
