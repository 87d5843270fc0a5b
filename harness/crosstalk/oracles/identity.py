"""Identity: a missing, forged, expired or misdirected credential must not be served.

Served means that the operation itself answered, with a result or with an error of its own: a
tool error inside a 200 shows that the call got behind the door.
"""

from __future__ import annotations

from collections import Counter

from crosstalk.core.history import Call, History, Outcome
from crosstalk.oracles.base import Suspicion, conclusive


def _served(call: Call) -> bool:
    answer = call.answer
    if answer.outcome is Outcome.OK:
        return True
    return answer.outcome is Outcome.ERROR and answer.status == 200


class Identity:
    """Fires when somebody without a valid credential is served."""

    name = "identity"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each call served without a valid credential."""
        return [
            Suspicion(
                self.name,
                call.operation,
                (call.index,),
                f"{call.actor.name} was served with "
                + (f"a forged credential ({call.actor.forgery})" if call.actor.forgery else "none"),
            )
            for call in self._attempts(history)
            if _served(call)
        ]

    def opportunities(self, history: History) -> Counter[str]:
        """Calls made without a valid credential."""
        return Counter(call.operation for call in self._attempts(history))

    @staticmethod
    def _attempts(history: History) -> list[Call]:
        return [
            call
            for call in history
            if call.actor.user is None
            and call.operation not in history.public_operations
            and conclusive(call.answer)
        ]
