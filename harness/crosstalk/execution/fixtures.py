"""Fixture of an example: an empty system, new subjects, and values that every user may see."""

from __future__ import annotations

import secrets
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crosstalk.core.errors import HarnessError
from crosstalk.core.history import Actor, Answer, Call, History, Outcome, Probe
from crosstalk.core.identifiers import identifiers_of, is_marker, marker, markers_in_capitals
from crosstalk.core.neighbours import UNLIKE, alike
from crosstalk.core.owned_objects import OwnedObject
from crosstalk.core.principals import ANONYMOUS
from crosstalk.core.verdict import Inconclusive, InconclusiveKind
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.execution.existing_objects import existing_objects
from crosstalk.execution.page_sizes import fit_page_sizes
from crosstalk.execution.stopping import stopping_the_run
from crosstalk.oracles.numbers.given import codes_in_answer, numbers_given
from crosstalk.surface.capabilities import creators_among, observation_arguments
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.patterns import admits
from crosstalk.targets.base import Target

# Key of the probe of a newcomer's readings; those of examples count from 1.
NEWCOMERS = 0
# A word for a search by any user.
_WORD = "a"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Result of reading the empty system.

    Attributes:
        history: The calls made. The newcomer's have a probe (`NEWCOMERS`) by which later readings
            in the same history are compared with them.
        newcomer: Who read.
        observations: Readings that stay the same when no user acts.
        unsteady: Readings that do not, each with the reason.
    """

    history: History
    newcomer: Actor
    observations: Sequence[Operation]
    unsteady: Sequence[Inconclusive]


class Fixture:
    """Prepares the system for each example and each replay.

    Args:
        target: The system under test.
        executor: Makes the calls.

    Attributes:
        calls_each: Calls that the latest fresh history took.
        form: What the users' subjects have in common, of `core.neighbours`; empty for nothing.
            Replays have that of the example that they repeat.
    """

    def __init__(self, target: Target, executor: Executor) -> None:
        self._target = target
        self._executor = executor
        self._public_values = target.public_values
        self._latest: History | None = None
        if target.persistent:
            executor.since_last_time()
        # Where users are made up and can store something, nothing is theirs before an example.
        created = bool(creators_among(list(executor.operations.values())))
        self._has_objects = target.persistent or target.prepare is not None or not created
        self._owned: tuple[OwnedObject, ...] | None = None
        self._shared: frozenset[str] = frozenset()
        self._supplied: defaultdict[str, set[str]] = defaultdict(set)
        # Markers that users have sent in any call, to read by them as well.
        self._said: defaultdict[str, set[str]] = defaultdict(set)
        # A list that users are refused whose names the system does not take, and the forms of
        # which it is known that it takes them.
        self._telling: Operation | None = None
        self._taken_forms = {UNLIKE}
        self.calls_each = 0
        self.form = ""
        self._forms = deque(target.neighbours)
        # Forms of which users could sign up, and one was refused what served another.
        self._refused_forms: list[str] = []

    def next_example(self) -> History:
        """Return a history for a new example, whose users' names are alike in the next way."""
        if self._forms:
            self.form = self._forms[0]
            self._forms.rotate(-1)
        return self.fresh_history()

    def leave_out_form(self, *, refused: bool = False) -> None:
        """Give no further example users whose names are alike in the way of the latest one.

        Args:
            refused: Whether the system has such users, and refused one what served another.
        """
        if self.form != UNLIKE and self.form in self._forms:
            self._forms.remove(self.form)
            self._refused_forms += [self.form] if refused else []
        self._forms = self._forms or deque([UNLIKE])

    def forms_to_try(self) -> int:
        """Return how many of the next examples have each form once, the refused ones among them.

        Who is refused what is asked for by name may be shown another's where nothing is named.
        """
        self._forms.extendleft(self._refused_forms)
        self._refused_forms = []
        return len(self._forms)

    def fresh_history(self) -> History:
        """Reset the system where that is possible; return a history with new subjects."""
        before = self._executor.calls_in_all
        try:
            return self._fresh_history()
        finally:
            self.calls_each = self._executor.calls_in_all - before

    def _fresh_history(self) -> History:
        if self._target.reset is not None:
            with stopping_the_run():
                self._target.reset()
        if self._target.persistent:
            self._forget_owners()
        nonce = secrets.token_hex(4)
        principals = self._target.principals
        naming = self._target.subjects
        names = [
            each.name for each in (*principals.members, principals.bystander) if each is not None
        ]
        subjects = naming(nonce) if naming else {name: f"{name}-{nonce}" for name in names}
        if principals.bystander is not None:
            self._store_as_bystander(principals.bystander, subjects[principals.bystander.name])
        before = {each.name: subjects[each.name] for each in principals.members}
        subjects = alike(self.form, before)
        if self._target.renamed is not None and subjects != before:
            formed = self._formed(subjects)
            if formed:
                self._target.renamed(before, subjects)
            if not (formed and self._admitted(subjects) and self._taken(subjects)):
                # Rules for names are the system's own: the example goes on with names unlike.
                self.leave_out_form()
                self.form, subjects = UNLIKE, before
        if self._target.enrolled is not None:
            with stopping_the_run():
                self._target.enrolled(subjects)
        owned = self._existing(subjects)
        self._latest = History(
            subjects=subjects,
            public_values=self._public(),
            public_operations=frozenset(
                name for name, each in self._executor.operations.items() if each.public
            ),
            allowed_flows=self._target.allowed_flows,
            accepted=self._target.accepted,
            unproven_identity=self._target.unproven_identity,
            owned=owned,
            supplied={user: frozenset(values) for user, values in self._supplied.items()},
            said={user: frozenset(values) for user, values in self._said.items()},
            policy=self._target.policy,
            new_users=principals.bystander is not None,
        )
        return self._latest

    def _forget_owners(self) -> None:
        """Let what is stored by now be known to all: only new values can be attributed.

        It is what examples, replays and phases have made, in whatever order. A marker says itself
        whose it was.
        """
        calls = self._executor.since_last_time()
        stored = {value for call in calls for value in call.sent | call.received}
        self._public_values |= {value for value in stored if not is_marker(value)}
        self._public_values |= numbers_given(calls)
        # A name may be that of an object of each user, and its object may be an earlier example's.
        self._public_values |= {code for call in calls for code in codes_in_answer(call)}
        self._keep_supplied(calls)

    def _keep_supplied(self, calls: Sequence[Call]) -> None:
        """Keep what users stored: a later example is shown it again, and has not seen it sent."""
        for call in calls:
            if call.actor.user is None:
                continue
            # An address that is sent in capitals is kept in small letters.
            sent = call.sent | markers_in_capitals(call.arguments)
            self._said[call.actor.user] |= set(filter(is_marker, sent))
            reads = self._executor.operations[call.operation].reads_only
            if not reads and call.answer.outcome is Outcome.OK:
                self._supplied[call.actor.user] |= sent

    def _formed(self, subjects: Mapping[str, str]) -> bool:
        """Return whether the arguments that say who calls admit these names."""
        return all(
            admits(parameter.schema, each)
            for operation in self._executor.operations.values()
            for parameter in operation.parameters
            if parameter.role is Role.IDENTITY
            for each in subjects.values()
        )

    def _admitted(self, subjects: Mapping[str, str]) -> bool:
        """Return whether users of such names can have their credentials, e.g. by signing up."""
        surfaces = {each.surface for each in self._executor.operations.values()}
        try:
            for member in self._target.principals.members:
                for surface in surfaces:
                    self._target.credentials.present(member, subjects[member.name], surface)
        except HarnessError:
            return False
        return True

    def _taken(self, subjects: Mapping[str, str]) -> bool:
        """Return whether users of such names are served, where one list tells it at once.

        A whole example of users who are refused whatever they do would show nothing.
        """
        if self.form in self._taken_forms or self._telling is None:
            return True
        history = History(subjects)
        for member in self._target.principals.members:
            asked = observation_arguments(self._telling, history, member)
            call = self._executor.execute(history, member, self._telling.name, asked)
            if call.answer.outcome is Outcome.REFUSED:
                return False
        self._taken_forms.add(self.form)
        return True

    def _existing(self, subjects: Mapping[str, str]) -> tuple[OwnedObject, ...]:
        """Return the objects that exist already, found once where nothing is made or reset."""
        if not self._has_objects:
            return ()
        if self._owned is not None and self._target.persistent:
            return self._owned
        declared: Sequence[OwnedObject] = ()
        if self._target.prepare is not None:
            with stopping_the_run():
                declared = self._target.prepare(subjects)
        members = self._target.principals.members
        found, self._shared = existing_objects(self._executor, History(subjects), members, declared)
        if not found and self._target.prepare is None:
            # There is nothing to be looked for again.
            self._has_objects = False
        self._owned = found
        return found

    def _store_as_bystander(self, bystander: Actor, subject: str) -> None:
        """Have a bystander store something by every protocol.

        Services keep state between runs. A write brings what is cached until the next write to
        the same point each time, so that a replay does not depend on the calls before it.
        """
        scrap = History({bystander.name: subject})
        planned = []
        for operation in creators_among(list(self._executor.operations.values())):
            arguments = {
                each.name: subject if each.role is Role.IDENTITY else marker(bystander.name, 0)
                for each in operation.parameters
                if each.role is Role.IDENTITY
                or (each.required and each.role in (Role.TEXT, Role.NAME))
            }
            planned.append(PlannedCall(bystander, operation.name, arguments))
        self._executor.execute_all(scrap, planned)

    @property
    def objects(self) -> int:
        """Return the number of objects that existed already, with a known owner."""
        return len(self._owned or ())

    def calibrate(self) -> Calibration:
        """Learn what every user may see, and which readings stay the same when no user acts."""
        newcomer = self._target.principals.members[-1]
        history = self._with_page_sizes(self.fresh_history(), newcomer)
        readings: dict[str, list[Answer]] = {}
        for operation in self._executor.operations.values():
            if operation.effect_only:
                continue
            shown = readings.setdefault(operation.name, [])
            if operation.public:
                shown.append(self._first_reading(history, operation, ANONYMOUS))
            # A stranger may be refused where it says what every user may see.
            refused = not shown or shown[0].outcome is not Outcome.OK
            if operation.descriptive and not operation.unannounced and refused:
                shown.append(self._first_reading(history, operation, newcomer))
            if not operation.lists or operation.public:
                continue
            shown.append(self._first_reading(history, operation, newcomer))
            # Only what stays the same can be compared later; an empty list has no value to change.
            if _has_value(shown[-1].body) and not operation.pushes:
                shown.append(self._first_reading(history, operation, newcomer))
        self._read_as_user(history, newcomer, readings)
        mine = set(history.subjects.values())
        self._public_values = self._target.public_values | frozenset(
            value
            for call in history
            for value in call.received | identifiers_of(dict(call.answer.headers))
            if value not in mine
        )
        # What is numbered and listed to a newcomer was there before: a catalogue for everybody.
        self._public_values |= numbers_given(history)
        self._public_values -= known_values(self._owned or ())
        stable: list[Operation] = []
        unstable: list[Inconclusive] = []
        for operation in self._executor.operations.values():
            if not operation.lists or operation.pushes or operation.public or operation.effect_only:
                continue
            first, second = readings[operation.name][0], readings[operation.name][-1]
            same = first.body == second.body
            (stable if same else []).append(operation)
            if not same:
                unstable.append(
                    Inconclusive(
                        InconclusiveKind.UNSTEADY, operation.name, "two readings in a row differ"
                    )
                )
        served = [
            each
            for each in stable
            if not each.shown_to_all and readings[each.name][0].outcome is Outcome.OK
        ]
        # Where users sign up first, a name that is not taken is refused there.
        if self._target.enrolled is None and served:
            self._telling = served[0]
        return Calibration(history, newcomer, stable, unstable)

    def _first_reading(self, history: History, operation: Operation, actor: Actor) -> Answer:
        """Read before any user has stored something; what a newcomer reads is compared later."""
        return self._executor.execute(
            history,
            actor,
            operation.name,
            observation_arguments(operation, history, actor),
            None if actor == ANONYMOUS else before_all(actor),
        ).answer

    def going_on(self, calibration: Calibration) -> History | None:
        """Return the history of the calibration, to be gone on with; None once another began.

        What the calibration has shown is public from then on.
        """
        if self._latest is not calibration.history:
            return None
        self._latest = replace(calibration.history, public_values=self._public())
        return self._latest

    def _public(self) -> frozenset[str]:
        """Return the values that every user may see: none of an object that has an owner."""
        return (self._public_values - known_values(self._owned or ())) | self._shared

    def _with_page_sizes(self, history: History, newcomer: Actor) -> History:
        """Return a history in whose lists pages are of a size that the system serves."""

        def read(operation: Operation) -> Answer:
            asked = observation_arguments(operation, history, newcomer)
            return self._executor.execute(history, newcomer, operation.name, asked).answer

        fitted = fit_page_sizes(self._executor.operations, read)
        if not (fitted and self._has_objects):
            return history
        # What is listed there was not seen yet.
        self._owned = None
        return self.fresh_history()

    def _read_as_user(
        self, history: History, user: Actor, readings: Mapping[str, Sequence[Answer]]
    ) -> None:
        """Read as a user what every user may see, where a stranger was refused or lacks a value."""
        for operation in self._executor.operations.values():
            if not (operation.public and operation.reads_only) or operation.pushes:
                continue
            needed = [
                each
                for each in operation.parameters
                if each.required and each.role is not Role.IDENTITY
            ]
            values = {each.name: _usual(each) for each in needed}
            shown = any(each.outcome is Outcome.OK for each in readings.get(operation.name, ()))
            if shown or None in values.values():
                continue
            arguments = {**observation_arguments(operation, history, user), **values}
            self._executor.execute(history, user, operation.name, arguments, before_all(user))


def _usual(parameter: Parameter) -> Any:
    """Return a value that a schema gives, or a word where any will do; None where none is known."""
    schema = parameter.schema
    listed = [*(schema.get("enum") or ()), *(schema.get("examples") or ())]
    if listed or "default" in schema:
        return listed[0] if listed else schema["default"]
    plain = schema.get("type") == "string" and not {"format", "pattern"} & set(schema)
    return _WORD if plain and parameter.role in (Role.QUERY, Role.TEXT, Role.VALUE) else None


def _has_value(body: Any) -> bool:
    """Return whether an answer holds a text, or a number but zero, that another may not hold."""
    if isinstance(body, Mapping):
        return any(map(_has_value, body.values()))
    if isinstance(body, list | tuple):
        return any(map(_has_value, body))
    return bool(body) and body is not True


def before_all(newcomer: Actor) -> Probe:
    """Return the probe of a newcomer's readings: one without it would end their comparison."""
    return Probe("ownership", NEWCOMERS, "before", newcomer.name)


def known_values(owned: Sequence[OwnedObject]) -> set[str]:
    """Return the values of objects that are their owners', and no public ones."""
    return {
        value
        for each in owned
        for text in (each.id, *(text for _, text in each.details))
        for value in (*identifiers_of(text), f"{each.kind} {each.id}")
    }
