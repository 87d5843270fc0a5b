"""One trial of requests under way: one user holds very many open, and another calls once.

Each has its head and half of its body, so that the server has begun it and waits. What bounds the
requests that one user has under way must not count them for another.
"""

from __future__ import annotations

from dataclasses import replace

from crosstalk.core.history import History, Sending
from crosstalk.core.limit_refusals import refused_for_many
from crosstalk.execution.executor import Executor
from crosstalk.phases.limits.trial import Trial, Trier, accepted
from crosstalk.surface.operation import Operation

# Requests that are held open, fewer than what a limit of calls a minute usually lets through.
HELD = 100
# Seconds that they are held, and after which the calls beside them are made.
_SECONDS, _BESIDE = 0.8, 0.4
# The request that is held, its user's own call beside it, and the observer's.
_TOGETHER = 3


class HeldRequests:
    """Makes trials of one system.

    Args:
        executor: Makes the calls, at least three at once.
        trier: Plans them; its busy user holds the requests.
    """

    def __init__(self, executor: Executor, trier: Trier) -> None:
        self._executor = executor
        self._trier = trier

    @property
    def possible(self) -> bool:
        """Return whether as many calls may be made at once."""
        return self._executor.concurrency >= _TOGETHER

    def run(self, history: History, operation: Operation) -> Trial:
        """Make one trial.

        Args:
            history: Fresh; takes the calls.
            operation: What is called; its requests have a body.

        Returns:
            The trial, in which the limit is used up where the user who holds requests is refused.

        Raises:
            OutOfTimeError: The time in which calls may be made is over.
        """
        planned = self._trier.plan_each(history, operation)
        (control,) = self._executor.execute_all(history, planned[:1])
        if not accepted(control):
            return Trial(history, control, None, None)
        _, own, observed = planned
        held = self._trier.plan_each(history, operation)[1]
        held = replace(held, sending=Sending(aborted_at="body", after=_SECONDS, copies=HELD))
        beside = [replace(each, sending=Sending(after=_BESIDE)) for each in (own, observed)]
        _, refused, first = self._executor.execute_all(history, [held, *beside])
        limited = refused_for_many(refused.answer)
        return Trial(history, control, refused if limited else None, first)
