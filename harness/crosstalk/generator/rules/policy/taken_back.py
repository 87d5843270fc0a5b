"""An owner shares something, the person uses it, and tries again after it was taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Outcome
from crosstalk.core.object_kinds import kind_of_argument
from crosstalk.core.policy import Policy, Share
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.between_readings import between_readings
from crosstalk.generator.shares.copies import change_copy
from crosstalk.generator.shares.kept_for_later import keep_for_later, use_what_was_kept
from crosstalk.generator.shares.offers import (
    Offer,
    accept_offer,
    another_object,
    change_role,
    end_offer,
    look_at_offer,
    make_offer,
    never_served,
    next_way,
    offer_call,
    operations_of,
)
from crosstalk.generator.shares.overreach import read_beside, take_more_rights
from crosstalk.generator.shares.read_first import read_first_by_a_member
from crosstalk.generator.shares.role_for_a_time import give_role
from crosstalk.generator.shares.shared_readings import (
    READINGS,
    plain_readings,
    shared_readings,
    told_to_agent,
)
from crosstalk.generator.shares.shared_writes import (
    Place,
    keyed_first,
    place_by,
    stores_inside,
    told_writes,
    with_a_key,
    writes_by_person,
)
from crosstalk.generator.values.choice import Draw
from crosstalk.generator.values.directives import directive, tool_name
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Role

# Changes in another role, and of those that were made before.
_WRITES = 3
_AGAIN = 2
# Readings after an invitation was called off, where calls are few.
_FEW_READINGS = 2


class _Ending(StrEnum):
    """How a share's life ends."""

    TAKEN_BACK = "taken back"
    LEFT = "left"
    WITHDRAWN = "withdrawn"
    OPEN = "left open"


# In this order: what its owner takes back shows most, and a short campaign has but one life.
_ENDINGS = (
    _Ending.TAKEN_BACK,
    _Ending.LEFT,
    _Ending.TAKEN_BACK,
    _Ending.WITHDRAWN,
    _Ending.OPEN,
)


class TakenBack:
    """Shares, reads and writes, takes back, stores something new, and tries all of it again."""

    name = "taken_back"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether the policy has sharing that calls open."""
        policy = example.history.policy
        return policy is not None and bool(policy.shares)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Go through the life of one share, or of one role that is given for a time."""
        policy = example.history.policy
        if policy is None:
            return
        rule = example.least_chosen(
            draw, self.name, list(policy.shares), lambda each: (str(each),), among=1
        )
        self.by_rule(example, draw, policy=policy, rule=rule)

    def by_rule(
        self,
        example: ExampleRun,
        draw: Draw,
        *,
        policy: Policy,
        rule: Share,
        brief: bool = False,
    ) -> None:
        """Go through the life of one share that this rule is for.

        Args:
            example: The example.
            draw: Draws from a strategy.
            policy: Says what shares.
            rule: The rule.
            brief: Whether calls are so few that what others need is left to them.
        """
        opening = operations_of(example, rule.opens)
        if not opening:
            return
        operation = next_way(example, draw, f"{self.name} by", opening)
        if rule.role:
            give_role(example, draw, policy, rule, operation)
            return
        owner: Actor = draw(st.sampled_from(list(example.members)))
        person = example.other_member(draw, owner)
        if rule.accept and not rule.members and not brief:
            self._offered_by_agent(example, draw, rule, owner, person)
        offer = make_offer(example, draw, rule, operation, owner, person)
        if offer is not None:
            self._use_and_end(example, draw, offer, brief=brief)

    def _offered_by_agent(
        self, example: ExampleRun, draw: Draw, rule: Share, owner: Actor, person: Actor
    ) -> None:
        """Have the owner's agent told to share, as a text that it reads could tell it.

        What it offered, if it did, the person finds in a list, and accepts.
        """
        tools = [each for each in operations_of(example, rule.opens) if each in _tools(example)]
        accepting = operations_of(example, rule.accept)
        if not tools or not accepting or not example.capabilities.chats:
            return
        planned = offer_call(example, draw, rule, tools[0], owner, person)
        chat = next_way(example, draw, "agent told to share", example.capabilities.chats)
        prompt = chat.parameter(Role.TEXT)
        if planned is None or prompt is None:
            return
        given = example.plan_own(draw, chat, owner).arguments
        words = f"Call {tool_name(tools[0])} for me. {directive(tools[0], planned.arguments)}"
        example.execute(PlannedCall(owner, chat.name, {**given, prompt.name: words}))
        operation = next_way(example, draw, "accepted from an agent by", accepting)
        (handle,) = required_references(operation)[:1] or (None,)
        if handle is None:
            return
        kind = kind_of_argument(handle.name, operation.name)
        before = set(example.pool.references(person.name, handle, operation.name, guess=False))
        lists = [e for e in example.capabilities.protected if e.lists and kind in e.name.lower()]
        example.execute_all([example.reading(each, person) for each in lists[:1]])
        known = example.pool.references(person.name, handle, operation.name, guess=False)
        for each in [each for each in known if each not in before][-1:]:
            own = example.plan_own(draw, operation, person).arguments
            example.execute(PlannedCall(person, operation.name, {**own, handle.name: each}))
            example.execute_all(shared_readings(example, draw, [], owner, person))

    def _use_and_end(self, example: ExampleRun, draw: Draw, offer: Offer, *, brief: bool) -> None:
        """Go on with what was offered: accepted or not, used, ended, and tried again."""
        example.state.situations["shared and taken back"] += 1
        ending = self._ending(example, offer.rule)
        owner, person = offer.owner, offer.person
        inside = self._fill(example, draw, offer)
        readings = shared_readings(example, draw, [offer.target, *inside], owner, person)
        others = [each for each in example.members if each not in (owner, person)]
        if offer.rule.accept:
            # An invitation alone shows nothing yet, and is nobody else's to accept.
            look_at_offer(example, draw, offer)
            example.execute_all(readings[:READINGS])
            if _is_over(example):
                return
            if not brief:
                self._between_readings(example, draw, offer, inside, Place.OFFERED)
                if _is_over(example):
                    return
            # Who says a code is its person.
            for each in others[:1] if not offer.rule.code else ():
                accept_offer(example, draw, offer, by=each)
            withdrawn = ending is _Ending.WITHDRAWN and end_offer(
                example, draw, offer, owner, pending=True
            )
            accepted = accept_offer(example, draw, offer, ended=withdrawn)
            if withdrawn:
                example.execute_all(readings)
                return
            change_copy(example, draw, offer, accepted)
            if _is_over(example):
                return
        example.execute_all([*readings, *read_beside(example, draw, offer, inside)])
        if _is_over(example):
            return
        if others and not brief:
            read_first_by_a_member(example, draw, offer, others[0])
            if _is_over(example):
                return
        if not (offer.rule.change or offer.rule.members):
            take_more_rights(example, draw, offer)
        writes = self._between_readings(example, draw, offer, inside, place_by(offer.rule))
        example.judge_soon()
        if not offer.rule.members:
            writes = [*self._other_roles(example, draw, offer, inside, writes), *writes]
        if offer.rule.transfers:
            self._former_owner(example, draw, offer, inside)
            return
        left = never_served(example, operations_of(example, offer.rule.ends))
        if ending is _Ending.OPEN and not left:
            # Whatever else this example does is done with members.
            return
        ender = person if ending is _Ending.LEFT else owner
        kept = keep_for_later(example, draw, offer) if not brief else None
        if not end_offer(example, draw, offer, ender):
            return
        if offer.rule.code and ender is owner:
            self._say_old_code(example, draw, offer, others)
            if _is_over(example):
                return
        more = self._fill(example, draw, offer)
        self._store_more(example, draw, offer.target, owner)
        example.execute_all(readings)
        if _is_over(example):
            return
        example.execute_all(shared_readings(example, draw, more, owner, person)[:READINGS])
        if _is_over(example):
            return
        if kept is not None:
            use_what_was_kept(example, draw, offer, kept)
            if _is_over(example):
                return
        # What is stored now is there still: an editor may have deleted what was there before.
        again = keyed_first(example, writes)[:_AGAIN]
        self._between_readings(example, draw, offer, [*inside, *more], Place.FORMER, again)
        if _is_over(example):
            return
        self._called_off(example, draw, offer, looks=not brief)
        if not brief:
            self._by_lists_alone(example, draw, offer)

    @staticmethod
    def _say_old_code(
        example: ExampleRun, draw: Draw, offer: Offer, others: Sequence[Actor]
    ) -> None:
        """Have another user say the code that was taken back, and read what it was for."""
        for each in others[:1]:
            accept_offer(example, draw, offer, by=each, ended=True)
            asked = shared_readings(example, draw, [offer.target], offer.owner, each)
            example.execute_all(asked[:READINGS])

    def _ending(self, example: ExampleRun, rule: Share) -> _Ending:
        """Return how this life is to end; each rule goes through all endings."""
        key = (f"{self.name} ended", str(rule))
        number = example.state.choices[key]
        example.state.choices[key] += 1
        return _ENDINGS[number % len(_ENDINGS)]

    def _other_roles(
        self,
        example: ExampleRun,
        draw: Draw,
        offer: Offer,
        inside: Sequence[str],
        writes: Sequence[PlannedCall],
    ) -> list[PlannedCall]:
        """Give the person what only members are given, and take it away; they write each time.

        Returns:
            What they wrote while they might.
        """
        policy, made = example.history.policy, []
        for rule in policy.shares if policy is not None else ():
            if rule.members and not rule.transfers and rule.object == offer.rule.object:
                change_role(example, draw, offer, rule)
                place = place_by(rule)
                planned = writes_by_person(example, draw, offer, inside, place, removals=False)
                writing = with_a_key(example, draw, planned[:_WRITES])
                example.execute_all(writing)
                made += writing
                change_role(example, draw, offer, rule, withdrawn=True)
                again = keyed_first(example, [*writing, *writes])[:_AGAIN]
                self._between_readings(example, draw, offer, inside, Place.DEMOTED, again)
        return made

    def _called_off(self, example: ExampleRun, draw: Draw, offer: Offer, *, looks: bool) -> None:
        """Offer it twice more; it is taken back, then declined, and accepted after that."""
        opening = operations_of(example, offer.rule.opens)
        if not offer.rule.accept or offer.rule.members or not opening:
            return
        owner, person, target = offer.owner, offer.person, offer.target
        for ender in (owner, person):
            operation = next_way(example, draw, f"{self.name} by", opening)
            given = (offer.rule, operation, owner, person)
            again = make_offer(example, draw, *given, target=target)
            if again is None:
                return
            if looks:
                look_at_offer(example, draw, again)
            if end_offer(example, draw, again, ender, pending=True):
                accept_offer(example, draw, again, ended=True)
                readings = shared_readings(example, draw, [target], owner, person)
                example.execute_all(readings[: READINGS if looks else _FEW_READINGS])

    def _by_lists_alone(self, example: ExampleRun, draw: Draw, offer: Offer) -> None:
        """Share another object, whose id the person never sends; read lists before and after.

        An id that a user has sent may come back to them. What shows ids alone, as suggestions do,
        shows only here that it still has what was taken back.
        """
        opening = operations_of(example, offer.rule.opens)
        counted = (f"{self.name} by lists", str(offer.rule))
        if offer.rule.members or not opening or example.state.choices[counted]:
            return
        example.state.choices[counted] += 1
        operation = next_way(example, draw, f"{self.name} by", opening)
        target = another_object(example, draw, offer, operation)
        given = (offer.rule, operation, offer.owner, offer.person)
        other = make_offer(example, draw, *given, target=target) if target else None
        if other is None:
            return
        self._fill(example, draw, other)
        accept_offer(example, draw, other)
        readings = plain_readings(example, draw, offer.person)
        example.execute_all(readings)
        if end_offer(example, draw, other, offer.owner, personal=True):
            example.execute_all(readings)
            example.judge_soon()

    def _fill(self, example: ExampleRun, draw: Draw, offer: Offer) -> list[str]:
        """Have the owner store something in the object; return the ids of what was stored."""
        planned = stores_inside(example, draw, offer, offer.owner)
        calls = example.execute_all(planned)
        return [
            str(call.answer.body["id"])
            for call in calls
            if call.answer.outcome is Outcome.OK
            and isinstance(call.answer.body, dict)
            and "id" in call.answer.body
        ]

    def _between_readings(
        self,
        example: ExampleRun,
        draw: Draw,
        offer: Offer,
        inside: Sequence[str],
        place: Place,
        again: Sequence[PlannedCall] = (),
    ) -> list[PlannedCall]:
        """Have the person make changes, and their agent one, between the owner's readings.

        What they write is new each time: what they wrote while they might is there already.

        Args:
            example: The example.
            draw: Draws from a strategy.
            offer: What was offered.
            inside: Ids of what is stored in the object.
            place: Where the person stands in the share.
            again: Changes that were made before, and are made once more.

        Returns:
            The changes, without what the agent was told.
        """
        planned = writes_by_person(example, draw, offer, inside, place)
        writes = with_a_key(example, draw, planned)
        possible = told_writes(example, draw, offer, inside, place)
        told = [one for each in possible for one in told_to_agent(example, draw, [each])]
        between_readings(example, draw, offer, inside, [*writes, *again, *told])
        return writes

    def _former_owner(
        self, example: ExampleRun, draw: Draw, offer: Offer, inside: Sequence[str]
    ) -> None:
        """Have the new owner store more, which the former one neither reads nor changes."""
        former, new = offer.owner, offer.person
        handed = replace(offer, owner=new, person=former)
        more = self._fill(example, draw, handed)
        readings = shared_readings(example, draw, [offer.target, *inside, *more], new, former)
        example.execute_all(readings)
        self._between_readings(example, draw, handed, more or inside, Place.FORMER_OWNER)

    def _store_more(self, example: ExampleRun, draw: Draw, target: str, owner: Actor) -> None:
        """Have the owner change the object: what is new is not for a user who lost it."""
        changing = [each for each in example.mutating_operations_on(owner, target) if each.stores]
        for operation in changing[:1]:
            example.execute(
                example.plan(draw, operation, owner, sources=("own",), hostile=False, target=target)
            )


def _is_over(example: ExampleRun) -> bool:
    """Have what was made judged, where one finding is enough; return whether that ends it all."""
    example.judge_soon(after=1)
    return example.over


def _tools(example: ExampleRun) -> Sequence[Operation]:
    return example.capabilities.tools
