"""Forged credentials that must be refused, each with a name and the source it is taken from.

Each family has a module: algorithms, signatures, headers, spelling, claims, presentation, and
replay of tokens that are genuine elsewhere. A new kind is one entry in its family's table.
"""

from crosstalk.core.errors import HarnessError, did_you_mean
from crosstalk.tokens.forgeries.algorithms import ALGORITHM_FORGERIES
from crosstalk.tokens.forgeries.base import (
    Credential,
    Forgery,
    ForgeryContext,
    NotApplicableError,
)
from crosstalk.tokens.forgeries.claims import CLAIM_FORGERIES
from crosstalk.tokens.forgeries.headers import HEADER_FORGERIES
from crosstalk.tokens.forgeries.presentation import PRESENTATION_FORGERIES
from crosstalk.tokens.forgeries.replay import REPLAY_FORGERIES
from crosstalk.tokens.forgeries.signatures import SIGNATURE_FORGERIES
from crosstalk.tokens.forgeries.spelling import SPELLING_FORGERIES

FORGERIES: tuple[Forgery, ...] = (
    *CLAIM_FORGERIES,
    *SIGNATURE_FORGERIES,
    *ALGORITHM_FORGERIES,
    *HEADER_FORGERIES,
    *SPELLING_FORGERIES,
    *REPLAY_FORGERIES,
    *PRESENTATION_FORGERIES,
)
BY_NAME = {each.name: each for each in FORGERIES}


def get_forgery(name: str) -> Forgery:
    """Return the forgery of this name.

    Raises:
        HarnessError: There is none; the message names the nearest.
    """
    if name not in BY_NAME:
        raise HarnessError(f"there is no forgery {name!r}{did_you_mean(name, BY_NAME)}")
    return BY_NAME[name]


__all__ = [
    "BY_NAME",
    "FORGERIES",
    "Credential",
    "Forgery",
    "ForgeryContext",
    "NotApplicableError",
    "get_forgery",
]
