"""One user writes to what is another's, and that user's calls are made again: do they still work?

No reading shows a password, a setting or a membership. That its owner is locked out does.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Outcome, Probe
from crosstalk.core.principals import BY_USER
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation, Role

# Calls of the victim's beside the login, and the acts between them.
_CALLS = 4
_ACTS = 2


class LostAccess:
    """Has another user change what is the victim's, between calls of the victim that work."""

    name = "lost_access"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any operation can change what is another user's."""
        return any(_names_a_user(each) for each in _changing(example))

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make the victim's calls twice, act, and make those that worked again."""
        attacker = self._attacker(example, draw)
        victim = (
            BY_USER[attacker.claims]
            if attacker.claims != attacker.user
            else example.other_member(draw, attacker)
        )
        acts = [each for each in _changing(example) if self._reaches(example, each, attacker)]
        acts = [each for each in acts if self._has_objects(example, each, victim)]
        if not acts:
            return
        self._restore(example, draw, victim, acts)
        key = example.next_probe()
        before = Probe("effect", key, "before", victim.name)
        working = self._working(example, draw, victim, before)
        if not working:
            return
        attack = Probe("effect", key, "attack", victim.name)
        for _ in range(_ACTS):
            operation = example.least_chosen_operation(draw, f"{self.name} act", acts)
            planned = example.plan(
                draw, operation, attacker, sources=(victim.name,), hostile=False, probe=attack
            )
            example.execute(planned)
        after = Probe("effect", key, "after", victim.name)
        example.execute_all(
            [PlannedCall(victim, each.operation, each.arguments, after) for each in working]
        )

    @staticmethod
    def _attacker(example: ExampleRun, draw: Draw) -> Actor:
        """Return an impostor where an identity can be claimed, now and then any other user."""
        able = [each for each in example.impostors if each.forgery is None]
        if able and draw(st.integers(0, 3)) > 0:
            impostor: Actor = draw(st.sampled_from(able))
            return impostor
        member: Actor = draw(st.sampled_from(example.members))
        return member

    @staticmethod
    def _reaches(example: ExampleRun, operation: Operation, attacker: Actor) -> bool:
        """Return whether the attacker can name the victim or what is the victim's there."""
        claims = attacker.claims != attacker.user and operation.parameter(Role.IDENTITY)
        return bool(claims) or bool(required_references(operation))

    @staticmethod
    def _has_objects(example: ExampleRun, operation: Operation, victim: Actor) -> bool:
        return all(
            example.pool.references(victim.name, each, operation.name, guess=False)
            for each in required_references(operation)
        )

    def _restore(
        self, example: ExampleRun, draw: Draw, victim: Actor, acts: Sequence[Operation]
    ) -> None:
        """Have the victim set their own: what was attacked before may have locked them out."""
        own = [each for each in acts if _changes(each) and not removes(each)]
        if own:
            operation = example.least_chosen_operation(draw, f"{self.name} restore", own)
            example.execute(example.plan_own(draw, operation, victim))

    def _working(
        self, example: ExampleRun, draw: Draw, victim: Actor, before: Probe
    ) -> list[PlannedCall]:
        """Make calls of the victim's twice, and return those that worked both times."""
        lists = {each.name for each in example.state.observations}
        able = [
            each
            for each in example.capabilities.protected
            if each.name not in lists
            and not each.conversational
            # What sets it anew would hide that it was lost.
            and not _changes(each)
            and self._has_objects(example, each, victim)
        ]
        chosen: list[Operation] = [*example.capabilities.logins]
        for _ in range(min(_CALLS, len(able))):
            operation = example.least_chosen_operation(draw, f"{self.name} use", able)
            able.remove(operation)
            chosen.append(operation)
        planned = [
            example.plan(draw, each, victim, sources=("own",), hostile=False, probe=before)
            for each in chosen
        ]
        for _ in range(2):
            made = example.execute_all(planned)
            planned = [
                each
                for each, call in zip(planned, made, strict=False)
                if call.answer.outcome is Outcome.OK
            ]
        return planned


def _changing(example: ExampleRun) -> list[Operation]:
    return [
        each
        for each in example.capabilities.protected
        if not each.reads_only and not each.conversational
    ]


def _names_a_user(operation: Operation) -> bool:
    return operation.parameter(Role.IDENTITY) is not None or bool(required_references(operation))


def _changes(operation: Operation) -> bool:
    method = operation.name.split(":", 1)[1].partition(" ")[0]
    kind = operation.extra.get("kind")
    return method in ("PUT", "PATCH", "DELETE") or kind in ("change", "delete")
