"""Text from hostile places, made fit to be shown."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with everything that is not printable escaped.

    Control characters would reach terminals, unpaired surrogates no file, and XML forbids both.
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
