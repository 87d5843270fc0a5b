"""Each constraint that a schema states, broken once while others have secrets.

A refusal is an answer too: its text may hold what another user sent, or a whole object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.choice import Draw
from crosstalk.generator.example_run import ExampleRun
from crosstalk.surface.operation import Parameter, Role

_CALLS = 5
_LEFT_OUT = object()
# An identity that is broken is another identity, which other rules claim.
_KEPT = frozenset({Role.IDENTITY})


class BrokenConstraint:
    """Breaks one constraint of one argument in each call."""

    name = "broken_constraint"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any operation takes arguments."""
        return any(each.parameters for each in example.capabilities.protected)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make a few calls that are wrong in one thing."""
        possible = [
            (operation, parameter, what, value)
            for operation in example.capabilities.protected
            if not operation.conversational
            for parameter in operation.parameters
            if parameter.role not in _KEPT
            for what, value in _breakages(parameter)
        ]
        example.state.situations["constraints to break"] = len(possible)
        for _ in range(_CALLS if possible else 0):
            operation, parameter, what, value = example.least_chosen(
                draw, self.name, possible, lambda each: (each[0].name, each[1].name, each[2])
            )
            actor: Actor = draw(st.sampled_from(example.members))
            arguments = dict(example.plan_own(draw, operation, actor).arguments)
            if value is _LEFT_OUT:
                arguments.pop(parameter.name, None)
            else:
                arguments[parameter.name] = value
            example.execute_spoilt(PlannedCall(actor, operation.name, arguments))
            if example.state.choices[self.name, operation.name, parameter.name, what] == 1:
                example.state.situations["constraints broken"] += 1


def _breakages(parameter: Parameter) -> Iterator[tuple[str, Any]]:
    """Return the ways to break what a parameter's schema states, each with a value."""
    schema = parameter.schema
    kind = schema.get("type")
    if parameter.required:
        yield "missing", _LEFT_OUT
    yield "null", None
    yield "type", {"not": "this"} if kind in ("string", "integer", "number", "boolean") else "note"
    if isinstance(schema.get("maxLength"), int):
        yield "length", "x" * (schema["maxLength"] + 1)
    if isinstance(schema.get("minimum"), int):
        yield "minimum", schema["minimum"] - 1
    if isinstance(schema.get("maximum"), int):
        yield "maximum", schema["maximum"] + 1
    if "enum" in schema:
        yield "enum", "not-one-of-them"
    if "format" in schema or "pattern" in schema:
        yield "format", "not of that form"
