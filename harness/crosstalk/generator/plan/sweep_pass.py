"""One pass of the sweep: what is stored, who reaches for it, and how its owner is served."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from crosstalk.core.history import Actor, Answer, Call, Outcome, Probe
from crosstalk.core.identifiers import identifiers_of, is_marker, is_uuid
from crosstalk.core.object_kinds import deletes
from crosstalk.core.principals import HIJACKER
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.claimed_identity import claims, without_credential
from crosstalk.generator.examples.example_run import ExampleRun, by_lists
from crosstalk.generator.examples.provision import Provision
from crosstalk.generator.examples.readings import holding
from crosstalk.generator.examples.shown_through import read_through
from crosstalk.generator.examples.tenants import kept_from
from crosstalk.generator.plan.lacking import Lacking
from crosstalk.generator.plan.unusual_calls import unusual_calls
from crosstalk.generator.rules.attacks.stream_resumption import resume_streams
from crosstalk.generator.rules.comparisons.existence_pair import (
    behind_own,
    comparable_ids,
    not_used_up,
    pair,
)
from crosstalk.generator.rules.situations.notifications import listen, listeners, streams
from crosstalk.generator.rules.situations.self_description import (
    DESCRIPTIONS_READ,
    descriptive,
    read_descriptions,
)
from crosstalk.generator.shares.sharing_served import by_sharing_alone, serve_sharing
from crosstalk.generator.survey.reach import Form, Reach
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.oracles.base import is_empty
from crosstalk.oracles.service import NOTHING_TO_SHOW
from crosstalk.surface.capabilities import (
    Capabilities,
    is_comparable,
    is_outermost,
    observation_arguments,
    references,
    removes,
    required_references,
)
from crosstalk.surface.operation import Operation, Parameter, Role

# Calls by which the sweep gives each oracle its opportunity at one operation, and phases theirs.
CALLS_AN_OPERATION = 6.5
# What the first pass reads of what the server says about itself.
_DESCRIPTIONS = 24
# Times that a call is made with other arguments until it is served.
_TRIES = 3
# Times that its arguments are drawn until they are others.
_DRAWS = 4
# Readings of that kind around one attack.
_MOST_ASKED = 3
# Messages after which each of two streams of a session was sent one.
_MESSAGES = 2
# Objects that a victim stores more than the attacker has, where their ids are the same.
_MORE = 3
# Changes after which refused calls are tried again, and the most such calls.
_CHANGES = 6
_MOST_REFUSED = 5
# Under which it is counted what another user was made to ask in the owner's words.
_ASKED_ALIKE = "asked alike"
_ASKED_OTHERS = "asked others"


class SweepPass:
    """One pass over surfaces that belong together, in an example of its own.

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
        self._example = example
        self._lacking = lacking
        self._surfaces = surfaces
        self._random = random
        self._drawer = example.drawer_by(RandomChoice(random), HonestDrawer)
        members = example.members
        # Every user is victim once, and attacker once: what they may do can differ.
        self._victim = members[number % len(members)]
        self._attacker = members[(number + 1) % len(members)]
        self._first = number == 0
        # Where calls are few, they serve owners.
        operations = len(example.state.executor.operations)
        self._hurried = example.state.calls < CALLS_AN_OPERATION * operations
        self._asked: list[tuple[Operation, Parameter, str]] = []
        # Operations that showed the victim their own, each with the object that was named.
        self._shown: set[tuple[str, str]] = set()
        self._asked_last: dict[str, Mapping[str, Any]] = {}
        self._provision = Provision(example, lambda one, user: self._use(one, user, tries=1))

    def run(self) -> None:
        """Make the pass, one step after the other; a replay in between ends it.

        What the attack shows is judged when the owner has been served: a suspicion that does not
        replay, at one operation, would leave the owner's own calls of all others unmade.
        """
        for steps in (
            (self._listen,),
            (self._store,),
            (self._share,),
            (self._listen_again,),
            (self._resume,),
            (self._read_descriptions,),
            (self._attack, self._serve_the_owner, self._list_what_was_removed),
            (self._call_without_credential,),
        ):
            for step in steps:
                if self._ended():
                    return
                step()
            self._example.judge()

    def _store(self) -> None:
        """Have every user store something, the victim more where an operation takes several."""
        capabilities, creators = self._capabilities, self._creators()
        several = any(each.many for operation in self._wanted() for each in references(operation))
        for operation in creators:
            for actor in self._example.members:
                self._use(operation, actor)
            for _ in range(several or _has_options(operation)):
                # The first of all is stored without what is optional.
                self._use(operation, self._victim)
        for chat in capabilities.chats:
            if chat.surface in self._surfaces:
                for actor in (self._victim, self._attacker):
                    self._use(chat, actor)
        self._store_elsewhere(creators)
        self._store_what_is_not_the_attackers(creators)

    def _share(self) -> None:
        """Have the victim share something with a third user, where what shares was not served."""
        others = [e for e in self._example.members if e not in (self._victim, self._attacker)]
        for person in others[:1] or [self._attacker]:
            serve_sharing(self._example, self._random, self._victim, person, self._surfaces)

    def _listen(self) -> None:
        """Have every user listen before and after others store something, on the first pass."""
        if self._first:
            listen(self._example, listeners(self._example))

    def _listen_again(self) -> None:
        """Have the user whose session another holds act, so that both have something to hear.

        Where both streams are open, one of them alone may be sent each message.
        """
        thief = next((each for each in listeners(self._example) if each == HIJACKER), None)
        if self._first and thief is not None and streams(self._example):
            owner = next(each for each in self._example.members if each.name == thief.claims)
            for _ in range(_MESSAGES):
                for operation in self._creators()[:1]:
                    self._use(operation, owner, tries=1)
        self._listen()

    def _resume(self) -> None:
        """Have the victim's streams resumed by the victim and by others, on the first pass."""
        if self._first:
            attacker = self._attacker
            resume_streams(
                self._example, self._victim, attacker, lambda each: self._own(each, attacker)
            )

    def _read_descriptions(self) -> None:
        """Have the victim and a stranger read what the server says of itself, on the first pass."""
        state = self._example.state
        done = state.is_short and state.situations[DESCRIPTIONS_READ] > 0
        if self._first and not done:
            found = descriptive(self._example)[:_DESCRIPTIONS]
            read_descriptions(self._example, found, self._victim)

    def _store_elsewhere(self, done: Sequence[Operation]) -> None:
        """Have the victim store what stands inside another object, or what only another protocol,
        or a model, can make.
        """
        changing = [
            each
            for each in self._capabilities.protected
            if each.surface in self._surfaces
            and not (each.reads_only or each.conversational or deletes(each.name))
            and each not in done
            and not by_sharing_alone(self._example, each)
        ]
        # An order takes no text, and a line stands inside an invoice.
        makers = sorted(changing, key=lambda each: len(required_references(each)))
        makers += [
            each
            for each in (*self._capabilities.creators, *self._capabilities.chats)
            if each not in done and each.surface not in self._surfaces
        ]
        if any(self._newest(*each) is None for each in self._named()):
            # An order names an item of a catalogue: its number has to be known.
            for operation in self._capabilities.protected:
                if operation.surface in self._surfaces and operation.lists:
                    self._example.execute(self._example.reading(operation, self._victim))
        for operation, parameter in self._named():
            while makers and not self._example.pool.references(
                self._victim.name, parameter, operation.name, guess=False, new=True
            ):
                self._use(makers.pop(0), self._victim, tries=2)

    def _store_what_is_not_the_attackers(self, creators: Sequence[Operation]) -> None:
        """Have the victim store more where each user's objects are numbered from 1."""
        for _ in range(_MORE):
            alike = [
                (operation, parameter)
                for operation, parameter in self._named()
                if self._newest(operation, parameter) is not None
                and self._target(operation, parameter) is None
            ]
            for operation in creators if alike else ():
                self._use(operation, self._victim, tries=1)

    def _attack(self) -> None:
        """Have another user reach for what the victim has, between two readings by the victim."""
        if not self._lacking.ownership and not self._lacking.existence:
            return
        example, victim, attacker = self._example, self._victim, self._attacker
        renewed = {
            (operation.name, parameter.name): self._provision.renewed(operation, parameter, victim)
            for operation, parameter in self._lacking.existence
            if not by_sharing_alone(example, operation)
        }
        readings = self._readings()
        key = example.next_probe()
        before = Probe("ownership", key, "before", victim.name)
        for call in example.read_twice(readings, victim, before):
            self._note_shown(call)
        acting = Probe("ownership", key, "attack", victim.name)
        for operation in self._lacking.ownership:
            if self._ended():
                break
            if not required_references(operation):
                example.execute(self._own(operation, self._kept_from(operation), probe=acting))
        for operation, parameter in self._lacking.existence:
            newest = renewed.get((operation.name, parameter.name))
            theirs = None if self._ended() else newest or self._target(operation, parameter)
            attacker = self._kept_from(operation)
            if theirs is None:
                if operation.reads_only and example.pool.names_users(parameter):
                    asked = self._own(operation, attacker, probe=acting)
                    named = {parameter.name: example.history.subjects[victim.name]}
                    example.execute(replace(asked, arguments={**asked.arguments, **named}))
                continue
            joint = is_outermost(operation, parameter)
            theirs_named = (example, self._drawer, attacker, victim, operation, parameter, theirs)
            calls = list(pair(*theirs_named, joint=joint))
            listed = parameter.many and not removes(operation)
            mine = self._provision.of_list(operation, parameter, attacker) if listed else []
            for planned in behind_own(mine, parameter, calls):
                read_through(example, example.execute(planned))
            example.judge_soon()
            self._asked.append((operation, parameter, theirs))
            if mine or not parameter.many:
                # The survey makes what was not made yet, in the other forms.
                plain = Form.JOINT if joint else Form.PLAIN
                made = Reach(operation, parameter, Form.BEHIND if mine else plain)
                example.state.choices[made.key] += 1
        told = claims(
            example, self._drawer, victim, self._surfaces, acting, only_reads=self._hurried
        )
        for planned in told:
            if self._ended():
                break
            example.execute(planned)
            example.judge_soon()
        for surface in sorted(self._surfaces) if self._first and not self._hurried else ():
            unusual = unusual_calls(example, self._drawer, attacker, victim, surface, acting)
            for planned in unusual:
                if self._ended():
                    break
                example.execute_spoilt(planned)
        after = Probe("ownership", key, "after", victim.name)
        others, lists = by_lists(readings)
        again = [PlannedCall(victim, o.name, asked, after) for o, asked in (*lists, *others)]
        example.execute_all(again)

    def _kept_from(self, operation: Operation) -> Actor:
        """Return the attacker, or another user whom the policy keeps from what it permits them."""
        others = [each for each in self._example.members if each != self._victim]
        asked = [self._attacker, *(each for each in others if each != self._attacker)]
        return kept_from(self._victim, asked, operation, self._example.history)

    def _serve_the_owner(self) -> None:
        """Have the victim make the same calls, and those that were never served."""
        named = {
            operation.name: (parameter, theirs) for operation, parameter, theirs in self._asked
        }
        refused = []
        for operation in sorted(self._wanted(), key=_harm):
            if self._ended():
                return
            if (operation.name, named.get(operation.name, (None, ""))[1]) in self._shown:
                continue
            if operation.name in named:
                parameter, theirs = named[operation.name]
                optional = operation.reads_only and not parameter.required
                tries = 1 if optional else _TRIES
                served = self._use(operation, self._victim, parameter, theirs, tries=tries)
                if not served and len(required_references(operation)) > 1:
                    # Another message of a thread may be served.
                    served = self._use(operation, self._victim)
                # By a filter a list may show nothing, whatever is changed.
                served = served or (optional and operation not in self._lacking.service)
            elif operation.lists and operation not in self._lacking.service:
                continue
            else:
                served = self._use(operation, self._victim)
            if not served:
                refused.append(operation)
        self._serve_after_changes(refused)

    def _list_what_was_removed(self) -> None:
        """Have another user read every list once the owner has removed something.

        What is removed may go to a list that had nothing to show before, e.g. a bin.
        """
        if self._hurried or not any(deletes(each.name) for each in self._wanted()):
            return
        for operation in self._capabilities.protected:
            if self._ended():
                return
            listing = operation.reads_only and operation.lists and not operation.conversational
            # What a server says of itself is no list of objects.
            here = operation.surface in self._surfaces and not operation.descriptive
            if listing and here and not required_references(operation):
                self._use(operation, self._attacker, tries=1)

    def _serve_after_changes(self, refused: list[Operation]) -> None:
        """Try again what was refused, each time after another change of a new object.

        What was removed can be restored then, and what was opened can be closed.
        """
        changes = [
            each
            for each in sorted(self._capabilities.mutates_by_id, key=_harm)
            if each.surface in self._surfaces
            and each not in refused
            and not each.conversational
            and not by_sharing_alone(self._example, each)
            and len(required_references(each)) == 1
        ]
        for change in changes[:_CHANGES] if len(refused) <= _MOST_REFUSED else ():
            if not refused:
                return
            for creator in self._creators():
                self._use(creator, self._victim, tries=1)
            (changed,) = required_references(change)
            newest = self._newest(change, changed)
            if newest is None or not self._use(change, self._victim, changed, newest):
                continue
            for operation in list(refused):
                if self._ended():
                    return
                parameter, target = self._after_change(operation, newest)
                if self._use(operation, self._victim, parameter, target, tries=1):
                    refused.remove(operation)

    def _after_change(self, operation: Operation, changed: str) -> tuple[Parameter | None, str]:
        """Return what an operation names once an object was changed: it, or what lists show now.

        What was thrown away may go by another id in a bin.
        """
        wanted = required_references(operation)
        if not wanted:
            return None, ""
        pool, owner = self._example.pool, self._victim.name
        if changed in pool.references(owner, wanted[0], operation.name, guess=False):
            return wanted[0], changed
        self._provision.look(operation, self._victim)
        newest = self._newest(operation, wanted[0])
        return (wanted[0], newest) if newest is not None else (None, "")

    def _call_without_credential(self) -> None:
        """Have a caller without a credential call everything that it has not called yet."""
        example = self._example
        for stranger in example.state.strangers[:1]:
            planned = without_credential(self._drawer, stranger, self._lacking.identity)
            example.execute_all(planned)

    @property
    def _capabilities(self) -> Capabilities:
        return self._example.capabilities

    def _ended(self) -> bool:
        return self._example.over or self._example.state.stopped()

    def _creators(self) -> list[Operation]:
        """Return what stores something on this surface, or else anywhere."""
        creators = list(self._capabilities.creators)
        return [each for each in creators if each.surface in self._surfaces] or creators

    def _newest(self, operation: Operation, parameter: Parameter) -> str | None:
        """Return the victim's newest object that the parameter can name."""
        known = self._example.pool.references(
            self._victim.name, parameter, operation.name, guess=False
        )
        return known[-1] if known else None

    def _wanted(self) -> list[Operation]:
        """Return the operations that the victim is to be served by."""
        lacking = self._lacking
        found = {each.name: each for each in lacking.service}
        found |= {each.name: each for each, _ in lacking.existence}
        return [each for each in found.values() if not by_sharing_alone(self._example, each)]

    def _named(self) -> list[tuple[Operation, Parameter]]:
        """Return the parameters by which the calls to come must name an object."""
        served = [
            (operation, parameter)
            for operation in self._lacking.service
            for parameter in required_references(operation)
        ]
        compared = [each for each in self._lacking.existence if each[1].required]
        return [
            each for each in (*served, *compared) if not by_sharing_alone(self._example, each[0])
        ]

    def _readings(self) -> list[tuple[Operation, dict[str, Any]]]:
        """Return how the victim reads: steady lists, and one object of each kind in detail."""
        example, victim = self._example, self._victim
        lists = [each for each in example.state.observations if each.surface in self._surfaces]
        found = [
            (each, observation_arguments(each, example.history, victim))
            for each in lists or example.state.observations
        ]
        for operation in self._capabilities.details:
            (reference,) = required_references(operation)
            theirs = self._target(operation, reference)
            if operation.surface in self._surfaces and theirs is not None:
                asked = observation_arguments(operation, example.history, victim)
                named = [theirs] if reference.many else theirs
                found.append((operation, {**asked, reference.name: named}))
        return found + self._asked_for()

    def _asked_for(self) -> list[tuple[Operation, dict[str, Any]]]:
        """Return readings that need a time, a word or another value, as they showed something.

        What one user stores for a week another may replace, and no list shows it.
        """
        found: list[tuple[Operation, dict[str, Any]]] = []
        for operation in self._capabilities.protected:
            plain = operation.reads_only and not (operation.conversational or operation.pushes)
            here = operation.surface in self._surfaces and not operation.descriptive
            if not plain or not here or operation.lists or required_references(operation):
                continue
            if len(found) < _MOST_ASKED and self._use(operation, self._victim, tries=1):
                self._shown.add((operation.name, ""))
                found.append((operation, dict(self._asked_last[operation.name])))
        return found

    def _target(self, operation: Operation, parameter: Parameter) -> str | None:
        """Return an object of the victim; what deletes gets others than what reads."""
        known = comparable_ids(self._example, self._attacker, self._victim, operation, parameter)
        if not known:
            return None
        known = not_used_up(self._example, self._victim, operation, parameter, known)
        if not deletes(operation.name):
            narrows = operation.reads_only and not parameter.required
            filled = holding(self._example, self._victim, operation, known) if narrows else None
            return filled or known[0]
        deleted = {theirs for each, _, theirs in self._asked if deletes(each.name)}
        return next((each for each in reversed(known) if each not in deleted), known[-1])

    def _own(
        self,
        operation: Operation,
        actor: Actor,
        parameter: Parameter | None = None,
        target: str = "",
        probe: Probe | None = None,
    ) -> PlannedCall:
        arguments = self._drawer.arguments(
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

    def _use(
        self,
        operation: Operation,
        actor: Actor,
        parameter: Parameter | None = None,
        target: str = "",
        *,
        tries: int = _TRIES,
    ) -> bool:
        """Have a user call an operation with their own objects; return whether it was served."""
        before: Mapping[str, Any] | None = None
        for _ in range(tries):
            if self._example.state.in_vain(operation):
                return False
            if not target and not self._ended():
                self._provision.for_call(operation, actor)
            if self._ended():
                return False
            planned = self._another(before, lambda: self._own(operation, actor, parameter, target))
            if planned is None:
                # The same call is answered the same.
                return False
            before = planned.arguments
            if self._example.state.tried[operation.name] and self._is_made_up(operation, planned):
                # That nobody is shown what does not exist is known by now.
                return False
            answer = self._example.execute(planned).answer
            self._asked_last[operation.name] = planned.arguments
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
        known = set(self._example.pool.long_ids(planned.actor.name))
        return any(
            each.role is Role.REFERENCE
            and is_uuid(value := str(planned.arguments.get(each.name)))
            and value not in known
            for each in required_references(operation)
        )

    def _note_shown(self, call: Call) -> None:
        """Note that a reading showed the victim something of their own, with what it named."""
        if call.answer.outcome is Outcome.OK and _marked(call.answer):
            named = required_references(self._example.state.executor.operations[call.operation])
            # A list in which several must be named is not served by one.
            if not any(each.many for each in named):
                target = str(call.arguments[named[0].name]) if named else ""
                self._shown.add((call.operation, target))

    def _show_to_another(self, operation: Operation, planned: PlannedCall, answer: Answer) -> None:
        """Ask as another user for what shows its caller nothing of their own: it may be public.

        So it is asked, once, for what was shown for a year, a word or a page: it may be kept for
        whoever asks the same.
        """
        shown = operation.reads_only and answer.outcome is Outcome.OK
        made = self._example.state.choices
        if shown and not _marked(answer):
            shown = made[_ASKED_OTHERS, operation.name] < _MOST_ASKED
            made[_ASKED_OTHERS, operation.name] += shown
        elif shown:
            kept = not required_references(operation) and not operation.conversational
            shown = kept and not operation.lists and not made[_ASKED_ALIKE, operation.name]
            made[_ASKED_ALIKE, operation.name] += shown
        if shown and planned.actor is self._victim:
            identity = self._example.with_identity(operation, self._attacker)
            arguments = {**planned.arguments, **identity}
            self._example.execute(PlannedCall(self._attacker, operation.name, arguments))


def _marked(answer: Answer) -> bool:
    """Return whether an answer holds anything that a user has planted."""
    return any(map(is_marker, identifiers_of(answer.body)))


def _has_options(operation: Operation) -> bool:
    """Return whether an operation takes anything that need not be given."""
    formed = (Role.TEXT, Role.VALUE)
    return any(not each.required and each.role in formed for each in operation.parameters)


def _harm(operation: Operation) -> tuple[bool, bool, bool]:
    """Return an order: what reads, what changes, what deletes one object, what deletes several."""
    deleting = removes(operation)
    names_one = any(is_comparable(operation, each) for each in references(operation))
    return deleting, not operation.reads_only, names_one is not deleting
