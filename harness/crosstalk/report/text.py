"""Text from hostile places, made fit to be shown."""

from __future__ import annotations


def counted(number: int, name: str) -> str:
    """Return a number with the name of what it counts, in the singular or the plural."""
    return f"{number} {name}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """The text with everything that is not printable escaped.

    Control characters would reach terminals, unpaired surrogates no file, and XML forbids both.
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
