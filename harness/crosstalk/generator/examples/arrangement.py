"""Two users of one example, and the calls that each part of a plan has them make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Call, Outcome, Probe
from crosstalk.core.identifiers import last_name
from crosstalk.core.object_kinds import singular
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.readings import Reading, all_readings, stored_by
from crosstalk.generator.examples.valued_readings import valued_readings
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.generator.values.forms.words import lists_words
from crosstalk.oracles.base import is_empty
from crosstalk.surface.capabilities import (
    acts_by_word,
    first_word,
    removes,
    required_references,
)
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.opposites import EDITS

# Objects of each kind: a page of one is full, and one of them is left when one is removed.
EACH = 2
# Times that a call is made with other arguments until it is served.
_TRIES = 3
_MOST_READINGS = 60
# Where between its bounds a number lies that would be at one of them, in parts of so many.
_PARTS, _VICTIMS_PARTS, _OTHERS_PARTS = 6, 4, 3
# Lists in which what was stored is looked for.
_LISTS = 3


class Arrangement:
    """A victim and an attacker, with what is theirs.

    Args:
        example: In which they act.
        random: Makes the choices.
        victim: Whose data is at stake.
        attacker: Who acts.
    """

    def __init__(self, example: ExampleRun, random: Random, victim: Actor, attacker: Actor) -> None:
        self.example = example
        self.random = random
        self.victim = victim
        self.attacker = attacker
        self.drawer = example.drawer_by(RandomChoice(random), HonestDrawer)
        self._removed: set[str] = set()

    @property
    def ended(self) -> bool:
        """Return whether no more calls belong to the example."""
        return self.example.over or self.example.state.stopped()

    def spent(self, begun: int, most: int) -> bool:
        """Return whether a part has made its calls, or no more belong to the example.

        Args:
            begun: Calls that were made when the part began.
            most: Calls that it may take, about.
        """
        return self.ended or self.example.state.executor.calls_made - begun >= most

    def own(
        self, operation: Operation, actor: Actor, probe: Probe | None = None, *, refused: int = 0
    ) -> PlannedCall:
        """Return a call whose references are the caller's own.

        Of several objects it names the newest: an older one may be gone by now. What removes takes
        the oldest, so that what was stored last, and what stands inside it, is still there. Each
        time that this was refused the next one is named: one that is closed takes nothing more.

        Args:
            operation: What is called.
            actor: Who calls.
            probe: What the call is part of.
            refused: How often such a call was refused just before.
        """
        named = required_references(operation)
        naming, target = None, ""
        if len(named) == 1 and not named[0].many:
            naming = named[0]
            known = self.example.pool.references(actor.name, naming, operation.name, guess=False)
            left = [each for each in known if each not in self._removed]
            usable = left or known or [""]
            in_turn = usable if removes(operation) else usable[::-1]
            target = in_turn[refused % len(in_turn)]
        arguments = self.drawer.arguments(
            operation,
            actor,
            references=(actor.name,),
            hostile=False,
            target=target,
            naming=naming if target else None,
        )
        words = self._words(operation, actor, arguments)
        # The victim is above the other, until that one gives the largest.
        parts = _VICTIMS_PARTS if actor == self.victim else _OTHERS_PARTS
        given = {**between_bounds(operation, arguments, parts), **words}
        return PlannedCall(actor, operation.name, given, probe)

    def _words(
        self, operation: Operation, actor: Actor, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the words of optional lists by which other calls name what has them: tags."""
        capabilities = self.example.capabilities
        by_word = {
            last_name(one.name)
            for each in capabilities.protected
            if acts_by_word(each)
            for one in required_references(each)
        }
        names = capabilities.reference_fields | by_word
        return {
            each.name: self.drawer.own_value(operation, each, actor)
            for each in operation.parameters
            if not (each.required or given.get(each.name) or operation.reads_only)
            and lists_words(each)
            and singular(last_name(each.name)) in names
        }

    def use(
        self, operation: Operation, actor: Actor, probe: Probe | None = None, tries: int = _TRIES
    ) -> Call | None:
        """Have a user make a call with what is theirs; return it where it was served.

        A search that finds nothing was not served.
        """
        if not self.able(operation, actor) or self.example.state.in_vain(operation):
            return None
        before: Mapping[str, Any] | None = None
        for refused in range(tries):
            if self.ended:
                return None
            planned = self.own(operation, actor, probe, refused=refused)
            if planned.arguments == before:
                # The same call is answered the same; of several inner objects another may be drawn.
                continue
            before = planned.arguments
            call = self.example.execute(planned)
            if call.answer.outcome is Outcome.OK:
                if operation.parameter(Role.QUERY) is not None and is_empty(call.answer.body):
                    # Another word may find something.
                    continue
                if removes(operation):
                    named = required_references(operation)
                    self._removed |= {str(call.arguments.get(each.name)) for each in named}
                return call
            if call.answer.outcome is Outcome.LIMITED:
                return None
        return None

    def left_to(self, operation: Operation, actor: Actor) -> bool:
        """Return whether an operation that removes one object can remove another of the user's."""
        named = required_references(operation)
        if len(named) != 1 or not removes(operation):
            return False
        known = self.example.pool.references(actor.name, named[0], operation.name, guess=False)
        return not self._removed.issuperset(known)

    def able(self, operation: Operation, actor: Actor, *, listed: bool = True) -> bool:
        """Return whether a user has an object for everything that the operation must name, or a
        catalogue has an entry: a class to book is no user's own.

        Args:
            operation: To be called.
            actor: By whom.
            listed: Whether entries of a catalogue do: what is booked once may be refused again.
        """
        return all(
            self.example.pool.references(actor.name, each, operation.name, guess=False)
            or (listed and self.example.state.knowledge.lists(operation, each))
            for each in required_references(operation)
        )

    def store(self, actor: Actor, *, each: int = EACH, removing: bool = False) -> None:
        """Have a user store objects of each kind, then what stands inside others.

        Args:
            actor: The user.
            each: Objects of each kind.
            removing: Whether one of them is removed again, so that a list of what was removed,
                if there is one, has something to show.
        """
        capabilities = self.example.capabilities
        for operation in capabilities.creators:
            for _ in range(each):
                self.use(operation, actor)
        self._look(actor)
        for operation in changes(self.example) if removing else ():
            if removes(operation) and len(required_references(operation)) == 1:
                self.use(operation, actor, tries=1)
        for operation in capabilities.chats:
            self.use(operation, actor, tries=1)
        for operation in makers(self.example):
            self.use(operation, actor)
        for operation in valued_changes(self.example):
            # What shows a weight has none until the pet is weighed.
            self.use(operation, actor, tries=1)

    def _look(self, actor: Actor) -> None:
        """Have a user read lists where what was stored is not known by what its creation answered.

        "Saved as blue-1a2b3c" tells no program which of these words is the id.
        """
        wanted = [*makers(self.example), *changes(self.example)]
        for operation in self.example.state.observations[:_LISTS]:
            if self.ended or all(self.able(each, actor) for each in wanted):
                return
            if not operation.descriptive:
                self.example.execute(self.example.reading(operation, actor))

    def readings(self, actor: Actor, *, switches: bool = True) -> list[Reading]:
        """Return what shows a user everything that is theirs, in an order that is drawn."""
        found = all_readings(self.example, actor, switches=switches)
        found += valued_readings(self.example, self.drawer, actor)
        self.random.shuffle(found)
        return found[:_MOST_READINGS]


def between_bounds(
    operation: Operation, arguments: Mapping[str, Any], parts: int = _OTHERS_PARTS
) -> dict[str, Any]:
    """Return arguments with numbers between their bounds where they are none, or the largest.

    A place in a row and a best of all show others beside it alone: none is above the largest, and
    an effort of none is below all.

    Args:
        operation: That takes them.
        arguments: Of an honest call; of one that stores nothing they stay as they are.
        parts: So many parts of six of the way between the bounds.
    """
    found = dict(arguments)
    for each in operation.parameters if not operation.reads_only else ():
        value, low = found.get(each.name), each.schema.get("minimum", 0)
        high = each.schema.get("maximum")
        plain = each.role is Role.VALUE and type(value) in (int, float)
        if not plain or "enum" in each.schema or value not in (high, 0):
            continue
        if isinstance(low, int | float) and isinstance(high, int | float) and high - low > 1:
            step = each.schema.get("multipleOf", 1)
            middle = low + parts * (high - low) // (_PARTS * step) * step
            found[each.name] = type(high)(middle) if type(value) is int else middle
    return found


def busiest(users: Arrangement, known: Sequence[str]) -> tuple[str, int]:
    """Return the object with which the victim has done most, the newest of several, and how much.

    Args:
        users: Who act.
        known: Objects of the victim's.
    """
    busy: Counter[str] = Counter()
    for call in stored_by(users.example, users.victim):
        busy.update(str(each) for each in call.arguments.values() if str(each) in known)
    most = max(reversed(known), key=busy.__getitem__)
    return most, busy[most]


def makers(example: ExampleRun) -> list[Operation]:
    """Return what stores something inside an object, that which names the fewest first.

    A change of an object names it and takes values as well: REST tells the two apart by the method,
    and by whether its caller chooses the name that stands in the address. What acts on all that has
    a word stores nothing, and what it has closed takes nothing any more.
    """
    found = [
        each
        for each in example.capabilities.protected
        if required_references(each)
        and not (each.reads_only or each.conversational or removes(each))
        and any(one.role in (Role.TEXT, Role.VALUE) for one in each.parameters)
        and (
            not each.name.partition(":")[2].startswith(("PATCH ", "PUT "))
            or any(map(each.chooses, each.parameters))
        )
    ]
    return sorted(found, key=lambda each: (acts_by_word(each), len(required_references(each))))


def stores_anew(operation: Operation) -> bool:
    """Return whether an operation that stores something changes nothing by its own words."""
    return first_word(operation.name) not in EDITS


def changes(example: ExampleRun) -> list[Operation]:
    """Return what else changes something of a user's own: without an object named first, then what
    names one, and what removes last.
    """
    storing = {each.name for each in (*example.capabilities.creators, *makers(example))}
    capabilities = example.capabilities
    found = {
        each.name: each
        for each in (*capabilities.bulk_mutations, *capabilities.mutates_by_id)
        if not each.reads_only and not each.conversational and each.name not in storing
    }
    return sorted(found.values(), key=lambda each: (bool(required_references(each)), removes(each)))


def valued_changes(example: ExampleRun) -> list[Operation]:
    """Return the changes of one object that take a value or a text, none that removes it."""
    return [
        each
        for each in changes(example)
        if len(required_references(each)) == 1
        and not removes(each)
        and any(one.role in (Role.TEXT, Role.VALUE) for one in each.parameters)
    ]
