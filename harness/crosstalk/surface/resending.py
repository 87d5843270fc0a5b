"""A surface that repeats calls whose answer was lost: behind a balancer, replicas end.

What is sent again may have been served already. So every write is sent with an idempotency key, its
own where the caller gave none, and a repeat of it is known as one. A call that takes no key is sent
again only where it reads.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Role, Surface

# What a balancer answers in the place of a replica that is gone.
_LOST = frozenset({502, 503, 504})
_PAUSE_SECONDS = 0.2


class PatientSurface:
    """Another surface, whose lost calls are made again.

    Args:
        inner: Performs the calls.
        repeats: How often more, at most.

    Attributes:
        repeated: Calls that were made again so far.
    """

    def __init__(self, inner: Surface, repeats: int = 6) -> None:
        self._inner = inner
        self._repeats = repeats
        self.repeated = 0

    def discover(self) -> list[Operation]:
        """Return what can be called now.

        Raises:
            SurfaceError: The server does not answer.
        """
        return self._inner.discover()

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Make a call, and make it again while its answer is lost."""
        key = operation.parameter(Role.KEY)
        given = dict(arguments)
        if key is not None and not operation.reads_only:
            given.setdefault(key.name, str(uuid.uuid4()))
        repeatable = operation.reads_only or key is not None
        answer = self._inner.call(operation, given, presented)
        for done in range(self._repeats if repeatable else 0):
            if not _is_lost(answer):
                break
            time.sleep(_PAUSE_SECONDS * 2**done)
            self.repeated += 1
            answer = self._inner.call(operation, given, presented)
        if _is_lost(answer) and answer.outcome is not Outcome.UNREACHABLE:
            # A balancer's word is none of the system's: it says nothing about isolation.
            return replace(answer, outcome=Outcome.UNREACHABLE)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _is_lost(answer: Answer) -> bool:
    if answer.outcome is Outcome.UNREACHABLE:
        return answer.code != "unsendable"
    return answer.status in _LOST
