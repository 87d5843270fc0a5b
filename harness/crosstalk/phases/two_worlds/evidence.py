"""Evidence of two worlds: a call of the observer as it was answered in both."""

from __future__ import annotations

from crosstalk.core.evidence import Exchange, exchange_of
from crosstalk.core.history import Call, History
from crosstalk.phases.two_worlds.comparison import ABSENT, SECRETS, Difference, kind_of
from crosstalk.phases.two_worlds.plan import WorldsPlan

_WORLDS = {ABSENT: "where the others are absent", SECRETS: "where the others' secrets differ"}


def evidence_of(plan: WorldsPlan, found: Difference, shown: History) -> tuple[Exchange, ...]:
    """Return the last call of another user before it, and the observer's call in both worlds.

    Args:
        plan: As short as it could be made.
        found: What differs.
        shown: The plan in its worlds.
    """
    places = {step.number: place for place, step in enumerate(plan.script.steps, start=1)}
    exchanges = []
    varied = [each for each in plan.script.steps if each.number in plan.varied()]
    before = [each for each in varied if places[each.number] < places[found.key]]
    if before:
        # Worlds have no numbers of steps: the last call of that actor and operation is meant.
        made = [
            call
            for call in shown
            if kind_of(call.world) == found.kind
            and (call.actor, call.operation) == (before[-1].actor, before[-1].operation)
        ]
        exchanges += [exchange_of(each, (), number=places[before[-1].number]) for each in made[-1:]]
    for world in (found.against, found.kind):
        for call in _observed(shown, world, found.key):
            values = [value for pair in found.places.values() for value in pair if value]
            note = _WORLDS.get(world, "where the others are active")
            exchanges.append(exchange_of(call, values, number=places[found.key], note=note))

    def written(text: str) -> str:
        return plan.script.with_own_markers(text, plan.salt)

    return tuple(each.of_script(written) for each in exchanges)


def _observed(shown: History, world: str, key: int) -> list[Call]:
    """Return the observer's call in a world, if it was made."""
    return [
        call
        for call in shown
        if kind_of(call.world) == world
        and call.probe is not None
        and (call.probe.part, call.probe.key) == ("observed", key)
    ][:1]
