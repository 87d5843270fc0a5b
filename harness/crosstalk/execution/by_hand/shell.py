"""Words of a shell (POSIX sh, and `$'…'` of bash and zsh for what cannot be printed)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

# Nothing of it means anything between double quotes, in an interactive shell either.
_PLAIN = re.compile(r"[^\"$`\\!]*")
_NAME_GOES_ON = re.compile(r"[A-Za-z0-9_]")
# A shell that does not take `#` for a comment (zsh, by default) runs what stands after it.
_NO_COMMENT = re.compile(r"[^\w .,:/{}=+-]")
_LONGEST_COMMENT = 160


def quoted(text: str) -> str:
    """Return a text as one word that means itself, on one line.

    Raises:
        ValueError: No argument of a program can hold it: it has a NUL or half of a surrogate pair.
    """
    if "\x00" in text:
        raise ValueError("an argument holds no NUL")
    text.encode("utf-8")
    if text.isprintable():
        return shlex.quote(text)
    escaped = "".join(
        f"\\{each}"
        if each in "\\'"
        else each
        if each.isprintable()
        else "".join(f"\\x{byte:02x}" for byte in each.encode("utf-8"))
        for each in text
    )
    return f"$'{escaped}'"


def word(text: str, variables: Mapping[str, str]) -> str:
    """Return a text as one word in which variables take the place of their stand-ins.

    Args:
        text: Means itself, but for the stand-ins.
        variables: Stand-in to the name of a variable.

    Raises:
        ValueError: No argument of a program can hold it.
    """
    pieces = split(text, variables)
    if len(pieces) == 1 and pieces[0] not in variables:
        return quoted(text)
    if all(each in variables or (_PLAIN.fullmatch(each) and each.isprintable()) for each in pieces):
        following = [*pieces[1:], ""]
        inside = (
            _named(variables[each], after) if each in variables else each
            for each, after in zip(pieces, following, strict=True)
        )
        return f'"{"".join(inside)}"'
    return "".join(
        f'"${variables[each]}"' if each in variables else quoted(each) for each in pieces
    )


def split(text: str, variables: Mapping[str, str]) -> list[str]:
    """Return a text in pieces: stand-ins, and what is between them."""
    present = [each for each in variables if each in text]
    if not present:
        return [text]
    known = "|".join(re.escape(each) for each in sorted(present, key=len, reverse=True))
    return [each for each in re.split(f"({known})", text) if each]


def comment(text: str) -> str:
    """Return a comment that is harmless where a shell does not take it for one."""
    plain = _NO_COMMENT.sub("_", text)
    return f"# {plain[:_LONGEST_COMMENT]}{' ...' if len(plain) > _LONGEST_COMMENT else ''}"


def _named(variable: str, after: str) -> str:
    return f"${{{variable}}}" if _NAME_GOES_ON.match(after) else f"${variable}"
