"""Conclusions of a campaign about calls that were too many."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

from crosstalk.campaign.evaluation.conclusion import Conclusion
from crosstalk.core.history import Outcome
from crosstalk.core.verdict import RUN, Control


def throttled(
    called: dict[str, int], limited: dict[str, int], own_reads: int = 0
) -> list[tuple[str, str]]:
    """Return where and what a campaign says of its refusals for being too many."""
    executor = SimpleNamespace(
        called=Counter(called),
        limited=Counter(limited),
        calls_in_all=sum(called.values()),
        outcomes=Counter({Outcome.LIMITED: sum(limited.values())}),
    )
    counts = SimpleNamespace(
        controls={name: Control(own_reads=own_reads) for name in called},
        service=SimpleNamespace(unserved=set),
    )
    nothing = cast("Any", None)
    found = Conclusion(nothing, cast("Any", executor), nothing, nothing, cast("Any", counts))
    return [(each.where, each.text) for each in found._throttled()]


def test_operation_that_a_limit_made_useless_is_told_apart_from_the_run() -> None:
    ((where, text),) = throttled({"export": 40, "list": 60}, {"export": 38, "list": 1})
    assert where == "export"
    assert text.startswith("38 of 40 calls were refused for being too many")


def test_run_is_throttled_where_many_operations_were() -> None:
    limited = {"export": 20, "list": 20}
    ((where, text),) = throttled({"export": 50, "list": 50}, limited, own_reads=3)
    assert where == RUN
    assert text == "40 of 100 calls were refused for being too many (429)"


def test_few_refusals_leave_nothing_open() -> None:
    assert throttled({"export": 40, "list": 60}, {"export": 30}, own_reads=3) == []
