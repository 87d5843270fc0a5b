"""Evidence of concurrent clients: who planted what, the call made alone, and the wrong answer."""

from __future__ import annotations

from crosstalk.core.evidence import Exchange, exchange_of
from crosstalk.core.history import Call
from crosstalk.core.identifiers import is_marker
from crosstalk.core.script import Script
from crosstalk.oracles.observation import identifiers_shown
from crosstalk.phases.concurrency.confirmation import Shown


def evidence_of(script: Script, shown: Shown) -> tuple[Exchange, ...]:
    """Return the calls that show it, each with the number of its line.

    Args:
        script: Of the clients.
        shown: A replay of it.
    """
    history = shown.history
    wrong = history.calls[shown.suspicion.calls[-1] - 1]
    planted = {
        value: call
        for call in history
        if call.actor.user != wrong.actor.user
        for value in call.sent
        if is_marker(value)
    }
    crossed = sorted(identifiers_shown(wrong.answer) & planted.keys())
    found: list[tuple[Call, str]] = [(planted[value], "") for value in crossed[:1]]
    found += [
        (call, "alone")
        for call in history
        if _key(call) == _key(wrong) and call.probe is not None and call.probe.part == "alone"
    ][:1]
    found.append((wrong, "beside concurrent clients"))

    def written(text: str) -> str:
        return script.with_own_markers(text, history.salt)

    return tuple(
        exchange_of(
            call, crossed if call is wrong else (), number=_line(script, call), note=note
        ).of_script(written)
        for call, note in found
    )


def _key(call: Call) -> tuple[str, int]:
    return call.operation, call.probe.key if call.probe is not None else 0


def _line(script: Script, call: Call) -> int:
    """Return the line of the script that a call was made from; 0 where it has none."""
    for place, step in enumerate(script.steps, start=1):
        if (step.actor, step.operation, step.probe) == (call.actor, call.operation, call.probe):
            return place
    return 0
