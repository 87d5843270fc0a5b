"""Each constraint that a schema states, broken once while others have secrets.

A refusal is an answer too: its text may hold what another user sent, or a whole object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from crosstalk.core.history import Actor
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.arguments import ArgumentDrawer, HonestDrawer
from crosstalk.generator.values.choice import Draw, RandomChoice, drawn_random
from crosstalk.surface.operation import Operation, Parameter, Role

# Calls of one turn: this part of the campaign's, and at least so many.
_SHARE, _LEAST = 0.025, 5
# A text longer than this is a burden, and no refusal to learn from.
_LONGEST = 20_000
_LEFT_OUT = object()
# An identity that is broken is another identity, which other rules claim.
_KEPT = frozenset({Role.IDENTITY})
# An operation, one of its parameters, the kind of constraint, and a value that breaks it.
_Breakage: TypeAlias = tuple[Operation, Parameter, str, Any]


class BrokenConstraint:
    """Breaks one constraint of one argument in each call."""

    name = "broken_constraint"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any operation takes arguments."""
        return any(each.parameters for each in example.capabilities.protected)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make calls that are wrong in one thing, those that were made least first."""
        possible: list[_Breakage] = [
            (operation, parameter, what, value)
            for operation in example.capabilities.protected
            if not operation.conversational
            for parameter in operation.parameters
            if parameter.role not in _KEPT
            for what, value in _breakages(parameter)
        ]
        state, random = example.state, drawn_random(draw)
        state.situations["constraints to break"] = len(possible)

        def key(each: _Breakage) -> tuple[str, ...]:
            return self.name, each[0].name, each[1].name, each[2]

        random.shuffle(possible)
        possible.sort(key=lambda each: state.choices[key(each)])
        unbroken = sum(not state.choices[key(each)] for each in possible)
        most = max(_LEAST, min(unbroken, int(_SHARE * state.calls)))
        drawer = example.drawer_by(RandomChoice(random), HonestDrawer)
        chosen = possible[:most]
        planned = [_spoilt(each, random.choice(example.members), drawer) for each in chosen]
        for each, _ in zip(chosen, example.execute_all_spoilt(planned), strict=False):
            state.choices[key(each)] += 1
            state.situations["constraints broken"] += state.choices[key(each)] == 1


def _spoilt(breakage: _Breakage, actor: Actor, drawer: ArgumentDrawer) -> PlannedCall:
    """Return a call about the actor's own objects that is wrong in one thing."""
    operation, parameter, _, value = breakage
    arguments = dict(drawer.arguments(operation, actor, references=("own",), hostile=False))
    if value is _LEFT_OUT:
        arguments.pop(parameter.name, None)
    else:
        arguments[parameter.name] = value
    return PlannedCall(actor, operation.name, arguments)


def _breakages(parameter: Parameter) -> Iterator[tuple[str, Any]]:
    """Return the ways to break what a parameter's schema states, each with a value."""
    schema = parameter.schema
    kind = schema.get("type")
    if parameter.required:
        yield "missing", _LEFT_OUT
    yield "null", None
    yield "type", {"not": "this"} if kind in ("string", "integer", "number", "boolean") else "note"
    if isinstance(schema.get("maxLength"), int) and schema["maxLength"] < _LONGEST:
        yield "length", "x" * (schema["maxLength"] + 1)
    if isinstance(schema.get("minimum"), int):
        yield "minimum", schema["minimum"] - 1
    if isinstance(schema.get("maximum"), int):
        yield "maximum", schema["maximum"] + 1
    if "enum" in schema:
        yield "enum", "not-one-of-them"
    if "format" in schema or "pattern" in schema:
        yield "format", "not of that form"
