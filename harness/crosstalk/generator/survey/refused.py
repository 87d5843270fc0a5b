"""Calls that are refused for what they say, with another's object and with none.

A check of an amount, of a date or of what state an object is in may come before the check of whose
it is: then the refusal tells that the object is there. A call with ordinary values is refused for
the owner alone, and shows nothing of that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crosstalk.core.history import Actor, Call, Outcome
from crosstalk.core.identifiers import last_name
from crosstalk.generator.examples.arrangement import Arrangement, busiest, changes, makers
from crosstalk.generator.examples.example_run import CALLS_OF_A_LOOK
from crosstalk.generator.rules.comparisons.existence_pair import comparable_ids, pair
from crosstalk.generator.values.refusals import usual_values
from crosstalk.oracles.existence import told_apart
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation, Parameter, Role

NAME = "refused"
# Of one object that is stored, and one comparison.
_LEAST_CALLS = 6
# Sets of values that one operation is called with, and those of the first look.
_SETS, _SETS_SOON = 5, 2
# Changes by which the victim's objects are brought into another state.
_MOST_CHANGES = 6
_FAR = 9_999_999
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DAYS = ("2999-12-31", "1999-01-01")


class RefusedPart:
    """Has the attacker make calls that are refused for their values or for an object's state."""

    name = NAME
    least = _LEAST_CALLS

    def run(self, users: Arrangement, most: int) -> None:
        """Make the pairs by each operation that changes a named object, where none was made yet.

        Args:
            users: Who act.
            most: Calls that it may take, about.
        """
        example = users.example
        begun = example.state.executor.calls_made
        wanted = [each for each in _named(users) if not example.state.choices[NAME, each[0].name]]
        if not wanted:
            return
        if not all(users.able(operation, users.victim) for operation, _ in wanted):
            users.store(users.victim, each=1)
        self._bring_on(users)
        left = [each for each in (_Asked.of(users, *one) for one in wanted) if each is not None]
        # Each operation with one set of values before any of them with another.
        for number in range(_SETS):
            for asked in left:
                values = asked.said[number]
                if values is None or asked.was_said(users, number):
                    continue
                if users.spent(begun, most):
                    return
                asked.ask(users, values)
                example.judge_soon()
        for asked in left:
            example.state.choices[NAME, asked.operation.name] += 1

    @staticmethod
    def _bring_on(users: Arrangement) -> None:
        """Have the victim change what is theirs, and store what stands inside it."""
        example = users.example
        # A call that was never served would be answered that the object is not there.
        unserved = example.state.unserved()
        making = [each for each in makers(example) if each.name not in unserved]
        others = [
            each
            for each in changes(example)
            if len(required_references(each)) == 1
            and not (removes(each) or each in making or each.name in unserved)
        ]
        for operation in (*making, *others)[:_MOST_CHANGES]:
            if not users.ended:
                users.use(operation, users.victim, tries=1)


def name_with_bad_values(users: Arrangement) -> bool:
    """Have the attacker name once more, with values that are refused, what was refused before.

    A call that an owner's check has refused is compared by that call alone with one that names
    nothing: it costs one call with each set of values.

    Returns:
        Whether anything was refused before.
    """
    example = users.example
    refused = {
        call.operation
        for call in example.history
        if call.probe is not None
        and (call.probe.kind, call.probe.part) == ("existence", "foreign")
        and call.answer.outcome is not Outcome.OK
    }
    plain = [
        each
        for each in _named(users)
        if each[0].name in refused
        and not removes(each[0])
        and len(required_references(each[0])) == 1
    ]
    left = [each for each in (_Asked.of(users, *one) for one in plain) if each is not None]
    for number in range(_SETS_SOON):
        for asked in left:
            values = asked.said[number]
            if values is None or asked.plain is None:
                continue
            if users.ended:
                return True
            asked.ask(users, values)
            example.state.choices[NAME, asked.operation.name, str(number)] += 1
            example.judge_soon(after=CALLS_OF_A_LOOK)
    example.judge_soon(after=1)
    return bool(refused)


@dataclass(slots=True)
class _Asked:
    """What is asked about one object of the victim's by one operation.

    Attributes:
        operation: Changes it.
        parameter: Names it.
        theirs: The object.
        said: Sets of values, what shows most first; None for one that there is not.
        plain: The last call that named an object that does not exist.
    """

    operation: Operation
    parameter: Parameter
    theirs: str
    said: Sequence[Mapping[str, Any] | None]
    plain: Call | None = None

    @classmethod
    def of(cls, users: Arrangement, operation: Operation, parameter: Parameter) -> _Asked | None:
        """Return what to ask by an operation; None where the victim has no such object."""
        known = comparable_ids(users.example, users.attacker, users.victim, operation, parameter)
        if not known:
            return None
        theirs, busy = busiest(users, known)
        said = _values(users, operation, theirs, busy=bool(busy))
        return cls(operation, parameter, theirs, said, _named_nothing(users, operation))

    def was_said(self, users: Arrangement, number: int) -> bool:
        """Return whether a set of values was tried before, where calls are few."""
        state = users.example.state
        return state.is_short and state.choices[NAME, self.operation.name, str(number)] > 0

    def ask(self, users: Arrangement, values: Mapping[str, Any]) -> None:
        """Make a pair of calls that differ in the object alone."""
        example = users.example
        asked = (example, users.drawer, users.attacker, users.victim, self.operation)
        joint = len(required_references(self.operation)) > 1
        foreign, missing = (
            replace(planned, arguments={**planned.arguments, **values})
            for planned in pair(*asked, self.parameter, self.theirs, joint=joint)
        )
        call = example.execute_spoilt(foreign)
        # What is answered as a call was that named nothing is refused as that was.
        alike = self.plain is not None and not told_apart(example.history, call, self.plain)
        if not (alike and example.state.is_short):
            self.plain = example.execute_spoilt(missing)


def _named_nothing(users: Arrangement, operation: Operation) -> Call | None:
    """Return the last call of an operation that named an object that does not exist, if any."""
    return next(
        (
            call
            for call in reversed(users.example.history.calls)
            if call.operation == operation.name
            and call.probe is not None
            and (call.probe.kind, call.probe.part) == ("existence", "missing")
        ),
        None,
    )


def _named(users: Arrangement) -> list[tuple[Operation, Parameter]]:
    """Return what changes an object that it must name: what removes it comes last."""
    found = [
        (operation, parameter)
        for operation, parameter in users.example.capabilities.comparable
        if not (operation.reads_only or operation.conversational or parameter.many)
        and parameter.required
    ]
    return sorted(found, key=lambda each: removes(each[0]))


def _values(
    users: Arrangement, operation: Operation, theirs: str, *, busy: bool
) -> list[dict[str, Any] | None]:
    """Return values for a call: the most that a schema admits, texts that say nothing, any where
    much was done with the object, those by which the owner was served, and the least.
    """
    valued = [each for each in operation.parameters if each.role is Role.VALUE]
    most, least = (
        {
            each.name: value
            for each in valued
            if (value := _extreme(users, operation, each, number)) is not None
        }
        for number in range(2)
    )
    texts = {e.name: "" for e in operation.parameters if e.role is Role.TEXT and e.required}
    given = _given(users, operation, users.victim, theirs) or {}
    served = {each.name: given[each.name] for each in valued if each.name in given}
    return [most or None, texts or None, {} if busy else None, served or None, least or None]


def _given(
    users: Arrangement, operation: Operation, owner: Actor, theirs: str
) -> Mapping[str, Any] | None:
    """Return the arguments of the owner's last call that was served with that object."""
    return next(
        (
            call.arguments
            for call in reversed(users.example.history.calls)
            if call.operation == operation.name
            and call.actor.user == owner.user == call.actor.claims
            and call.answer.outcome is Outcome.OK
            and theirs in map(str, call.arguments.values())
        ),
        None,
    )


def _extreme(users: Arrangement, operation: Operation, parameter: Parameter, number: int) -> Any:
    """Return the most or the least that a schema admits, which an object's own state may not.

    Args:
        users: Who act.
        operation: What is called.
        parameter: What takes it.
        number: 0 for the most, 1 for the least.
    """
    schema = parameter.schema
    kind = schema.get("type")
    if "enum" in schema or "const" in schema:
        listed = [each for each in schema.get("enum", ()) if each is not None]
        return (listed[-1] if number == 0 else listed[0]) if listed else None
    if kind in ("integer", "number"):
        bound = schema.get("maximum" if number == 0 else "minimum")
        return bound if bound is not None else (_FAR if number == 0 else -1)
    if kind != "string":
        return None
    known = users.example.state.knowledge.known(users.drawer.choice, operation, parameter)
    usual = [known, *usual_values(last_name(parameter.name))]
    form = str(schema.get("format", ""))
    if form == "date-time" or any(isinstance(each, str) and "T" in each for each in usual[:1]):
        return f"{_DAYS[number]}T12:00:00Z"
    if form == "date" or any(isinstance(each, str) and _DAY.match(each) for each in usual):
        return _DAYS[number]
    return None if form or number else "x"
