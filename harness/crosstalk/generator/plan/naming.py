"""Naming of another user's objects in the first look: who names which, and what is kept for later.

Before an object is named for the first time, one of its form that does not exist is. What other
operations are compared with is named later, when the changes have been seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Literal

from crosstalk.core.history import Actor, Call, Outcome, Probe
from crosstalk.core.identifiers import map_markers, map_strings, mark_of
from crosstalk.core.object_kinds import thing_of
from crosstalk.core.verdict import surface_of
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.example_run import CALLS_OF_A_LOOK, ExampleRun
from crosstalk.generator.examples.honest_calls import read_again
from crosstalk.generator.examples.provision import undoes
from crosstalk.generator.examples.readings import Reading, detail, details_of, holding
from crosstalk.generator.examples.shown_through import read_through
from crosstalk.generator.examples.tenants import colleagues, is_kept_from
from crosstalk.generator.rules.comparisons.existence_pair import (
    comparable_ids,
    pair,
    unknown_like,
)
from crosstalk.generator.survey.reach import Form, Reach, own_objects
from crosstalk.generator.values.forms.spellings import forms_for, is_path, says_victim, spelled
from crosstalk.oracles.existence import told_apart
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.nesting import further, takes_several
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.opposites import is_step

# Readings of what the owner has changed, of one object and of all.
_WAYS, _MOST_READ = 2, 4
# Readings at once after a change of another's that was served, each time, and all of them.
_AT_ONCE, _MOST_AT_ONCE = 2, 8


class Naming:
    """Has users name what is one victim's.

    Args:
        random: Makes the choices.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._changes: list[PlannedCall] = []
        self._removals = 0
        # Users with the objects that they have named, and with what they have reached for.
        self._named: set[tuple[str, str]] = set()
        self._reached: set[tuple[str, tuple[str, ...]]] = set()
        self._missing: list[PlannedCall] = []
        # Calls that have named what does not exist.
        self._refused: list[Call] = []
        # What a victim reads again when a change is served, the key of its probe, and how often.
        self._readings: Sequence[Reading] = ()
        self._key = 0
        self._read_again = 0

    def read_at_once(self, readings: Sequence[Reading], key: int) -> None:
        """Have the victim read again as soon as another user is served a change to their objects.

        Args:
            readings: What the victim has read before the changes, of single objects first.
            key: Of the probe that these readings had.
        """
        self._readings, self._key = readings, key

    def the_victims(self, users: Arrangement, which: Callable[[Operation], bool]) -> None:
        """Have the attacker name the victim's objects by each of these operations."""
        example = users.example
        for operation, parameter in example.capabilities.comparable:
            if operation.conversational or parameter.many or not which(operation):
                continue
            if users.ended:
                return
            self.one(users, operation, parameter)
            example.judge_soon(after=CALLS_OF_A_LOOK)

    def behind_own(self, users: Arrangement, acting: Probe) -> None:
        """Have the attacker name an own object and one of the victim's in one list: a check may
        stop at the first.
        """
        example, victim, attacker = users.example, users.victim, users.attacker
        several = [each for each in example.capabilities.comparable if takes_several(each[1])]
        for operation, parameter in sorted(several, key=lambda each: removes(each[0])):
            if users.ended:
                return
            known = comparable_ids(example, attacker, victim, operation, parameter)
            mine = own_objects(users, Reach(operation, parameter, Form.BEHIND))
            alone = len(required_references(operation)) == 1 and not parameter.many
            if not known or not (mine if alone else users.able(operation, attacker)):
                continue
            given = users.drawer.arguments(
                operation,
                attacker,
                references=("own", victim.name),
                hostile=False,
                target=known[-1],
                naming=parameter,
            )
            if not parameter.many:
                # One of a list: the next one stands in an argument of its own.
                given |= {parameter.name: mine[-1], further(parameter.name): known[-1]}
            example.execute_spoilt(PlannedCall(attacker, operation.name, given, acting))
            example.judge_soon(after=CALLS_OF_A_LOOK)

    def a_colleagues(self, users: Arrangement) -> None:
        """Have users of the victim's tenant name what is the victim's alone within it."""
        example = users.example
        for each in colleagues(users.victim, example.members, example.history.policy):
            self._alone(Arrangement(example, self._random, users.victim, each))

    def _alone(self, users: Arrangement) -> None:
        """Have the attacker name what the policy keeps them from; what removes it comes last."""

        def kept(operation: Operation) -> bool:
            return is_kept_from(users.victim, users.attacker, operation, users.example.history)

        self.the_victims(users, lambda each: kept(each) and not removes(each))
        self.the_victims(users, lambda each: kept(each) and removes(each))

    def one(self, users: Arrangement, operation: Operation, parameter: Parameter) -> None:
        """Have the attacker name one object of the victim's by one operation, once."""
        example, victim, attacker = users.example, users.victim, users.attacker
        reach = Reach(operation, parameter, Form.PLAIN)
        known = comparable_ids(example, attacker, victim, operation, parameter)
        if not known or (attacker.name, reach.key) in self._reached:
            return
        if len(required_references(operation)) > 1:
            # What else it names has to be made first: the sweep does that.
            return
        sure = example.pool.references(victim.name, parameter, operation.name, guess=False)
        # What may be of another kind is asked for again, once there is something of this one.
        if any(each in sure for each in known):
            example.state.choices[reach.key] += 1
            self._reached.add((attacker.name, reach.key))
        # Each that removes gets another object, so that its owner can remove it afterwards.
        named = known[-1 - self._removals % len(known)] if removes(operation) else known[-1]
        if operation.reads_only and not parameter.required:
            # A list that is narrowed to an object shows what stands inside it.
            named = holding(example, victim, operation, known) or named
        self._removals += removes(operation)
        asked = (example, users.drawer, attacker, victim, operation, parameter, named)
        foreign, missing = pair(*asked, joint=False)
        known_by_now = (attacker.name, named) in self._named
        if not known_by_now:
            # What a refusal lists of others' is theirs only while the caller has not named it.
            self._refused.append(example.execute_spoilt(missing))
        self._named.add((attacker.name, named))
        call = example.execute_spoilt(foreign)
        if known_by_now and self._is_unusual(users, call):
            self._refused.append(example.execute_spoilt(missing))
        elif known_by_now:
            self._missing.append(missing)
        read_through(example, call)
        self._in_other_case(users, parameter, call)
        self._from_their_folder(users, parameter, call)
        if not operation.reads_only:
            identity = example.with_identity(operation, victim)
            mine = {**_in_words_of(users.victim, attacker, foreign.arguments, example), **identity}
            self._changes.append(PlannedCall(victim, operation.name, mine))
            self._see_at_once(users, call)

    def _see_at_once(self, users: Arrangement, changed: Call) -> None:
        """Have the victim read what a change of the attacker's names, where it was served.

        All is read again after the last one: it is worth its calls only where one finding is
        enough, and ends the campaign.
        """
        example = users.example
        served = changed.answer.outcome is Outcome.OK
        if not (served and example.state.one_is_enough) or users.ended:
            return
        named = set(map(str, changed.arguments.values()))
        kind = thing_of(changed.operation)
        # What shows the object itself, then what lists its kind.
        near = [each for each in self._readings if named & set(_named_by(each))] + [
            each
            for each in self._readings
            if thing_of(each[0].name) == kind and not required_references(each[0])
        ]
        some = near[: min(_AT_ONCE, _MOST_AT_ONCE - self._read_again)]
        self._read_again += len(some)
        if some:
            read_again(example, some, users.victim, self._key)
            example.judge_soon(after=1)

    def _is_unusual(self, users: Arrangement, call: Call) -> bool:
        """Return whether another's object is refused as nothing was that does not exist.

        Then it is compared at once; most are refused as all others are, and wait.
        """
        if call.answer.outcome is Outcome.OK:
            return False
        history = users.example.history
        return all(
            any(not part.startswith("headers") for part in told_apart(history, call, each))
            for each in self._refused
            if surface_of(each.operation) == surface_of(call.operation)
        )

    @staticmethod
    def _in_other_case(users: Arrangement, parameter: Parameter, refused: Call) -> None:
        """Name the object in the other case where it was refused, by a name that users chose.

        A check of the name as it is written lets through what is looked up in one case.
        """
        named = refused.arguments.get(parameter.name)
        if parameter.role is not Role.NAME or not isinstance(named, str) or users.ended:
            return
        if refused.answer.outcome is Outcome.OK or named.swapcase() == named:
            return
        said = {**refused.arguments, parameter.name: named.swapcase()}
        users.example.execute_spoilt(PlannedCall(refused.actor, refused.operation, said))

    @staticmethod
    def _from_their_folder(users: Arrangement, parameter: Parameter, refused: Call) -> None:
        """Read a path behind the victim's name where it was refused.

        What is joined to the folder of whoever calls leads out of it.
        """
        example, operation = users.example, refused.operation
        reads = example.state.executor.operations[operation].reads_only
        named = refused.arguments.get(parameter.name)
        if not (reads and is_path(parameter.name) and isinstance(named, str)) or users.ended:
            return
        if refused.answer.outcome is Outcome.OK:
            return
        form, *_ = filter(says_victim, forms_for(parameter.schema)) or [""]
        path = spelled(form, named, "", example.history.subjects[users.victim.name])
        said = {**refused.arguments, parameter.name: path}
        example.execute_spoilt(PlannedCall(refused.actor, operation, said))

    def what_is_missing(self, users: Arrangement) -> None:
        """Have the attacker name objects that do not exist, as the victim's were named."""
        missing, self._missing = self._missing, []
        users.example.execute_all_spoilt(missing)
        users.example.judge_soon(after=1)

    def serve_the_owner(self, users: Arrangement) -> None:
        """Have the victim make the changes that the attacker tried: then they were possible.

        What an object has become by them, e.g. archived, the attacker reads: it may be looked for
        elsewhere now, and there by its id alone.
        """
        operations = users.example.state.executor.operations
        changed: dict[str, list[Operation]] = {}
        gone = False
        for planned in self._changes:
            if users.ended:
                return
            operation = operations[planned.operation]
            first_removal = removes(operation) and not gone
            if first_removal or (changed and undoes(users.example.state, operation)):
                # What was archived is looked for before it is taken back, or gone.
                gone = gone or first_removal
                self._read_what_became(users, changed)
                changed = {}
            named = [str(planned.arguments.get(e.name)) for e in required_references(operation)]
            readings = _reading(users, named[0]) if len(named) == 1 else []
            served = users.example.execute(planned).answer.outcome is Outcome.OK
            if served and readings and (removes(operation) or _is_plain_step(operation)):
                changed[named[0]] = readings
        self._read_what_became(users, changed)

    def _read_what_became(
        self, users: Arrangement, changed: Mapping[str, Sequence[Operation]]
    ) -> None:
        """Have the attacker read objects of the victim's, the last that were changed first.

        What is refused in other words than anything was, e.g. that it is in the bin, is compared
        with what does not exist.
        """
        example, attacker = users.example, users.attacker
        asked = [
            (detail(example, each, attacker, named), each)
            for named, readings in reversed([*changed.items()])
            for each in readings[:_WAYS]
        ][:_MOST_READ]
        if users.ended:
            return
        calls = example.execute_all_spoilt([planned for planned, _ in asked])
        unusual = next((n for n, call in enumerate(calls) if self._is_unusual(users, call)), None)
        example.judge_soon(after=1)
        if unusual is None or users.ended:
            return
        (planned, operation) = asked[unusual]
        (parameter,) = required_references(operation)
        named = str(planned.arguments[parameter.name])
        unknown = unknown_like(named, users.drawer.choice.uuid(), parameter)
        key = example.next_probe()
        halves: tuple[tuple[Literal["foreign", "missing"], str], ...] = (
            ("foreign", named),
            ("missing", unknown),
        )
        for part, value in halves:
            probe = Probe("existence", key, part, users.victim.name)
            said = {**planned.arguments, parameter.name: value}
            example.execute_spoilt(PlannedCall(attacker, operation.name, said, probe))
        example.judge_soon(after=1)


def _in_words_of(
    owner: Actor, other: Actor, said: Mapping[str, Any], example: ExampleRun
) -> dict[str, Any]:
    """Return another user's arguments in words of the owner's: an object in which the other's own
    words stand shows that user nothing of its owner's.
    """
    words: dict[str, str] = {}

    def owners(word: str) -> str:
        if not word.startswith(mark_of(other.name)):
            return word
        return words.setdefault(word, example.state.plant(owner.name))

    found: dict[str, Any] = map_strings(said, lambda text: map_markers(text, owners))
    return found


def _is_plain_step(operation: Operation) -> bool:
    """Return whether a change says no more than what it is: to archive, to close."""
    told = (Role.TEXT, Role.VALUE)
    return is_step(operation) and not any(
        each.required and each.role in told for each in operation.parameters
    )


def _named_by(reading: Reading) -> list[str]:
    """Return the values by which a reading names its objects."""
    operation, asked = reading
    return [str(asked.get(each.name)) for each in required_references(operation)]


def _reading(users: Arrangement, known: str) -> list[Operation]:
    """Return what shows one object of the victim's alone."""
    found = details_of(users.example, users.victim, known)
    return [each for each in found if not required_references(each)[0].many]
