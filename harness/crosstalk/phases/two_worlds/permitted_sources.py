"""Users whose activity an observer may notice, by what is declared as meant (`allowed_flows`).

A user who may put data before the observer, or may change what the observer sees, is a partner:
partners are active in every world, so that their activity explains no difference. A flow that is
limited to some operations lets only those observations go.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from crosstalk.core.history import Flow


def partners(flows: Sequence[Flow], observer: str, users: Collection[str]) -> frozenset[str]:
    """Users whose activity the observer may notice by any operation.

    Args:
        flows: What is meant to be shared.
        observer: The user who observes.
        users: All users.
    """
    # What every user may do by some operations makes no two users partners.
    links = [each for each in flows if not _everybodys(each)]
    others = [each for each in users if each != observer]
    seen = {observer} | {
        each for each in others if any(_reaches(flow, each, observer) for flow in links)
    }
    changing = {
        each
        for each in others
        for source in seen
        for flow in links
        if each != source and flow.source in ("*", source) and flow.target in ("*", each)
    }
    return frozenset((seen | changing) - {observer})


def left_out(flows: Sequence[Flow], observer: str, others: Collection[str], operation: str) -> bool:
    """Return whether this operation may show the observer what others did."""
    return any(flow.permits(each, observer, operation) for flow in flows for each in others)


def _everybodys(flow: Flow) -> bool:
    return flow.source == flow.target == "*" and bool(flow.operations)


def _reaches(flow: Flow, source: str, target: str) -> bool:
    """Return whether it covers all operations from one user to the other."""
    return not flow.operations and flow.source in ("*", source) and flow.target in ("*", target)
