"""Choices behind drawn arguments: by Hypothesis in an example, by a seeded random in a phase."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[Any]], Any]


def drawn_random(draw: Draw) -> Random:
    """Return a random number generator whose seed is drawn."""
    return Random(draw(st.integers(0, 2**32 - 1)))  # noqa: S311 -- to be repeated, not secret


class Choice(Protocol):
    """Makes choices that a seed reproduces."""

    def of(self, options: Sequence[T]) -> T:
        """Return one of the options; there is at least one."""
        ...

    def number(self, low: int, high: int) -> int:
        """Return a whole number, the bounds included."""
        ...

    def coin(self) -> bool:
        """Return True or False."""
        ...

    def uuid(self) -> str:
        """Return a random UUID (RFC 9562, version 4)."""
        ...


class HypothesisChoice:
    """Choices that Hypothesis records and varies.

    Args:
        draw: Draws from a strategy.
    """

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def of(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        found: T = self._draw(st.sampled_from(list(options)))
        return found

    def number(self, low: int, high: int) -> int:
        """Return a whole number, the bounds included."""
        return int(self._draw(st.integers(low, high)))

    def coin(self) -> bool:
        """Return True or False."""
        return bool(self._draw(st.booleans()))

    def uuid(self) -> str:
        """Return a random UUID."""
        return str(self._draw(st.uuids(version=4)))


class RandomChoice:
    """Choices of a seeded random number generator.

    Args:
        random: Chooses.
    """

    def __init__(self, random: Random) -> None:
        self._random = random

    def of(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return self._random.choice(options)

    def number(self, low: int, high: int) -> int:
        """Return a whole number, the bounds included."""
        return self._random.randint(low, high)

    def coin(self) -> bool:
        """Return True or False."""
        return self._random.random() < 0.5

    def uuid(self) -> str:
        """Return a random UUID."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
