"""One user names another's data in other spellings than the system gave it."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Probe
from crosstalk.core.object_kinds import deletes
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.generator.values.forms.spellings import (
    BEGINNING,
    CAPITALS,
    forms_for,
    says_victim,
    spelled,
)
from crosstalk.surface.operation import Operation, Parameter, Role

_CALLS = 8
# One spelling of one of the victim's values: operation, parameter, form, value.
_Spelling = tuple[Operation, Parameter, str, str]


class OtherSpellings:
    """Has one user send another's ids, names and paths in other spellings, between two readings."""

    name = "other_spellings"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any argument that names something is a text."""
        return any(
            forms_for(parameter.schema, identity=parameter.role is Role.IDENTITY)
            for operation in example.capabilities.protected
            for parameter in _naming(operation)
        )

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Read as the victim, send some spellings as another user, and read again."""
        attacker: Actor = draw(st.sampled_from(example.members))
        victim = example.other_member(draw, attacker)
        possible = list(_spellings(example, attacker, victim))
        if not possible:
            return
        chosen = [self._next(example, draw, possible) for _ in range(_CALLS)]
        # What removes comes last: there is nothing to find behind it.
        chosen.sort(key=lambda each: (not each[0].reads_only, deletes(each[0].name)))
        readings = example.some_readings(draw, victim, [theirs for *_, theirs in chosen])
        key = example.next_probe()
        example.read_twice(readings, victim, Probe("ownership", key, "before", victim.name))
        probe = Probe("ownership", key, "attack", victim.name)
        for each in chosen:
            example.execute_spoilt(self._call(example, draw, attacker, victim, each, probe))
        after = Probe("ownership", key, "after", victim.name)
        example.execute_all([PlannedCall(victim, o.name, asked, after) for o, asked in readings])

    def _next(self, example: ExampleRun, draw: Draw, possible: list[_Spelling]) -> _Spelling:
        """Return the likeliest spelling that was not sent there yet, or one sent least."""
        sent = example.state.choices
        new = [
            each for each in possible if not sent[self.name, each[0].name, each[1].name, each[2]]
        ]
        first = min((_place(each) for each in new), default=0)
        return example.least_chosen(
            draw,
            self.name,
            [each for each in new if _place(each) == first] or possible,
            lambda each: (each[0].name, each[1].name, each[2]),
        )

    @staticmethod
    def _call(
        example: ExampleRun,
        draw: Draw,
        attacker: Actor,
        victim: Actor,
        spelling: _Spelling,
        probe: Probe,
    ) -> PlannedCall:
        operation, parameter, form, theirs = spelling
        subjects = example.history.subjects
        if parameter.role is Role.IDENTITY:
            own = subjects[attacker.claims]
        else:
            mine = example.pool.references(attacker.name, parameter, operation.name)
            own = mine[-1] if mine else "notes"
        drawn = example.plan(
            draw, operation, attacker, sources=(victim.name,), hostile=False, probe=probe
        )
        value = spelled(form, theirs, own, subjects[victim.name])
        arguments = {**drawn.arguments, parameter.name: value}
        return PlannedCall(attacker, operation.name, arguments, probe)


def _place(spelling: _Spelling) -> int:
    _, parameter, form, _ = spelling
    return forms_for(parameter.schema, identity=parameter.role is Role.IDENTITY).index(form)


def _naming(operation: Operation) -> list[Parameter]:
    """Return the parameters that name a user or an object, where a credential proves the caller."""
    if operation.conversational or operation.effect_only or operation.unproven:
        return []
    return [
        each
        for each in operation.parameters
        if each.refers or (each.role is Role.IDENTITY and each.required)
    ]


def _spellings(example: ExampleRun, attacker: Actor, victim: Actor) -> Iterator[_Spelling]:
    """Return all spellings of the victim's values, each where it can be sent."""
    for operation in example.capabilities.protected:
        for parameter in _naming(operation):
            identity = parameter.role is Role.IDENTITY
            mine: list[str] = []
            if identity:
                known = [example.history.subjects[victim.name]]
            else:
                mine = example.pool.references(
                    attacker.name, parameter, operation.name, guess=False
                )
                found = example.pool.references(victim.name, parameter, operation.name, guess=False)
                # What both call alike is told apart by whose folder it stands in.
                known = ([each for each in found if each not in mine] or found)[-1:]
            for theirs in known:
                alike = not identity and theirs in mine
                for form in forms_for(parameter.schema, identity=identity):
                    if alike and not says_victim(form):
                        continue
                    if form not in (CAPITALS, BEGINNING) or spelled(form, theirs, "", "") != theirs:
                        yield operation, parameter, form, theirs
