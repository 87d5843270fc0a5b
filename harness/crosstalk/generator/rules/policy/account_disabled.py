"""A user's account is disabled while their credential is still valid, and they try all they did."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Outcome
from crosstalk.core.identifiers import is_marker
from crosstalk.core.policy import Policy
from crosstalk.core.policy.model import Suspend
from crosstalk.core.policy.suspension import may_suspend
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offers import operations_of
from crosstalk.generator.values.choice import Draw
from crosstalk.surface.capabilities import without_key
from crosstalk.surface.operation import Operation

# Operations of each surface that the user calls, before and after, and lists that show something.
_READS, _WRITES, _LISTS = 3, 1, 2


class AccountDisabled:
    """Has a user read and write, disables the account, has all of it tried, and enables it."""

    name = "account_disabled"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether the policy says who disables accounts."""
        policy = example.history.policy
        return policy is not None and bool(policy.suspends)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Go through one suspension."""
        policy = example.history.policy
        if policy is None:
            return
        rule: Suspend = draw(st.sampled_from(list(policy.suspends)))
        able = [e for e in example.members if may_suspend(policy, rule, e.user)]
        people = [e for e in example.members if e not in able]
        disabling = operations_of(example, rule.disables)
        enabling = operations_of(example, rule.enables)
        if not able or not people or not disabling or not enabling:
            return
        holder: Actor = draw(st.sampled_from(able))
        person: Actor = draw(st.sampled_from(people))
        other = example.other_member(draw, person)
        tried = self._uses(example, draw, policy, person)
        example.execute_all(tried)
        tried += self._lists(example, draw, policy, person)
        # Nobody but who may disables it; the person is served as before.
        refused = other if other not in able else person
        example.execute(_about(example, draw, rule, disabling[0], refused, person))
        with example.keeping_disabled():
            example.execute(_about(example, draw, rule, disabling[0], holder, person))
            example.execute_all(tried)
            # Nor do they enable it themselves.
            example.execute(_about(example, draw, rule, enabling[0], person, person))
            example.execute_all(tried[:_READS])
            example.execute(_about(example, draw, rule, enabling[0], holder, person))

    def _uses(
        self, example: ExampleRun, draw: Draw, policy: Policy, person: Actor
    ) -> list[PlannedCall]:
        """Return calls by the person on every surface: what stores first, then what reads."""
        planned: list[PlannedCall] = []
        for surface in sorted({each.surface for each in example.capabilities.protected}):
            here = [
                each
                for each in example.capabilities.protected
                if each.surface == surface and policy.suspending(each.name) is None
            ]
            storing = [each for each in here if each in example.capabilities.creators]
            reading = [each for each in here if each.reads_only or each.conversational]
            for among, number in ((storing, _WRITES), (reading, _READS)):
                left = list(among)
                for _ in range(min(number, len(left))):
                    chosen = example.least_chosen_operation(draw, f"{self.name} {surface}", left)
                    left.remove(chosen)
                    planned.append(example.plan_own(draw, chosen, person))
        return planned

    def _lists(
        self, example: ExampleRun, draw: Draw, policy: Policy, person: Actor
    ) -> list[PlannedCall]:
        """Return readings that show the person's own data now, of every surface.

        An empty list says nothing of whether its reader may have it.
        """
        planned = [
            example.reading(each, person)
            for each in example.capabilities.protected
            if each.lists and each.reads_only and policy.suspending(each.name) is None
        ]
        calls = example.execute_all(planned)
        by_surface: defaultdict[str, list[PlannedCall]] = defaultdict(list)
        for each, call in zip(planned, calls, strict=False):
            if call.answer.outcome is Outcome.OK and any(map(is_marker, call.received)):
                by_surface[call.operation.partition(":")[0]].append(each)
        found: list[PlannedCall] = []
        for surface, showing in by_surface.items():
            for _ in range(min(_LISTS, len(showing))):
                chosen = example.least_chosen(
                    draw, f"{self.name} {surface} list", showing, lambda each: (each.operation,)
                )
                showing.remove(chosen)
                found.append(chosen)
        return found


def _about(
    example: ExampleRun, draw: Draw, rule: Suspend, operation: Operation, actor: Actor, whom: Actor
) -> PlannedCall:
    """Return a call about one user's account."""
    # The key of an earlier call would have this one do nothing.
    given = without_key(operation, example.plan_own(draw, operation, actor).arguments)
    subject = example.history.subjects[whom.name]
    return PlannedCall(actor, operation.name, {**given, rule.person: subject})
