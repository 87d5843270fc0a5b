"""Runs what draws from strategies once, outside of the search, by a seeded random."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random

from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis import strategies as st

from crosstalk.generator.values.choice import Draw

# The simplest of all examples comes first and is always the same: it is not taken.
_EXAMPLES = 5


class _DoneError(BaseException):
    """Ends the drawing: Hypothesis would run an example again that an error ended."""


def drawn_once(work: Callable[[Draw], None], random: Random) -> None:
    """Do work whose choices are drawn, once.

    Args:
        work: Receives what draws.
        random: Says by which seed.

    Raises:
        Exception: What the work raised.
    """
    raised: list[Exception] = []

    @seed(random.getrandbits(32))
    @settings(
        max_examples=_EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), number=st.integers(0, 2**16))
    def once(data: st.DataObject, number: int) -> None:
        if not number:
            reject()
        try:
            work(data.draw)
        except Exception as error:
            raised.append(error)
        raise _DoneError

    with suppress(_DoneError):
        once()
    if raised:
        raise raised[0]
