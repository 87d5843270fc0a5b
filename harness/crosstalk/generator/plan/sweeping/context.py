"""Users of one pass of the sweep, and the calls that its steps have them make."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Answer, Call, Outcome, Probe
from crosstalk.core.identifiers import identifiers_of, is_marker, is_uuid
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.provision import Provision
from crosstalk.generator.examples.readings import Reading, holding
from crosstalk.generator.examples.tenants import kept_from
from crosstalk.generator.examples.valued_readings import under_stored_values
from crosstalk.generator.plan.lacking import Lacking
from crosstalk.generator.rules.comparisons.existence_pair import (
    comparable_ids,
    not_used_up,
)
from crosstalk.generator.shares.sharing_served import by_sharing_alone
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.oracles.base import is_empty
from crosstalk.oracles.service import NOTHING_TO_SHOW
from crosstalk.surface.capabilities import (
    Capabilities,
    needs_values,
    observation_arguments,
    removes,
    required_references,
)
from crosstalk.surface.operation import Operation, Parameter, Role

# Calls by which the sweep gives each oracle its opportunity at one operation, and phases theirs.
CALLS_AN_OPERATION = 6.5
# Times that a call is made with other arguments until it is served.
TRIES = 3
# Times that its arguments are drawn until they are others.
_DRAWS = 4
# Readings of that kind around one attack.
_MOST_ASKED = 3
# Readings around one change.
_MOST_SHOWING = 2
# Under which it is counted what another user was made to ask in the owner's words.
_ASKED_ALIKE = "asked alike"
_ASKED_OTHERS = "asked others"


class PassContext:
    """Users of one pass, and what they have asked for so far.

    Args:
        example: The example.
        lacking: What is still wanted on these surfaces.
        surfaces: Names of the surfaces.
        random: Makes the choices.
        number: Passes before this one; says who is victim and who attacker.
    """

    def __init__(
        self,
        example: ExampleRun,
        lacking: Lacking,
        surfaces: Collection[str],
        random: Random,
        number: int,
    ) -> None:
        self.example = example
        self.lacking = lacking
        self.surfaces = surfaces
        self.random = random
        self.drawer = example.drawer_by(RandomChoice(random), HonestDrawer)
        members = example.members
        # Every user is victim once, and attacker once: what they may do can differ.
        self.victim = members[number % len(members)]
        self.attacker = members[(number + 1) % len(members)]
        self.first = number == 0
        # Where calls are few, they serve owners.
        operations = len(example.state.executor.operations)
        self.hurried = example.state.calls < CALLS_AN_OPERATION * operations
        self.asked: list[tuple[Operation, Parameter, str]] = []
        # Operations that showed the victim their own, each with the object that was named.
        self.shown: set[tuple[str, str]] = set()
        self.asked_last: dict[str, Mapping[str, Any]] = {}
        self.provision = Provision(example, self._use_once)

    def _use_once(
        self, operation: Operation, actor: Actor, naming: Parameter | None = None, target: str = ""
    ) -> bool:
        return self.use(operation, actor, naming, target, tries=1)

    def kept_from(self, operation: Operation) -> Actor:
        """Return the attacker, or another user whom the policy keeps from what it permits them."""
        others = [each for each in self.example.members if each != self.victim]
        asked = [self.attacker, *(each for each in others if each != self.attacker)]
        return kept_from(self.victim, asked, operation, self.example.history)

    @property
    def capabilities(self) -> Capabilities:
        """Return what the system can do."""
        return self.example.capabilities

    @property
    def ended(self) -> bool:
        """Return whether no more calls belong to the example."""
        return self.example.over or self.example.state.stopped()

    def creators(self) -> list[Operation]:
        """Return what stores something on this surface, or else anywhere."""
        creators = list(self.capabilities.creators)
        return [each for each in creators if each.surface in self.surfaces] or creators

    def newest(self, operation: Operation, parameter: Parameter) -> str | None:
        """Return the victim's newest object that the parameter can name."""
        known = self.example.pool.references(
            self.victim.name, parameter, operation.name, guess=False
        )
        return known[-1] if known else None

    def wanted(self) -> list[Operation]:
        """Return the operations that the victim is to be served by."""
        lacking = self.lacking
        found = {each.name: each for each in lacking.service}
        found |= {each.name: each for each, _ in lacking.existence}
        return [each for each in found.values() if not by_sharing_alone(self.example, each)]

    def named(self) -> list[tuple[Operation, Parameter]]:
        """Return the parameters by which the calls to come must name an object."""
        served = [
            (operation, parameter)
            for operation in self.lacking.service
            for parameter in required_references(operation)
        ]
        compared = [each for each in self.lacking.existence if each[1].required]
        return [
            each for each in (*served, *compared) if not by_sharing_alone(self.example, each[0])
        ]

    def readings(self, *, asking: bool = True) -> list[Reading]:
        """Return how the victim reads: steady lists, and one object of each kind in detail.

        Args:
            asking: Whether what needs a time or a word as well is tried, which takes calls.
        """
        example, victim = self.example, self.victim
        lists = [each for each in example.state.observations if each.surface in self.surfaces]
        found = [
            (each, observation_arguments(each, example.history, victim))
            for each in lists or example.state.observations
        ]
        for operation in self.capabilities.details:
            (reference,) = required_references(operation)
            theirs = self.target(operation, reference)
            if needs_values(operation):
                # `_asked_for` gives it the month without which it is refused.
                continue
            if operation.surface in self.surfaces and theirs is not None:
                asked = observation_arguments(operation, example.history, victim)
                named = [theirs] if reference.many else theirs
                found.append((operation, {**asked, reference.name: named}))
        return found + (self._asked_for() if asking else [])

    def showing(self, theirs: str) -> list[Reading]:
        """Return the victim's readings that name an object, or have listed it."""
        seen: list[Reading] = []
        for operation, asked in self.readings(asking=False):
            named = theirs in map(str, asked.values())
            last = next(
                (
                    call
                    for call in reversed(self.example.history.calls)
                    if call.operation == operation.name and call.actor == self.victim
                ),
                None,
            )
            if named or (last is not None and theirs in last.received):
                seen.append((operation, asked))
        return seen[:_MOST_SHOWING]

    def _asked_for(self) -> list[Reading]:
        """Return readings that need a time, a word or another value, as they showed something.

        What one user stores for a week another may replace, and no list shows it.
        """
        found: list[Reading] = []
        for operation in self.capabilities.protected:
            plain = operation.reads_only and not (operation.conversational or operation.pushes)
            here = operation.surface in self.surfaces and not operation.descriptive
            if not plain or not here or operation.lists or required_references(operation):
                continue
            if len(found) < _MOST_ASKED and self.use(operation, self.victim, tries=1):
                self.shown.add((operation.name, ""))
                found.append((operation, dict(self.asked_last[operation.name])))
        return found

    def target(self, operation: Operation, parameter: Parameter) -> str | None:
        """Return an object of the victim; what deletes gets others than what reads."""
        known = comparable_ids(self.example, self.attacker, self.victim, operation, parameter)
        if not known:
            return None
        known = not_used_up(self.example, self.victim, operation, parameter, known)
        if not removes(operation):
            narrows = operation.reads_only and not parameter.required
            filled = holding(self.example, self.victim, operation, known) if narrows else None
            return filled or known[0]
        deleted = {theirs for each, _, theirs in self.asked if removes(each)}
        return next((each for each in reversed(known) if each not in deleted), known[-1])

    def own(
        self,
        operation: Operation,
        actor: Actor,
        parameter: Parameter | None = None,
        target: str = "",
        probe: Probe | None = None,
    ) -> PlannedCall:
        """Return a call with the caller's own objects, or with one that is given."""
        arguments = self.drawer.arguments(
            operation,
            actor,
            references=(actor.name,),
            hostile=False,
            target=target,
            naming=parameter,
        )
        if parameter is not None and not parameter.many:
            arguments[parameter.name] = target
        return PlannedCall(actor, operation.name, arguments, probe)

    def use(
        self,
        operation: Operation,
        actor: Actor,
        parameter: Parameter | None = None,
        target: str = "",
        *,
        tries: int = TRIES,
    ) -> bool:
        """Have a user call an operation with their own objects; return whether it was served."""
        before: Mapping[str, Any] | None = None
        for _ in range(tries):
            if self.example.state.in_vain(operation):
                return False
            if not target and not self.ended:
                self.provision.for_call(operation, actor)
            if self.ended:
                return False
            planned = self._another(before, lambda: self.own(operation, actor, parameter, target))
            if planned is None:
                # The same call is answered the same.
                return False
            if before is None and operation.reads_only and not operation.lists:
                given = under_stored_values(self.example, operation, actor, planned.arguments)
                planned = replace(planned, arguments=given)
            before = planned.arguments
            if self.example.state.tried[operation.name] and self._is_made_up(operation, planned):
                # That nobody is shown what does not exist is known by now.
                return False
            answer = self.example.execute(planned).answer
            self.asked_last[operation.name] = planned.arguments
            self._show_to_another(operation, planned, answer)
            if answer.outcome is Outcome.LIMITED:
                return False
            # Success with an object of one's own is service, though it may have nothing to show.
            did = bool(target) and not operation.reads_only
            if answer.outcome is Outcome.OK and (
                did or not is_empty(answer.body) or answer.status in NOTHING_TO_SHOW
            ):
                return True
        return False

    def _another(
        self, before: Mapping[str, Any] | None, plan: Callable[[], PlannedCall]
    ) -> PlannedCall | None:
        """Return a call with other arguments than the last one; None where none is drawn.

        Of two messages in one thread, the one may be refused where the other is served.
        """
        drawn = (plan() for _ in range(_DRAWS))
        return next((each for each in drawn if each.arguments != before), None)

    def _is_made_up(self, operation: Operation, planned: PlannedCall) -> bool:
        """Return whether a call names an object of which nothing was ever heard."""
        known = set(self.example.pool.long_ids(planned.actor.name))
        return any(
            each.role is Role.REFERENCE
            and is_uuid(value := str(planned.arguments.get(each.name)))
            and value not in known
            for each in required_references(operation)
        )

    def note_shown(self, call: Call) -> None:
        """Note that a reading showed the victim something of their own, with what it named."""
        if call.answer.outcome is Outcome.OK and _marked(call.answer):
            named = required_references(self.example.state.executor.operations[call.operation])
            # A list in which several must be named is not served by one.
            if not any(each.many for each in named):
                target = str(call.arguments[named[0].name]) if named else ""
                self.shown.add((call.operation, target))

    def _show_to_another(self, operation: Operation, planned: PlannedCall, answer: Answer) -> None:
        """Ask as another user for what shows its caller nothing of their own: it may be public.

        So it is asked, once, for what was shown for a year, a word or a page: it may be kept for
        whoever asks the same.
        """
        shown = operation.reads_only and answer.outcome is Outcome.OK
        made = self.example.state.choices
        if shown and not _marked(answer):
            shown = made[_ASKED_OTHERS, operation.name] < _MOST_ASKED
            made[_ASKED_OTHERS, operation.name] += shown
        elif shown:
            kept = not required_references(operation) and not operation.conversational
            shown = kept and not operation.lists and not made[_ASKED_ALIKE, operation.name]
            made[_ASKED_ALIKE, operation.name] += shown
        if shown and planned.actor is self.victim:
            # A colleague may be shown what the whole tenant has.
            other = self.kept_from(operation)
            arguments = {**planned.arguments, **self.example.with_identity(operation, other)}
            self.example.execute(PlannedCall(other, operation.name, arguments))


def _marked(answer: Answer) -> bool:
    """Return whether an answer holds anything that a user has planted."""
    return any(map(is_marker, identifiers_of(answer.body)))
