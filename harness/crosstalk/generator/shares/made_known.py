"""Persons whom a system does not know yet: users who sign up with their first call."""

from __future__ import annotations

from crosstalk.core.history import Actor, Outcome
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.surface.capabilities import required_references


def made_known(example: ExampleRun, person: Actor) -> bool:
    """Have a person who was never served read a list; return whether they were served by it.

    Nothing can be offered to a user whom the system does not know.
    """
    if any(e.actor == person and e.answer.outcome is Outcome.OK for e in example.history):
        return False
    readings = [e for e in example.capabilities.own_lists if not required_references(e)]
    calls = example.execute_all([example.reading(each, person) for each in readings[:1]])
    return any(each.answer.outcome is Outcome.OK for each in calls)
