"""Canary: values first seen with one user that reach another who never supplied them.

The value may travel in the body, an error text, a header, a stream, or in a message
that came with the answer; the oracle reads them all.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Call, History, Outcome
from crosstalk.oracles.attribution import observations
from crosstalk.oracles.base import Suspicion, is_empty

# Headers of requests by which a cache that keeps answers apart keeps users apart.
_OF_A_USER = re.compile(r"^\*$|authorization|cookie|key|token|user|session", re.IGNORECASE)


def _may_be_shared(call: Call) -> bool:
    """Return whether a shared cache may give this answer to others (RFC 9111, 3.5 and 4.1)."""
    varied = call.answer.headers.get("vary", "").split(",")
    if any(_OF_A_USER.search(each.strip()) for each in varied):
        return False
    said = {
        each.strip().lower() for each in call.answer.headers.get("cache-control", "").split(",")
    }
    allowed = "public" in said or any(each.startswith("s-maxage=") for each in said)
    reads = call.operation.partition(":")[2].startswith("GET ")
    return reads and call.actor.user is not None and allowed and not said & {"no-store", "private"}


class Canary:
    """Fires when a user's value reaches a caller who never supplied it."""

    name = "canary"

    def judge(self, history: History) -> list[Suspicion]:
        """One suspicion for each answer that holds another user's values."""
        found = []
        for seen in observations(history):
            call = seen.call
            if seen.own and _may_be_shared(call):
                found.append(
                    Suspicion(
                        self.name,
                        call.operation,
                        (call.index,),
                        f"what {call.actor.name} received may be kept by a shared cache and given "
                        "to anybody (RFC 9111, section 3.5)",
                        rule=BrokenRule.CACHE,
                    )
                )
            if not seen.foreign:
                continue
            value, owner = seen.foreign[0]
            more = len(seen.foreign) - 1
            beside = value in call.heard
            where = " in a message that came with the answer" if beside else ""
            found.append(
                Suspicion(
                    self.name,
                    call.operation,
                    (call.index,),
                    f"{call.actor.name} received {value!r}, first seen with {owner}{where}"
                    + (f", and {more} more" if more else ""),
                    rule=BrokenRule.MESSAGE if beside else None,
                )
            )
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Count answers that showed callers data of their own, while other users had secrets.

        Data that nothing marks is a caller's own where the operation does not answer all alike.
        """
        served = [
            each
            for each in observations(history)
            if each.call.answer.outcome is Outcome.OK and not is_empty(each.call.answer.body)
        ]
        bodies: defaultdict[str, set[str]] = defaultdict(set)
        for each in served:
            bodies[each.call.operation].add(str(each.call.answer.body))
        return Counter(
            each.call.operation
            for each in served
            if each.others_have_secrets and (each.own or len(bodies[each.call.operation]) > 1)
        )
