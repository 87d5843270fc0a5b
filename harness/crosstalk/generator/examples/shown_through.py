"""Readings of a user's own objects after one of them was given another user's object to name.

That a reference is accepted tells that the object is there; what shows the object by way of one's
own, as a pedigree shows a mother, gives it away; so does a list or a table of one's own.
"""

from __future__ import annotations

from crosstalk.core.history import Call, Outcome
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.readings import detail
from crosstalk.surface.capabilities import removes, required_references

# Readings of what was made or changed, and of lists that may show it.
_MOST_READINGS = 6
_MOST_LISTS = 6
# Counts of operations after which it was read.
_READ_THROUGH = "read through"


def read_through(example: ExampleRun, call: Call) -> None:
    """Have a caller who was served with another's object read what they have now, once each way.

    Args:
        example: In which the call was made.
        call: One of a comparison; that which names another's object was meant to be refused.
    """
    if call.probe is None or call.probe.part != "foreign":
        return
    operation = example.state.executor.operations[call.operation]
    place = _READ_THROUGH, call.operation
    refused = call.answer.outcome is not Outcome.OK or operation.reads_only or removes(operation)
    if refused or example.state.choices[place] or example.over or example.state.stopped():
        return
    example.state.choices[place] += 1
    texts = {text for _, text in call.answer.paths()} | set(map(str, call.arguments.values()))
    asked: list[PlannedCall] = []
    for reading in example.capabilities.details:
        (reference,) = required_references(reading)
        mine = example.pool.references(call.actor.name, reference, reading.name, guess=False)
        named = next((each for each in reversed(mine) if each in texts), None)
        if named is None or reading.conversational:
            continue
        asked.append(detail(example, reading, call.actor, named))
    lists = [
        example.reading(each, call.actor)
        for each in example.state.observations
        if each.surface == operation.surface and not each.descriptive
    ]
    example.execute_all([*asked[:_MOST_READINGS], *lists[:_MOST_LISTS]])
